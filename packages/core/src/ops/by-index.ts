/** @file Reading and writing along an axis by indices that lie on the device. */

import { onesLike, tensor } from "../autograd/create.ts";
import { run } from "../autograd/define-op.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import { KernelRefusal } from "../backends/backend.ts";
import { normalizeDim, type Shape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { DTypeError, ShapeError, say } from "../errors/errors.ts";
import { where } from "./binary.ts";
import { to } from "./cast.ts";
import {
  gatherOp,
  type Place,
  pickedShape,
  refused,
  type Scatter,
  scatterAddOp,
  scatterOp,
  sizes,
} from "./index-ops.ts";
import { pad } from "./pad.ts";
import { takeNumbers } from "./take-along.ts";
import { narrow } from "./view.ts";

export { gatherOp, scatterAddOp, scatterOp };

/** How many indices there are, as the compiler knows it. @internal */
export type CountOf<I> = I extends readonly number[] ? I["length"] : I extends Tensor<infer T> ? T[0] : number;

/** @internal */
export function checkIndices(where: string, indices: Tensor): void {
  if (indices.dtype !== "int32")
    throw new DTypeError(where, "dtype", `indices must be int32, got ${indices.dtype}. Convert them with to("int32").`);
}

/** Indices for each element: as many axes as the input, and not larger outside `dim`. */
function checked(where: string, input: Tensor, dim: number, index: Tensor): Place {
  checkIndices(where, index);
  const axis = normalizeDim(where, dim, input.ndim);
  if (index.ndim !== input.ndim || index.shape.some((size, i) => i !== axis && size > input.shape[i]!))
    throw new ShapeError(
      where,
      "index-shape",
      say`index must have the input's axes, none larger outside dim ${{ dim }}.`,
      [
        { name: "input", shape: input.shape },
        { name: "index", shape: index.shape },
      ],
    );
  return { where, axis, list: false };
}

/** The part of `input` that an index of this shape reaches: all of `axis`, of the others what the index has. */
function reached(input: Tensor, shape: Shape, axis: number): Tensor {
  return shape.reduce((t, size, i) => (i === axis || size === t.shape[i] ? t : narrow(t, i, 0, size)), input);
}

/**
 * Entries of one axis in the order of `indices`; an entry may be taken more than once. Plain numbers are checked and
 * arranged before anything runs; a tensor of indices stays on the device.
 *
 * Shape    indices a list or an int32 tensor of one axis; the axis gets their number.
 * Throws   ArgumentError "index" for a number outside the axis (negative ones count from the end); TargetError
 *          "index-range" for an entry of a tensor outside 0 … size − 1; ShapeError "index-shape", "dim".
 * Source   torch.index_select.
 *
 * @example
 * await indexSelect(tensor([[1, 2, 3]]), 1, [2, 0, 0]).tolist(); // [[3, 1, 1]]
 */
export function indexSelect<S extends Shape, const D extends number, const I extends readonly number[] | Tensor>(
  input: Tensor<S> & Fit<["indexSelect", D, CountOf<I>], S>,
  dim: D,
  indices: I,
): Tensor<Given<["indexSelect", D, CountOf<I>], S>>;
export function indexSelect(input: Tensor, dim: number, indices: readonly number[] | Tensor): Tensor {
  if (!(indices instanceof Tensor)) return takeNumbers(input, dim, indices);
  checkIndices("indexSelect", indices);
  const axis = normalizeDim("indexSelect", dim, input.ndim);
  if (indices.ndim !== 1 || input.ndim === 0)
    throw new ShapeError(
      "indexSelect",
      "index-shape",
      say`indices must have one axis, got ${{ axes: indices.ndim }}.`,
      [
        { name: "input", shape: input.shape },
        { name: "indices", shape: indices.shape },
      ],
    );
  return gathered(input, indices, { where: "indexSelect", axis, list: true });
}

/** Reads whole numbers; bytes and truth values go through int32. */
function gatherIntegers(input: Tensor, indices: Tensor, p: Place): Tensor {
  const source = to(input, "int32");
  const out = Tensor.empty(input.backend, pickedShape(input.shape, indices.shape, p), "int32");
  const contiguous = (t: Tensor) => (t.isContiguous ? t : makeContiguous(t));
  if (out.numel > 0)
    try {
      run("gather_i32", sizes(input.shape, out.shape[p.axis]!, p), [contiguous(source), contiguous(indices)], [out]);
    } catch (error) {
      throw error instanceof KernelRefusal ? refused(error, input.shape[p.axis]!, p) : error;
    }
  return to(out, input.dtype);
}

const gathered = (input: Tensor, indices: Tensor, p: Place): Tensor =>
  input.dtype === "float32" ? gatherOp({ input, indices }, p) : gatherIntegers(input, indices, p);

/**
 * out[i][j][k] = input[i][index[i][j][k]][k] for dim 1: an index for each element of the result.
 *
 * Shape    index has as many axes as input and is not larger outside dim → index's shape.
 * Throws   ShapeError "index-shape", "dim"; DTypeError unless index is int32; TargetError "index-range".
 * Source   torch.gather.
 *
 * @example
 * await gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0, 0], [1, 0]], { dtype: "int32" })).tolist(); // [[1, 1], [4, 3]]
 */
export function gather<I extends Shape>(input: Tensor, dim: number, index: Tensor<I>): Tensor<I>;
export function gather(input: Tensor, dim: number, index: Tensor): Tensor {
  const place = checked("gather", input, dim, index);
  return gathered(reached(input, index.shape, place.axis), index, place);
}

function scattered(
  name: string,
  op: Scatter,
  input: Tensor,
  dim: number,
  index: Tensor,
  given: Tensor | number,
): Tensor {
  const place = checked(name, input, dim, index);
  const source = typeof given === "number" ? tensor(given, { device: input.backend }).expand(index.shape) : given;
  if (source.ndim !== index.ndim || index.shape.some((size, i) => size > source.shape[i]!))
    throw new ShapeError(name, "source-shape", "source must reach as far as index on every axis.", [
      { name: "index", shape: index.shape },
      { name: "source", shape: source.shape },
    ]);
  const values = reached(source, index.shape, -1);
  const part = reached(input, index.shape, place.axis);
  if (part === input) return op({ input, indices: index, source: values }, { ...place, shape: input.shape });
  // Only a corner changes: it is worked out by itself and put back.
  const corner = op({ input: part, indices: index, source: values }, { ...place, shape: part.shape });
  const rest = input.shape.flatMap((size, i) => [size - part.shape[i]!, 0]).reverse();
  return where(to(pad(onesLike(part), rest), "bool"), pad(corner, rest), input);
}

/**
 * A copy of `input` with out[i][index[i][j][k]][k] = source[i][j][k] for dim 1; of several for one place the last stays.
 *
 * Shape    index and source as in gather; source a tensor or one number → input's shape.
 * Throws   as gather; ShapeError "source-shape".
 * Source   torch.scatter.
 *
 * @example
 * await scatter(zeros([2, 3]), 1, tensor([[2], [0]], { dtype: "int32" }), 1).tolist(); // [[0, 0, 1], [1, 0, 0]]
 */
export function scatter<S extends Shape>(
  input: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor | number,
): Tensor<S>;
export function scatter(input: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  return scattered("scatter", scatterOp, input, dim, index, source);
}

/**
 * A copy of `input` with source[i][j][k] added to out[i][index[i][j][k]][k] for dim 1; of several for one place all
 * count, in order.
 *
 * Shape    as scatter; source a tensor or one number → input's shape.
 * Throws   as scatter; DTypeError "dtype" unless input and source are float32.
 * Source   torch.scatter_add.
 *
 * @example
 * const labels = tensor([0, 2, 0], { dtype: "int32" });
 * await scatterAdd(zeros([3]), 0, labels, 1).tolist(); // [2, 0, 1]
 */
export function scatterAdd<S extends Shape>(
  input: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor | number,
): Tensor<S>;
export function scatterAdd(input: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  return scattered("scatterAdd", scatterAddOp, input, dim, index, source);
}
