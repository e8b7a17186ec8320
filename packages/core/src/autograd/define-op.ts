/** @file How an operation is written: shape rule, forward and backward in one object. */
import { KernelRefusal } from "../backends/backend.ts";
import type { DType } from "../base/dtype.ts";
import type { Shape } from "../base/shape.ts";
import { BackendError, DTypeError, say } from "../errors/errors.ts";
import type { KernelName, Params } from "../kernels/contract.ts";
import { isGradEnabled } from "./grad-mode.ts";
import { GraphNode, nodeOf } from "./graph.ts";
import { makeContiguous, release, Tensor } from "./tensor.ts";
import { traced } from "./trace.ts";
import { watch } from "./watch.ts";

/** Inputs of an operation by name; undefined where an optional one is absent. */
export type OpInputs = Record<string, Tensor | undefined>;
/** What a shape rule may look at. */
export type InputShapes<In> = { readonly [K in keyof In]: { readonly shape: Shape } | Extract<In[K], undefined> };

/** What a gradient formula may ask beside the tensors. */
export interface BackwardContext<In> {
  /** Which inputs need a gradient; the others' need not be computed. */
  readonly needs: { readonly [K in keyof In]-?: boolean };
  /** Shapes of the inputs, saved or not. */
  readonly shapes: { readonly [K in keyof In]: Shape };
}

/** All of an operation: shape rule, forward and gradient. What defineOp() makes a function of. */
export interface OpDefinition<In extends OpInputs, P, Extra extends OpInputs = Record<never, never>> {
  /** What errors and tracers call it. */
  readonly name: string;
  /** Shape of the result; throws the ShapeError a user sees. */
  shape(inputs: InputShapes<In>, params: P): Shape;
  /** Element type of the result. Default float32. */
  readonly dtype?: DType;
  /** Element types of inputs that are not float32. */
  readonly inputTypes?: { readonly [K in keyof In]?: DType };
  /** Computes `out` from contiguous inputs; what it returns is kept for backward. */
  forward(inputs: In, params: P, out: Tensor): Extra | void;
  /** Nobody but backward gets what forward returns, so its memory goes back as soon as nothing wants it. @internal */
  readonly ownsExtra?: true;
  /** Inputs (or "output") that backward reads. */
  readonly saves?: readonly (keyof In | "output")[];
  /** Gradients of the inputs, by name; only those needed. Runs outside the graph. */
  backward?(
    gradOutput: Tensor,
    saved: In & Extra & { output: Tensor },
    params: P,
    context: BackwardContext<In>,
  ): { readonly [K in keyof In]?: Tensor };
  /**
   * How the gradients can be differentiated themselves, for createGraph: true when `backward` is made of operations
   * alone, else the same gradients made of operations. Absent: no second derivative, which is an error when asked for.
   */
  readonly differentiable?: true | OpDefinition<In, P, Extra>["backward"];
  /** Puts a kernel's refusal into words. */
  refused?(refusal: KernelRefusal, inputs: In, params: P): Error;
}

/** An operation: call it with its inputs by name and its parameters. */
export interface Op<In extends OpInputs, P> {
  (inputs: In, params: P): Tensor;
  readonly definition: OpDefinition<In, P, OpInputs>;
}

/** Runs one kernel on tensors, in the contract's order. @internal */
export function run<K extends KernelName>(
  kernel: K,
  params: Params<K>,
  reads: readonly (Tensor | null | undefined)[],
  writes: readonly (Tensor | null | undefined)[],
): void {
  const backend = writes.find((t) => t)!.backend;
  for (const t of reads)
    if (t && t.backend !== backend)
      throw new BackendError(
        kernel,
        "device",
        `operands are on different devices: ${t.device} and ${backend.name}. Move one with to("${backend.name}").`,
      );
  backend.run(
    kernel,
    params,
    reads.map((t) => t?.memory ?? null),
    writes.map((t) => t?.memory ?? null),
  );
}

