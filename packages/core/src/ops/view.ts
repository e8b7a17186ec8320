/** @file Views: the same memory under another shape. Their gradients undo the step. */

import { fill } from "../autograd/create.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { GraphNode, nodeOf } from "../autograd/graph.ts";
import { copyStrided, makeContiguous, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import { contiguousStrides, inferReshape, normalizeDim, type Shape, viewStrides } from "../base/shape.ts";
import type { FlattenShape } from "../base/typed/dense-rules.ts";
import type { Fit, Fitting, Given, Result } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { sumTo } from "./sum.ts";

function record(
  name: string,
  input: Tensor,
  params: object,
  out: Tensor,
  backward: (gradOutput: Tensor) => Tensor,
): Tensor {
  tell(name, { input }, params, out);
  const node = isGradEnabled() ? nodeOf(input) : null;
  if (node)
    out.gradFn = new GraphNode({
      name,
      inputs: [node],
      backward: (gradOutput) => [backward(gradOutput)],
      differentiable: true,
    });
  return out;
}

function viewOf(input: Tensor, shape: Shape, strides: readonly number[], offset = input.offset): Tensor {
  const out = new Tensor(input.storage, input.dtype, shape, strides, offset);
  out.isView = true;
  return out;
}

/**
 * A row-major copy, or the tensor itself when it is row-major already. Operations do this by themselves.
 *
 * Source   torch.Tensor.contiguous.
 *
 * @example
 * const columns = tensor([[1, 2], [3, 4]]).t();
 * columns.isContiguous; // false
 * contiguous(columns).isContiguous; // true
 */
export function contiguous<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function contiguous(input: Tensor): Tensor {
  return input.isContiguous ? input : clone(input);
}

/**
 * A copy with its own memory; gradients pass through. For one without history: clone(x.detach()).
 *
 * Source   torch.clone.
 *
 * @example
 * const x = tensor([1, 2]);
 * clone(x).fill_(0);
 * await x.tolist(); // [1, 2]
 */
export function clone<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function clone(input: Tensor): Tensor {
  return record("clone", input, {}, makeContiguous(input), (g) => g);
}

/**
 * The same elements, in row-major order, under another shape; one size may be −1. A view where memory allows, else a
 * copy.
 *
 * Throws   ShapeError "numel" when the shape does not hold the elements, "two-unknown" for two −1.
 * Source   torch.reshape.
 *
 * @example
 * await reshape(tensor([1, 2, 3, 4, 5, 6]), [2, -1]).tolist(); // [[1, 2, 3], [4, 5, 6]]
 */
export function reshape<S extends Shape, const T extends Shape>(
  input: Tensor<S> & Fit<["reshape", "reshape", T], S>,
  shape: T,
): Tensor<Given<["reshape", "reshape", T], S>>;
export function reshape(input: Tensor, shape: Shape): Tensor {
  const to = inferReshape("reshape", input.shape, shape);
  const strides = viewStrides(input.shape, input.strides, to);
  const out = strides ? viewOf(input, to, strides) : withShape(makeContiguous(input), to);
  return record("reshape", input, { shape: to }, out, (g) => reshape(g, input.shape));
}

function withShape(t: Tensor, shape: Shape): Tensor {
  return new Tensor(t.storage, t.dtype, shape, contiguousStrides(shape), t.offset);
}

/**
 * reshape() that refuses to copy: the result shares memory with the input.
 *
 * Throws   ShapeError "not-viewable" where memory does not allow it, "numel", "two-unknown".
 * Source   torch.Tensor.view.
 *
 * @example
 * const x = zeros([2, 3]);
 * view(x, [6]).fill_(1);
 * await x.tolist(); // [[1, 1, 1], [1, 1, 1]]
 */
export function view<S extends Shape, const T extends Shape>(
  input: Tensor<S> & Fit<["reshape", "view", T], S>,
  shape: T,
): Tensor<Given<["reshape", "view", T], S>>;
export function view(input: Tensor, shape: Shape): Tensor {
  const to = inferReshape("view", input.shape, shape);
  if (!viewStrides(input.shape, input.strides, to))
    throw new ShapeError(
      "view",
      "not-viewable",
      say`memory of ${{ input: input.shape }} with strides ${{ strides: input.strides }} cannot be seen as ${{ to }}.`,
      [],
      "use reshape(), which copies.",
    );
  return reshape(input, to);
}

/**
 * Joins the axes from `startDim` to `endDim` into one. A view where memory allows.
 *
 * Shape    (N, C, H, W) → (N, C·H·W) with startDim 1. Default startDim 0, endDim −1: all; a scalar becomes (1).
 * Throws   ShapeError "dim" for an axis that does not exist, or startDim behind endDim.
 * Source   torch.flatten.
 *
 * @example
 * flatten(zeros([8, 16, 7, 7]), 1).shape; // [8, 784]
 */
export function flatten<S extends Shape, const From extends number = 0, const To extends number = -1>(
  input: Tensor<S> & Fitting<S, FlattenShape<S, From, To>>,
  startDim?: From,
  endDim?: To,
): Tensor<Result<S, FlattenShape<S, From, To>>>;
export function flatten(input: Tensor, startDim = 0, endDim = -1): Tensor {
  const from = normalizeDim("flatten", startDim, input.ndim);
  const to = normalizeDim("flatten", endDim, input.ndim);
  if (from > to)
    throw new ShapeError("flatten", "dim", say`startDim ${{ startDim }} must not lie behind endDim ${{ endDim }}.`, [
      { name: "input", shape: input.shape },
    ]);
  if (input.ndim === 0) return reshape(input, [1]);
  const joined = input.shape.slice(from, to + 1).reduce((a, b) => a * b, 1);
  return reshape(input, [...input.shape.slice(0, from), joined, ...input.shape.slice(to + 1)]);
}

/**
 * Axes in another order: axis i of the result is axis dims[i] of the input. A view.
 *
 * Throws   ShapeError "dims" unless each axis is named once, "dim".
 * Source   torch.permute.
 *
 * @example
 * permute(zeros([8, 32, 48, 3]), [0, 3, 1, 2]).shape; // [8, 3, 32, 48]
 */
export function permute<S extends Shape, const D extends readonly number[]>(
  input: Tensor<S> & Fit<["permute", D], S>,
  dims: D,
): Tensor<Given<["permute", D], S>>;
export function permute(input: Tensor, dims: readonly number[]): Tensor {
  const order = dims.map((dim) => normalizeDim("permute", dim, input.ndim));
  if (order.length !== input.ndim || new Set(order).size !== order.length)
    throw new ShapeError("permute", "dims", say`${{ dims }} must name each of the ${{ axes: input.ndim }} axes once.`, [
      { name: "input", shape: input.shape },
    ]);
  const out = viewOf(
    input,
    order.map((d) => input.shape[d]!),
    order.map((d) => input.strides[d]!),
  );
  const inverse = order.map((_, i) => order.indexOf(i));
  return record("permute", input, { dims: order }, out, (g) => permute(g, inverse));
}

/**
 * Two axes exchanged. A view.
 *
 * Throws   ShapeError "dim" for an axis that does not exist.
 * Source   torch.transpose.
 *
 * @example
 * await transpose(tensor([[1, 2, 3], [4, 5, 6]]), 0, 1).tolist(); // [[1, 4], [2, 5], [3, 6]]
 */
export function transpose<S extends Shape, const A extends number, const B extends number>(
  input: Tensor<S> & Fit<["transpose", A, B], S>,
  dim0: A,
  dim1: B,
): Tensor<Given<["transpose", A, B], S>>;
export function transpose(input: Tensor, dim0: number, dim1: number): Tensor {
  const order = input.shape.map((_, i) => i);
  const a = normalizeDim("transpose", dim0, input.ndim);
  const b = normalizeDim("transpose", dim1, input.ndim);
  [order[a], order[b]] = [b, a];
  return permute(input, order);
}

/**
 * Repeats axes of size 1 to the given shape, and adds axes in front, without copying; −1 keeps a size. A view; the
 * gradient is summed over the repetitions. Also exported as broadcastTo.
 *
 * Throws   ShapeError "broadcast" for any other size.
 * Source   torch.Tensor.expand, torch.broadcast_to.
 *
 * @example
 * await expand(tensor([[1], [2]]), [-1, 3]).tolist(); // [[1, 1, 1], [2, 2, 2]]
 */
export function expand<S extends Shape, const T extends Shape>(
  input: Tensor<S> & Fit<["expand", T], S>,
  shape: T,
): Tensor<Given<["expand", T], S>>;
export function expand(input: Tensor, shape: Shape): Tensor {
  const lead = shape.length - input.ndim;
  const to = shape.map((size, i) => (size === -1 ? (input.shape[i - lead] ?? -1) : size));
  const fits =
    lead >= 0 &&
    to.every((size, i) => size >= 0 && (i < lead || input.shape[i - lead] === size || input.shape[i - lead] === 1));
  if (!fits)
    throw new ShapeError(
      "expand",
      "broadcast",
      say`${{ input: input.shape }} cannot be expanded to ${{ shape }}.`,
      [],
      "only axes of size 1 can be repeated.",
    );
  const strides = to.map((size, i) => (i < lead || input.shape[i - lead] !== size ? 0 : input.strides[i - lead]!));
  return record("expand", input, { shape: to }, viewOf(input, to, strides), (g) => sumTo(g, input.shape));
}

/** A look at some of the elements: what becomes of sizes and strides, and where it begins. */
type Look = (strides: readonly number[]) => { shape: Shape; strides: number[]; offset: number };

/** Elements that are looked at once each; the others' gradient is 0. */
function look(name: string, input: Tensor, params: object, at: Look): Tensor {
  const { shape, strides, offset } = at(input.strides);
  return record(name, input, params, viewOf(input, shape, strides, input.offset + offset), (g) => {
    const whole = Tensor.empty(g.backend, input.shape);
    fill(whole, 0);
    const target = at(whole.strides);
    copyStrided(g, viewOf(whole, target.shape, target.strides, target.offset));
    return record(`${name}Backward`, g, params, whole, (gg) => look(name, gg, params, at));
  });
}

/**
 * `length` entries of one axis from `start`, which counts from the end when negative. A view.
 *
 * Throws   ArgumentError "range" unless whole numbers within the axis; ShapeError "dim".
 * Source   torch.narrow.
 *
 * @example
 * await narrow(tensor([1, 2, 3, 4]), 0, 1, 2).tolist(); // [2, 3]
 */
export function narrow<S extends Shape, const D extends number, const L extends number>(
  input: Tensor<S> & Fit<["narrow", D, L], S>,
  dim: D,
  start: number,
  length: L,
): Tensor<Given<["narrow", D, L], S>>;
export function narrow(input: Tensor, dim: number, start: number, length: number): Tensor {
  const axis = normalizeDim("narrow", dim, input.ndim);
  const size = input.size(axis);
  const from = start < 0 ? start + size : start;
  if (!Number.isInteger(start) || !Number.isInteger(length) || from < 0 || length < 0 || from + length > size)
    throw new ArgumentError(
      "narrow",
      "range",
      say`entries ${{ start }} to ${start + length} do not lie in axis ${{ dim }} of size ${{ size }}.`,
    );
  return look("narrow", input, { axis, start: from, length }, (strides) => ({
    shape: input.shape.with(axis, length),
    strides: [...strides],
    offset: from * strides[axis]!,
  }));
}

/**
 * Every `step`-th entry of one axis from `start` up to but not including `end`: Python's x[start:end:step] along `dim`.
 * Negative positions count from the end, and positions beyond it are cut, as in Python. A view.
 *
 * Options  start 0, end the axis's size, step 1.
 * Throws   ArgumentError "step" below 1 (as in PyTorch an axis is turned round by flip()), "range" unless whole
 *          numbers; ShapeError "dim".
 *
 * @example
 * await slice(tensor([0, 1, 2, 3, 4]), 0, 1, 5, 2).tolist(); // [1, 3]
 * await slice(tensor([0, 1, 2, 3, 4]), 0, -2).tolist(); // [3, 4]
 */
export function slice<
  S extends Shape,
  const D extends number,
  const From extends number | undefined = undefined,
  const To extends number | undefined = undefined,
  const Step extends number | undefined = undefined,
>(
  input: Tensor<S> & Fit<["slice", D, From, To, Step], S>,
  dim: D,
  start?: From,
  end?: To,
  step?: Step,
): Tensor<Given<["slice", D, From, To, Step], S>>;
export function slice(input: Tensor, dim: number, start = 0, end = Number.POSITIVE_INFINITY, step = 1): Tensor {
  const axis = normalizeDim("slice", dim, input.ndim);
  const size = input.size(axis);
  if (!Number.isInteger(step) || step < 1)
    throw new ArgumentError(
      "slice",
      "step",
      step < 0
        ? `step must be above 0, as in PyTorch, got ${step}. Turn the axis round first: flip(x, ${dim}), then steps of ${-step}.`
        : `step must be a whole number ≥ 1, got ${step}.`,
    );
  // Infinity is the end, as an end left out.
  const place = [start, end].find((at) => !Number.isInteger(at) && Math.abs(at) !== Number.POSITIVE_INFINITY);
  if (place !== undefined)
    throw new ArgumentError("slice", "range", say`start and end must be whole numbers, got ${{ place }}.`);
  const within = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  const from = within(start);
  const length = Math.max(0, Math.ceil((within(end) - from) / step));
  return look("slice", input, { axis, start: from, length, step }, (strides) => ({
    shape: input.shape.with(axis, length),
    strides: strides.with(axis, strides[axis]! * step),
    offset: length === 0 ? 0 : from * strides[axis]!,
  }));
}

/**
 * The elements with equal index on two axes, as a last axis. A view.
 *
 * Shape    the two axes go away, the smaller of their sizes comes last. Default dim0 0, dim1 1.
 * Throws   ShapeError "dim" unless two different axes that exist.
 * Source   torch.diagonal without offset.
 *
 * @example
 * await diagonal(tensor([[1, 2], [3, 4]])).tolist(); // [1, 4]
 */
export function diagonal(input: Tensor, dim0 = 0, dim1 = 1): Tensor {
  const a = normalizeDim("diagonal", dim0, input.ndim);
  const b = normalizeDim("diagonal", dim1, input.ndim);
  if (a === b || input.ndim < 2)
    throw new ShapeError("diagonal", "dim", say`two different axes are wanted, got ${{ dim0 }} and ${{ dim1 }}.`, [
      { name: "input", shape: input.shape },
    ]);
  const rest = <T>(list: readonly T[]) => list.filter((_, i) => i !== a && i !== b);
  return look("diagonal", input, { dim0: a, dim1: b }, (strides) => ({
    shape: [...rest(input.shape), Math.min(input.shape[a]!, input.shape[b]!)],
    strides: [...rest(strides), strides[a]! + strides[b]!],
    offset: 0,
  }));
}

/**
 * One entry of an axis; the axis goes away. A view.
 *
 * Throws   ArgumentError "index" outside the axis (negative ones count from the end); ShapeError "dim".
 * Source   torch.select.
 *
 * @example
 * await select(tensor([[1, 2], [3, 4]]), 1, -1).tolist(); // [2, 4]
 */
export function select<S extends Shape, const D extends number>(
  input: Tensor<S> & Fit<["select", D], S>,
  dim: D,
  index: number,
): Tensor<Given<["select", D], S>>;
export function select(input: Tensor, dim: number, index: number): Tensor {
  const size = input.size(normalizeDim("select", dim, input.ndim));
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new ArgumentError(
      "select",
      "index",
      say`index ${{ index }} is outside axis ${{ dim }} of size ${{ size }}: use ${-size} to ${size - 1}.`,
    );
  return squeeze(narrow(input, dim, index, 1), dim);
}

/**
 * Removes an axis of size 1, or every such axis; an axis of another size stays. A view where memory allows.
 *
 * Throws   ShapeError "dim" for an axis that does not exist.
 * Source   torch.squeeze.
 *
 * @example
 * squeeze(zeros([1, 3, 1])).shape; // [3]
 * squeeze(zeros([1, 3, 1]), 0).shape; // [3, 1]
 */
export function squeeze<S extends Shape, const D extends number | undefined = undefined>(
  input: Tensor<S> & Fit<["squeeze", D], S>,
  dim?: D,
): Tensor<Given<["squeeze", D], S>>;
export function squeeze(input: Tensor, dim?: number): Tensor {
  if (dim === undefined)
    return reshape(
      input,
      input.shape.filter((size) => size !== 1),
    );
  const axis = normalizeDim("squeeze", dim, input.ndim);
  return input.shape[axis] === 1
    ? reshape(
        input,
        input.shape.filter((_, i) => i !== axis),
      )
    : input;
}

/**
 * Adds an axis of size 1 at `dim`; −1 is the last. A view where memory allows.
 *
 * Throws   ShapeError "dim" outside the result's axes.
 * Source   torch.unsqueeze.
 *
 * @example
 * unsqueeze(zeros([3, 4]), 1).shape; // [3, 1, 4]
 */
export function unsqueeze<S extends Shape, const D extends number>(
  input: Tensor<S> & Fit<["unsqueeze", D], S>,
  dim: D,
): Tensor<Given<["unsqueeze", D], S>>;
export function unsqueeze(input: Tensor, dim: number): Tensor {
  const axis = normalizeDim("unsqueeze", dim, input.ndim + 1);
  return reshape(input, [...input.shape.slice(0, axis), 1, ...input.shape.slice(axis)]);
}
