/** @file The tape: one node per recorded operation, walked backwards by backward(). */

import { sameShape } from "../base/shape.ts";
import { AutogradError, ShapeError } from "../errors/errors.ts";
import { noGrad } from "./grad-mode.ts";
import { copyStrided, makeContiguous, padAxes, release, type Tensor } from "./tensor.ts";

let clock = 0;

/** Gets the gradient of a tensor before it is used; a tensor returned replaces it. */
export type TensorHook = (grad: Tensor) => Tensor | undefined;

/** A value that a gradient formula needs, with the version it had. */
interface Saved {
  readonly tensor: Tensor;
  readonly version: number;
}

/** What an operation leaves behind for backward(). */
export interface NodeSpec {
  readonly name: string;
  /** Where the gradients go; null for inputs that need none. */
  readonly inputs: readonly (GraphNode | null)[];
  readonly saved?: Readonly<Record<string, Tensor | undefined>>;
  /** One gradient per input, in order. */
  backward(gradOutput: Tensor, saved: Record<string, Tensor | undefined>): readonly (Tensor | null | undefined)[];
}

/** One recorded operation. @internal */
export class GraphNode {
  readonly name: string;
  readonly inputs: readonly (GraphNode | null)[];
  readonly order = clock++;
  readonly hooks: TensorHook[] = [];
  #saved: Record<string, Saved | undefined> | null = {};
  #backward: NodeSpec["backward"] | null;

  constructor(spec: NodeSpec) {
    this.name = spec.name;
    this.inputs = spec.inputs;
    this.#backward = spec.backward;
    for (const [key, tensor] of Object.entries(spec.saved ?? {})) {
      // An alias, so that the caller's own handle may be released without losing the value.
      if (tensor) this.#saved![key] = { tensor: tensor.alias(), version: tensor.storage.version };
    }
  }

