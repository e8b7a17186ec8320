import { checkKnown } from "../base/known-options.ts";
import { sameShape } from "../base/shape.ts";
import { AutogradError, ShapeError, say } from "../errors/errors.ts";
import { type GraphNode, nodeOf, type TensorHook, walk } from "./graph.ts";
import { Tensor } from "./tensor.ts";

/** What backward() starts from, and what is left of the graph after it. */
export interface BackwardOptions {
  /** Gradient of the final result with respect to this tensor; needed unless it has one element (then 1). */
  gradient?: Tensor;
  /** Keep what the operations saved, so that backward() can run again. Default false. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated. Keeps the graph. Default false. */
  createGraph?: boolean;
  /** Only these leaves' .grad changes. Default all. */
  inputs?: readonly Tensor[];
}

function seedFor(where: string, output: Tensor, gradient: Tensor | undefined): Tensor {
  if (gradient) {
    if (!sameShape(gradient.shape, output.shape))
      throw new ShapeError(where, "grad-shape", "the gradient must have the output's shape.", [
        { name: "output", shape: output.shape },
        { name: "gradient", shape: gradient.shape },
      ]);
    return gradient;
  }
  if (output.numel !== 1)
    throw new AutogradError(
      where,
      "not-scalar",
      say`a tensor of ${{ numel: output.numel }} elements ${{ output: output.shape }} needs a gradient: give { gradient }, or reduce it first, loss.mean().backward().`,
    );
  const one = Tensor.empty(output.backend, output.shape);
  output.backend.run("fill_f32", { count: 1, value: 1 }, [], [one.memory]);
  return one;
}

/**
 * Adds ∂output/∂leaf to `.grad` of every leaf that requires it, and frees the graph unless retained. The same as the
 * method of tensors.
 *
 * Throws   AutogradError "no-grad" when nothing was recorded, "not-scalar" without a gradient for a larger output,
 *          "inputs" for one that is no leaf, "freed" on a second call without retainGraph, "modified" if a saved value
 *          was changed in place; ShapeError "grad-shape" for a gradient of another shape than the output's;
 *          ArgumentError "option" for one that is not known.
 * Source   torch.Tensor.backward.
 *
 * @example
 * const x = tensor([3], { requiresGrad: true });
 * backward(x.mul(x));
 * await x.grad!.tolist(); // [6]
 */
export function backward(output: Tensor, given: BackwardOptions | Tensor = {}): void {
  const options = given instanceof Tensor ? { gradient: given } : given;
  checkKnown("backward", options, { gradient: 0, retainGraph: 0, createGraph: 0, inputs: 0 });
  const node = nodeOf(output);
  if (!node)
    throw new AutogradError(
      "backward",
      "no-grad",
      say`this tensor ${{ output: output.shape }} does not depend on anything that requires a gradient. Set requiresGrad on an input or parameter; was it computed inside noGrad?`,
    );
  const { createGraph = false, retainGraph = createGraph, inputs } = options;
  walk([{ node, grad: seedFor("backward", output, options.gradient) }], {
    retainGraph,
    createGraph,
    accumulate: inputs ? new Set(inputs.map(leafNode)) : true,
  });
}

function leafNode(t: Tensor, i: number): GraphNode {
  const node = nodeOf(t);
  if (!node || !t.isLeaf)
    throw new AutogradError(
      "backward",
      "inputs",
      say`inputs[${{ input: i }}] must be a leaf that requires a gradient; for others use grad(outputs, inputs).`,
    );
  return node;
}

const listed = (given: Tensor | readonly Tensor[]): readonly Tensor[] => (given instanceof Tensor ? [given] : given);

/** What grad() starts from, and what it accepts and leaves. */
export interface GradOptions {
  /** Gradient of the final result with respect to each output; needed for those of more than one element, else 1. */
  gradOutputs?: Tensor | readonly (Tensor | undefined)[];
  /** Keep what the operations saved, so that the graph can be walked again. Default: createGraph. */
  retainGraph?: boolean;
  /** Record the gradients' own computation: the way to second derivatives. Default false. */
  createGraph?: boolean;
  /** Accept inputs that the outputs do not depend on: their gradient is null. Default false. */
  allowUnused?: boolean;
}

