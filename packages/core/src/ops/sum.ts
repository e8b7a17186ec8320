import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { copyStrided, makeContiguous, release, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import { checkKnown } from "../base/known-options.ts";
import { broadcastStrides, contiguousStrides, normalizeDim, numel, type Shape, sameShape } from "../base/shape.ts";
import { ShapeError, say } from "../errors/errors.ts";
import type { Dims, None, Reduced, ReduceOptions, Reducing } from "./reduction-types.ts";

/** The axes to reduce, in order. @internal */
export function reducedAxes(where: string, dim: Dims, rank: number): number[] {
  if (dim === undefined || (typeof dim !== "number" && dim.length === 0))
    return Array.from({ length: rank }, (_, i) => i);
  const dims = typeof dim === "number" ? [dim] : dim;
  const axes = dims.map((d) => normalizeDim(where, d, rank));
  if (new Set(axes).size !== axes.length)
    throw new ShapeError(where, "dims", say`${{ dims }} must name an axis once at most.`);
  return axes.filter((axis) => axis < rank).sort((a, b) => a - b);
}

/** Shape after reducing `axes`. @internal */
export function reducedShape(shape: Shape, axes: readonly number[], keepdim: boolean): number[] {
  return keepdim ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i));
}

/** `t` repeated to `shape` along the axes where it has size 1, as a copy. @internal */
export function repeatTo(t: Tensor, shape: Shape): Tensor {
  return makeContiguous(new Tensor(t.storage, t.dtype, shape, broadcastStrides(t.shape, t.strides, shape), t.offset));
}

/** The same memory under another shape of the same size. @internal */
export function relabel(t: Tensor, shape: Shape): Tensor {
  return new Tensor(t.storage, t.dtype, shape, contiguousStrides(shape), t.offset);
}

/** [outer, size, inner] around the axes first..last. @internal */
export function aroundAxis(shape: Shape, first: number, last = first): { outer: number; size: number; inner: number } {
  return {
    outer: numel(shape.slice(0, first)),
    size: numel(shape.slice(first, last + 1)),
    inner: numel(shape.slice(last + 1)),
  };
}

/** Sums each run of neighbouring axes in one pass, the last run first (into `into`); the axes stay with size 1. */
function sumAxes(input: Tensor, axes: readonly number[], into?: Tensor): Tensor {
  let t = input.isContiguous ? input : makeContiguous(input);
  for (let end = axes.length - 1; end >= 0; ) {
    let begin = end;
    while (begin > 0 && axes[begin - 1] === axes[begin]! - 1) begin--;
    const first = axes[begin]!;
    const last = axes[end]!;
    const shape = t.shape.map((size, i) => (i >= first && i <= last ? 1 : size));
    const out = into && begin === 0 ? relabel(into, shape) : Tensor.empty(t.backend, shape, t.dtype);
    if (out.numel > 0) run(t.dtype === "int32" ? "sum_i32" : "sum_f32", aroundAxis(t.shape, first, last), [t], [out]);
    t = out;
    end = begin - 1;
  }
  return t;
}

const sumOp = defineOp<{ input: Tensor }, { axes: readonly number[]; keepdim: boolean }>({
  name: "sum",
  shape: ({ input }, { axes, keepdim }) => reducedShape(input.shape, axes, keepdim),
  forward({ input }, { axes }, out) {
    const result = sumAxes(input, axes, out);
    if (result.storage !== out.storage) copyStrided(relabel(result, out.shape), out); // nothing to sum over
  },
  // Every element counts once, so each gets the sum's gradient.
  backward(gradOutput, _saved, { axes }, { shapes }) {
    return { input: repeatTo(relabel(gradOutput, reducedShape(shapes.input, axes, true)), shapes.input) };
  },
  differentiable: (gradOutput, _saved, { axes }, { shapes }) => ({
    input: gradOutput.reshape(reducedShape(shapes.input, axes, true)).expand(shapes.input),
  }),
});

/**
 * Sum over `dim` (one axis, several, or all).
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * dtype    float32 or int32; bool and uint8 are summed as int32.
 * Options  keepdim false.
 * Throws   ShapeError "dim" for an axis that does not exist, "dims" for one named twice.
 * Source   torch.sum.
 *
 * @example
 * await sum(tensor([[1, 2], [3, 4]])).item(); // 10
 * await sum(tensor([[1, 2], [3, 4]]), 0).tolist(); // [4, 6]
 */
export function sum<S extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = None>(
  ...given: Reducing<S, D, P>
): Reduced<S, D, P>;
export function sum(input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("sum", options, { keepdim: 0 });
  const axes = reducedAxes("sum", dim, input.ndim);
  const keepdim = options.keepdim ?? false;
  if (input.dtype === "float32") return sumOp({ input }, { axes, keepdim });
  let counts = input;
  if (input.dtype !== "int32") {
    counts = Tensor.empty(input.backend, input.shape, "int32");
    if (counts.numel > 0)
      run("cast_u8_i32", { count: counts.numel }, [input.isContiguous ? input : makeContiguous(input)], [counts]);
  }
  const out = relabel(sumAxes(counts, axes), reducedShape(input.shape, axes, keepdim));
  return tell("sum", { input }, { axes, keepdim }, out);
}

/**
 * Mean over `dim` (one axis, several, or all): the sum divided by the number of elements. The mean of nothing is NaN.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "dim" for an axis that does not exist, "dims" for one named twice; DTypeError "dtype" unless
 *          float32.
 * Source   torch.mean.
 *
 * @example
 * await mean(tensor([[1, 2], [3, 4]])).item(); // 2.5
 * mean(zeros([8, 16, 7, 7]), [2, 3]).shape; // [8, 16]
 */
export function mean<S extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = None>(
  ...given: Reducing<S, D, P>
): Reduced<S, D, P>;
export function mean(input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("mean", options, { keepdim: 0 });
  const axes = reducedAxes("mean", dim, input.ndim);
  const count = axes.reduce((n, axis) => n * input.shape[axis]!, 1);
  return divideOp({ input: sum(input, dim, options) }, { count });
}

/** t / count, as torch divides: a mean of sevens is 7, which 7·n·(1/n) in float32 need not be. */
function divided(t: Tensor, count: number, out: Tensor): Tensor {
  if (out.numel === 0) return out;
  const divisor = Tensor.empty(out.backend, []);
  run("fill_f32", { count: 1, value: count }, [], [divisor]);
  const flat = [1, 1, 1, 1, 1, 1, 1, out.numel];
  const [each, same] = [
    [0, 0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ];
  run("div_f32", { ndim: 8, shape: flat, stridesA: each, stridesB: same }, [t, divisor], [out]);
  release(divisor);
  return out;
}

const divideOp: Op<{ input: Tensor }, { count: number }> = defineOp<{ input: Tensor }, { count: number }>({
  name: "mean",
  shape: ({ input }) => input.shape,
  forward({ input }, { count }, out) {
    divided(input, count, out);
  },
  backward(gradOutput, _saved, { count }) {
    return { input: divideOp({ input: gradOutput }, { count }) };
  },
  differentiable: true,
});

/** Undoes broadcasting: sums a gradient of the broadcast shape down to the operand's. @internal */
export function sumTo(t: Tensor, shape: Shape): Tensor {
  if (sameShape(t.shape, shape)) return t;
  const lead = t.ndim - shape.length;
  const axes = t.shape.flatMap((size, i) => (i < lead || (shape[i - lead] === 1 && size !== 1) ? [i] : []));
  if (isGradEnabled() && t.requiresGrad) return t.sum(axes).reshape(shape);
  return relabel(sumAxes(t, axes), shape);
}