/**
 * Makes an operation out of its definition. The result is recorded for backward() when gradients are enabled and an
 * input requires one. Inputs are made contiguous first.
 *
 * Throws   when the operation is called: what its shape rule throws; DTypeError "dtype" for an input that is not what
 *          `inputTypes` says; BackendError "device" for inputs on different devices.
 *
 * @example
 * const twice = defineOp<{ input: Tensor }, null>({
 *   name: "twice",
 *   shape: ({ input }) => input.shape,
 *   forward: ({ input }, _, out) => run("affine_f32", { count: out.numel, alpha: 2, beta: 0 }, [input], [out]),
 *   backward: (gradOutput) => ({ input: gradOutput.mul(2) }),
 * });
 * await twice({ input: tensor([1, 2]) }, null).tolist(); // [2, 4]
 */
export function defineOp<In extends OpInputs, P, Extra extends OpInputs = Record<never, never>>(
  definition: OpDefinition<In, P, Extra>,
): Op<In, P> {
  const { name, saves = [], inputTypes } = definition;
  const compute = (given: In, params: P): Tensor => {
    const shape = definition.shape(given as InputShapes<In>, params);
    const inputs: OpInputs = {};
    let backend: Tensor["backend"] | undefined;
    let recorded = false;
    for (const key in given) {
      const t = given[key];
      if (!t) continue;
      const want = inputTypes?.[key] ?? "float32";
      if (t.dtype !== want)
        throw new DTypeError(
          name,
          "dtype",
          say`${key} must be ${{ wanted: want }}, got ${{ dtype: t.dtype }}. Convert it with to("${want}").`,
        );
      backend ??= t.backend;
      recorded ||= t.requiresGrad;
      inputs[key] = t.isContiguous ? t : makeContiguous(t);
    }
    const out = Tensor.empty(backend!, shape, definition.dtype);
    let extra: Extra | void;
    const { refused } = definition;
    const inWords = (error: unknown) =>
      refused && error instanceof KernelRefusal ? refused(error, inputs as In, params) : error;
    if (refused) watch.current?.wording(inWords);
    try {
      extra = definition.forward(inputs as In, params, out);
    } catch (error) {
      throw inWords(error);
    }
    if (refused) watch.current?.wording(undefined);
    const { backward } = definition;
    if (recorded && backward && isGradEnabled()) {
      const keys = Object.keys(given);
      const saved: OpInputs = { ...(extra as OpInputs | undefined) };
      for (const key of saves) saved[key as string] = key === "output" ? out : inputs[key as string];
      const nodes = keys.map((key) => nodeOf(given[key]));
      const shapes = Object.fromEntries(keys.map((key) => [key, given[key]?.shape])) as BackwardContext<In>["shapes"];
      const needs = Object.fromEntries(keys.map((key, i) => [key, nodes[i] !== null])) as BackwardContext<In>["needs"];
      const { differentiable } = definition;
      out.gradFn = new GraphNode({
        name,
        inputs: nodes,
        saved,
        names: keys,
        differentiable: differentiable !== undefined,
        backward(gradOutput, values) {
          const recording = isGradEnabled();
          const formula = recording && typeof differentiable === "function" ? differentiable : backward;
          // A copy would have no history; operations make their own.
          const arrived = recording || gradOutput.isContiguous ? gradOutput : makeContiguous(gradOutput);
          const grads: { readonly [K in keyof In]?: Tensor } = formula(
            arrived,
            values as In & Extra & { output: Tensor },
            params,
            { needs, shapes },
          );
          const all = keys.map((key) => grads[key]);
          if (arrived !== gradOutput && !all.includes(arrived)) release(arrived);
          return all;
        },
      });
    }
    if (definition.ownsExtra) for (const t of Object.values(extra ?? {})) if (t) release(t); // what is kept is an alias
    return out;
  };
  const apply = (given: In, params: P): Tensor => traced(name, given, params, () => compute(given, params));
  return Object.assign(apply, { definition: definition as unknown as OpDefinition<In, P, OpInputs> });
}