/**
 * Gradients of the outputs' sum with respect to the inputs, one for each, without touching `.grad`.
 *
 * Throws   AutogradError "no-grad", "not-scalar", "unused"; "no-second-derivative" when a result made with createGraph
 *          is differentiated through an operation whose gradient has no formula of its own; ArgumentError "option".
 * Source   torch.autograd.grad.
 *
 * @example
 * const x = tensor([2], { requiresGrad: true });
 * const [slope] = grad([x.pow(3)], [x], { createGraph: true }); // 3x² = 12
 * const [bend] = grad([slope!], [x]);
 * await bend!.tolist(); // [12]
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  checkKnown("grad", options, { gradOutputs: 0, retainGraph: 0, createGraph: 0, allowUnused: 0 });
  const { gradOutputs } = options;
  const seeds = gradOutputs instanceof Tensor ? [gradOutputs] : gradOutputs;
  const roots = listed(outputs).map((output, i) => {
    const node = nodeOf(output);
    if (!node)
      throw new AutogradError(
        "grad",
        "no-grad",
        say`output ${{ input: i }} does not depend on anything that requires a gradient.`,
      );
    return { node, grad: seedFor("grad", output, seeds?.[i]) };
  });
  const found = new Map<GraphNode, Tensor>();
  const capture = new Map<GraphNode, (grad: Tensor) => void>();
  const nodes = listed(inputs).map((input, i) => {
    const node = nodeOf(input);
    if (!node) throw new AutogradError("grad", "no-grad", say`input ${{ input: i }} does not require a gradient.`);
    capture.set(node, (value) => found.set(node, value));
    return node;
  });
  const { createGraph = false, retainGraph = createGraph } = options;
  walk(roots, { retainGraph, createGraph, accumulate: false, capture });
  return nodes.map((node, i) => {
    const value = found.get(node);
    if (!value && !options.allowUnused)
      throw new AutogradError(
        "grad",
        "unused",
        say`the outputs do not depend on input ${{ input: i }}; pass { allowUnused: true } to get null for it.`,
      );
    return value ?? null;
  });
}

/**
 * Calls `hook` with the gradient of this tensor during backward; a tensor that it returns replaces the gradient. Gives
 * a handle whose remove() takes the hook away, as does calling it.
 *
 * Throws   AutogradError "no-grad" for a tensor that requires no gradient.
 * Source   torch.Tensor.register_hook.
 *
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * registerHook(x, (slope) => slope.mul(10));
 * x.sum().backward();
 * await x.grad!.tolist(); // [10, 10]
 */
export function registerHook(t: Tensor, hook: TensorHook): RemoveHook {
  const node = nodeOf(t);
  if (!node) throw new AutogradError("registerHook", "no-grad", "this tensor does not require a gradient.");
  node.hooks.push(hook);
  return removable(() => {
    const at = node.hooks.indexOf(hook);
    if (at >= 0) node.hooks.splice(at, 1);
  });
}

/** Takes a hook away again: call it, or its remove(). */
export interface RemoveHook {
  (): void;
  remove(): void;
}

/** @internal */
export function removable(remove: () => unknown): RemoveHook {
  return Object.assign(() => void remove(), { remove: () => void remove() });
}

/**
 * Lets backward() leave the gradient of a computed tensor in its `.grad`, too. Leaves have theirs anyway.
 *
 * Source   torch.Tensor.retain_grad.
 *
 * @example
 * const x = tensor([3], { requiresGrad: true });
 * const y = x.mul(2);
 * retainGrad(y);
 * y.mul(y).backward();
 * await y.grad!.tolist(); // [12]
 */
export function retainGrad(t: Tensor): void {
  if (t.isLeaf) return;
  registerHook(t, (value) => {
    t.grad = value;
    return undefined;
  });
}
