/** @file Largest and smallest elements. */

import { defineOp, run } from "../autograd/define-op.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import { traced } from "../autograd/trace.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import { normalizeDim } from "../base/shape.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { compare, div, mul } from "./binary.ts";
import { scatterAddOp } from "./by-index.ts";
import { to } from "./cast.ts";
import type { Dims, Extremum, None, Reduced, ReduceOptions, Reducing } from "./reduction-types.ts";
import { aroundAxis, reducedAxes, reducedShape, relabel, sum } from "./sum.ts";
import { permute, reshape } from "./view.ts";

function extremum(name: "amax" | "amin") {
  return defineOp<{ input: Tensor }, { axis: number }>({
    name,
    shape: ({ input }, { axis }) => reducedShape(input.shape, [axis], true),
    saves: ["input", "output"],
    forward({ input }, { axis }, out) {
      if (out.numel > 0) run(`${name}_f32`, aroundAxis(input.shape, axis), [input], [out]);
    },
    // Equal extrema share the gradient evenly.
    backward(gradOutput, { input, output }, { axis }) {
      const hit = to(compare("eq", input, output), "float32");
      return { input: mul(hit, div(gradOutput, sum(hit, axis, { keepdim: true }))) };
    },
    differentiable: true,
  });
}

const ops = { amax: extremum("amax"), amin: extremum("amin") };

function reduceTo(name: "amax" | "amin", input: Tensor, dim: Dims, { keepdim = false }: ReduceOptions): Tensor {
  const axes = reducedAxes(name, dim, input.ndim);
  if (axes.some((axis) => input.shape[axis] === 0) || (input.numel === 0 && axes.length === input.ndim))
    throw new ShapeError(name, "empty", `nothing to choose from along dim ${axes.join(", ")}.`, [
      { name: "input", shape: input.shape },
    ]);
  // All reduced axes as one last axis, so that equal extrema across axes share alike.
  const rest = input.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  const moved = permute(input, [...rest, ...axes]);
  const flat = reshape(moved, [
    ...rest.map((i) => input.shape[i]!),
    axes.reduce((n, axis) => n * input.shape[axis]!, 1),
  ]);
  return reshape(ops[name]({ input: flat }, { axis: rest.length }), reducedShape(input.shape, axes, keepdim));
}

/**
 * The largest along `dim` (one axis, several, or all). Equal ones share the gradient evenly; NaN wins.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "empty" where there is nothing to choose from, "dim", "dims"; DTypeError "dtype" unless float32.
 * Source   torch.amax.
 *
 * @example
 * const x = tensor([[1, 5], [7, 2]]);
 * await amax(x).item(); // 7
 * await amax(x, 1).tolist(); // [5, 7]
 */
export function amax<S extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = None>(
  ...given: Reducing<S, D, P>
): Reduced<S, D, P>;
export function amax(input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("amax", options, { keepdim: 0 });
  return reduceTo("amax", input, dim, options);
}

/**
 * The smallest along `dim` (one axis, several, or all). Equal ones share the gradient evenly; NaN wins.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "empty" where there is nothing to choose from, "dim", "dims"; DTypeError "dtype" unless float32.
 * Source   torch.amin.
 *
 * @example
 * await amin(tensor([[1, 5], [7, 2]]), 1, { keepdim: true }).tolist(); // [[1], [2]]
 */
export function amin<S extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = None>(
  ...given: Reducing<S, D, P>
): Reduced<S, D, P>;
export function amin(input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("amin", options, { keepdim: 0 });
  return reduceTo("amin", input, dim, options);
}

function argExtremum(name: "argmax" | "argmin", input: Tensor, dim: number | undefined, keepdim: boolean): Tensor {
  const source = to(input, "float32");
  if (dim === undefined)
    return relabel(argExtremum(name, reshape(source, [-1]), 0, false), keepdim ? input.shape.map(() => 1) : []);
  const axis = normalizeDim(name, dim, input.ndim);
  if (input.shape[axis] === 0)
    throw new ShapeError(name, "empty", say`nothing to choose from along dim ${{ dim }}.`, [
      { name: "input", shape: input.shape },
    ]);
  const contiguous = source.isContiguous ? source : makeContiguous(source);
  const out = Tensor.empty(input.backend, reducedShape(input.shape, [axis], keepdim), "int32");
  if (out.numel > 0) run(`${name}_f32`, aroundAxis(input.shape, axis), [contiguous], [out]);
  return out;
}

function argOp(name: "argmax" | "argmin", input: Tensor, dim: number | undefined, { keepdim = false }: ReduceOptions) {
  return traced(name, { input }, { dim, keepdim }, () => argExtremum(name, input, dim, keepdim));
}

/**
 * The index of the first largest along `dim`, int32; without `dim` of all elements in row-major order. NaN counts as
 * largest. Whole numbers are compared as float32.
 *
 * Shape    the axis vanishes, or stays with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "empty" where there is nothing to choose from, "dim".
 * Source   torch.argmax.
 *
 * @example
 * const logits = tensor([[0.1, 2.5, 0.3], [1.5, 0.2, 0.4]]);
 * await argmax(logits, 1).tolist(); // [1, 0]
 */