  run(gradOutput: Tensor): readonly (Tensor | null | undefined)[] {
    if (!this.#backward || !this.#saved)
      throw new AutogradError(
        "backward",
        "freed",
        `the values that ${this.name} saved were freed by an earlier backward(); call backward({ retainGraph: true }) the first time.`,
      );
    const saved: Record<string, Tensor | undefined> = {};
    for (const [key, value] of Object.entries(this.#saved)) {
      if (!value) continue;
      if (value.tensor.storage.version !== value.version)
        throw new AutogradError(
          "backward",
          "modified",
          `${key} [${value.tensor.shape.join(", ")}], which ${this.name} needs for its gradient, was changed in place: version ${value.tensor.storage.version}, saved at ${value.version}. Change a clone() instead.`,
        );
      saved[key] = value.tensor;
    }
    return this.#backward(gradOutput, saved);
  }

  /** Drops what was saved; memory goes back at once where nobody else looks at it. */
  free(): void {
    for (const value of Object.values(this.#saved ?? {})) if (value) release(value.tensor);
    this.#saved = null;
    this.#backward = null;
  }
}

/** The node a tensor's gradient flows to: the operation that made it, or its own accumulator. @internal */
export function nodeOf(t: Tensor | undefined): GraphNode | null {
  if (!t?.requiresGrad) return null;
  if (t.gradFn) return t.gradFn;
  if (!t.accumulator) {
    const leaf = new WeakRef(t);
    const node: GraphNode & { leaf?: WeakRef<Tensor> } = new GraphNode({
      name: "accumulateGrad",
      inputs: [],
      backward: () => [],
    });
    node.leaf = leaf;
    t.accumulator = node;
  }
  return t.accumulator;
}

function leafOf(node: GraphNode): Tensor | undefined {
  return (node as GraphNode & { leaf?: WeakRef<Tensor> }).leaf?.deref();
}

function isAccumulator(node: GraphNode): boolean {
  return "leaf" in node;
}

/** a + b into a fresh tensor, outside the graph. @internal */
export function addGrads(a: Tensor, b: Tensor): Tensor {
  const out = makeContiguous(a);
  const params = {
    ndim: 8,
    shape: padAxes(out.shape, 1),
    stridesA: padAxes(b.strides, 0),
    stridesB: padAxes(out.strides, 0),
  };
  if (out.numel > 0) out.backend.run("add_strided_f32", params, [b.memory], [out.memory]);
  return out;
}

function reachable(roots: readonly GraphNode[]): GraphNode[] {
  const seen = new Set<GraphNode>(roots);
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const next of node.inputs) {
      if (next && !seen.has(next)) {
        seen.add(next);
        stack.push(next);
      }
    }
  }
  // Newest first is a topological order: an operation is always younger than what made its inputs.
  return [...seen].sort((a, b) => b.order - a.order);
}

/** Gradients waiting at a node; `owned` ones are the engine's own and may be recycled. */
interface Pending {
  grad: Tensor;
  owned: boolean;
}

export interface WalkOptions {
  retainGraph: boolean;
  /** Takes a gradient that reached a leaf or a watched node; true: keep it out of leaf accumulation. */
  capture?: ReadonlyMap<GraphNode, (grad: Tensor) => void>;
  /** false: leaves keep their .grad as it is. */
  accumulate: boolean;
}

/** Sends gradients from the roots to the leaves. @internal */
export function walk(roots: readonly { node: GraphNode; grad: Tensor }[], options: WalkOptions): void {
  noGrad(() => {
    const pending = new Map<GraphNode, Pending>();
    for (const { node, grad } of roots) deliver(pending, node, grad, false);
    for (const node of reachable(roots.map((root) => root.node))) {
      const arrived = pending.get(node);
      pending.delete(node);
      if (!arrived) continue;
      let { grad, owned } = arrived;
      for (const hook of node.hooks) {
        owned = false; // the hook may have kept it
        grad = hook(grad) ?? grad;
      }
      const capture = options.capture?.get(node);
      if (capture) {
        capture(grad);
        owned = false;
      }
      if (isAccumulator(node)) {
        if (options.accumulate) accumulate(node, grad, owned);
        continue;
      }
      const grads = node.run(grad);
      const passedOn = new Set<Tensor>();
      // One tensor handed to two inputs must not be recycled by the first: every alias exists before any is delivered.
      const deliveries = node.inputs.flatMap((next, i) => {
        const value = grads[i];
        if (!next || !value) return [];
        const again = passedOn.has(value);
        passedOn.add(value);
        return [{ next, value: again ? value.alias() : value, owned: value === grad && !again ? owned : true }];
      });
      for (const delivery of deliveries) deliver(pending, delivery.next, delivery.value, delivery.owned);
      for (const value of grads) if (value && !passedOn.has(value) && value !== grad) release(value);
      if (owned && !passedOn.has(grad)) release(grad);
      if (!options.retainGraph) node.free();
    }
  });
}

function deliver(pending: Map<GraphNode, Pending>, node: GraphNode, grad: Tensor, owned: boolean): void {
  const before = pending.get(node);
  if (!before) {
    pending.set(node, { grad, owned });
    return;
  }
  const sum = addGrads(before.grad, grad);
  if (before.owned) release(before.grad);
  if (owned) release(grad);
  pending.set(node, { grad: sum, owned: true });
}

function accumulate(node: GraphNode, grad: Tensor, owned: boolean): void {
  const leaf = leafOf(node);
  if (!leaf) return;
  if (!sameShape(leaf.shape, grad.shape))
    throw new ShapeError(
      "backward",
      "grad-shape",
      `a gradient of [${grad.shape.join(", ")}] reached a leaf of [${leaf.shape.join(", ")}].`,
    );
  if (!leaf.grad) {
    // A gradient nobody else holds becomes .grad as it is; otherwise a copy.
    leaf.grad = owned && grad.isContiguous && grad.storage.handles === 1 ? grad : makeContiguous(grad);
    if (owned && leaf.grad !== grad) release(grad);
    return;
  }
  const params = {
    ndim: 8,
    shape: padAxes(grad.shape, 1),
    stridesA: padAxes(grad.strides, 0),
    stridesB: padAxes(leaf.grad.strides, 0),
  };
  if (grad.numel > 0) leaf.backend.run("add_strided_f32", params, [grad.memory], [leaf.grad.memory]);
  leaf.grad.storage.version++;
  if (owned) release(grad);
}

export { copyStrided };