export function argmax<
  S extends Shape,
  const D extends number | undefined = undefined,
  const P extends ReduceOptions = None,
>(...given: Reducing<S, D, P>): Reduced<S, D, P>;
export function argmax(input: Tensor, dim?: number, options: ReduceOptions = {}): Tensor {
  checkKnown("argmax", options, { keepdim: 0 });
  return argOp("argmax", input, dim, options);
}

/**
 * The index of the first smallest along `dim`, int32; without `dim` of all elements in row-major order. NaN counts as
 * smallest. Whole numbers are compared as float32.
 *
 * Shape    the axis vanishes, or stays with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "empty" where there is nothing to choose from, "dim".
 * Source   torch.argmin.
 *
 * @example
 * await argmin(tensor([[3, 1], [2, 9]]), 1).tolist(); // [1, 0]
 */
export function argmin<
  S extends Shape,
  const D extends number | undefined = undefined,
  const P extends ReduceOptions = None,
>(...given: Reducing<S, D, P>): Reduced<S, D, P>;
export function argmin(input: Tensor, dim?: number, options: ReduceOptions = {}): Tensor {
  checkKnown("argmin", options, { keepdim: 0 });
  return argOp("argmin", input, dim, options);
}

function withIndices(
  name: "amax" | "amin",
  input: Tensor,
  dim: number,
  { keepdim = false }: ReduceOptions,
): { values: Tensor; indices: Tensor } {
  const axis = normalizeDim(name, dim, input.ndim);
  const indices = argExtremum(name === "amax" ? "argmax" : "argmin", input, axis, false);
  const values = input.requiresGrad ? pickOp({ input }, { axis, indices, name }) : ops[name]({ input }, { axis });
  const shape = reducedShape(input.shape, [axis], keepdim);
  return { values: reshape(values, shape), indices: relabel(indices, shape) };
}

const pickOp = defineOp<{ input: Tensor }, { axis: number; indices: Tensor; name: "amax" | "amin" }>({
  name: "max",
  shape: ({ input }, { axis }) => reducedShape(input.shape, [axis], true),
  forward({ input }, { axis, name }, out) {
    if (out.numel > 0) run(`${name}_f32`, aroundAxis(input.shape, axis), [input], [out]);
  },
  backward: (source, _saved, { axis, indices, name }, { shapes }) => ({
    input: scatterAddOp(
      { source, indices: relabel(indices, source.shape) },
      { where: name, axis, list: false, shape: shapes.input },
    ),
  }),
  differentiable: true,
});

/**
 * The largest along one axis with its index, int32; of equal ones the first, which gets the gradient. Without `dim` the
 * largest of all elements, by itself; equal ones share its gradient.
 *
 * Shape    the axis vanishes, or stays with size 1 with keepdim; without dim a scalar.
 * Options  keepdim false.
 * Throws   ShapeError "empty" where there is nothing to choose from, "dim"; DTypeError "dtype" unless float32.
 * Source   torch.max.
 *
 * @example
 * const { values, indices } = max(tensor([[1, 5], [7, 2]]), 1);
 * await values.tolist(); // [5, 7]
 * await indices.tolist(); // [1, 0]
 * await max(tensor([[1, 5], [7, 2]])).item(); // 7
 */
export function max<
  S extends Shape,
  const D extends number | undefined = undefined,
  const P extends ReduceOptions = None,
>(...given: Reducing<S, D, P>): Extremum<S, D, P>;
export function max(
  input: Tensor,
  dim?: number,
  options: ReduceOptions = {},
): Tensor | { values: Tensor; indices: Tensor } {
  checkKnown("max", options, { keepdim: 0 });
  return dim === undefined ? amax(input, dim, options) : withIndices("amax", input, dim, options);
}

/**
 * The smallest along one axis with its index, int32; of equal ones the first, which gets the gradient. Without `dim` the
 * smallest of all elements, by itself; equal ones share its gradient.
 *
 * Shape    the axis vanishes, or stays with size 1 with keepdim; without dim a scalar.
 * Options  keepdim false.
 * Throws   ShapeError "empty" where there is nothing to choose from, "dim"; DTypeError "dtype" unless float32.
 * Source   torch.min.
 *
 * @example
 * const { values, indices } = min(tensor([[1, 5], [7, 2]]), 1);
 * await values.tolist(); // [1, 2]
 * await indices.tolist(); // [0, 1]
 */
export function min<
  S extends Shape,
  const D extends number | undefined = undefined,
  const P extends ReduceOptions = None,
>(...given: Reducing<S, D, P>): Extremum<S, D, P>;
export function min(
  input: Tensor,
  dim?: number,
  options: ReduceOptions = {},
): Tensor | { values: Tensor; indices: Tensor } {
  checkKnown("min", options, { keepdim: 0 });
  return dim === undefined ? amin(input, dim, options) : withIndices("amin", input, dim, options);
}
