/** @file Reading and writing along an axis by indices that lie on the device. */
import { onesLike, tensor, zeros } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { copyStrided, makeContiguous, Tensor } from "../autograd/tensor.ts";
import { KernelRefusal } from "../backends/backend.ts";
import { normalizeDim, numel, type Shape } from "../base/shape.ts";
import { DTypeError, ShapeError, TargetError } from "../errors/errors.ts";
import { where } from "./binary.ts";
import { to } from "./cast.ts";
import { pad } from "./pad.ts";
import { takeNumbers } from "./take-along.ts";
import { narrow } from "./view.ts";

/** How indices lie beside the axis. */
interface Place {
  /** The function that a refusal names. */
  readonly where: string;
  readonly axis: number;
  /** One list of indices for every line, instead of one for each element. */
  readonly list: boolean;
}
type Target = Place & { readonly shape: Shape };

/** The kernels' sizes; `whole` has the axis in full, `count` entries of it are named. */
function sizes(whole: Shape, count: number, { axis, list }: Place) {
  const inner = numel(whole.slice(axis + 1));
  const index = list
    ? { indexOuter: 0, indexAxis: 1, indexInner: 0 }
    : { indexOuter: count * inner, indexAxis: inner, indexInner: 1 };
  return { outer: numel(whole.slice(0, axis)), size: whole[axis]!, count, inner, ...index };
}

function refused({ facts: [index, position] }: KernelRefusal, size: number, { where, axis }: Place): Error {
  return new TargetError(
    where,
    "index-range",
    `index ${index} at position ${position} is outside 0 … ${size - 1}, the entries of axis ${axis}.`,
  );
}

function pickedShape(input: Shape, indices: Shape, { axis, list }: Place): Shape {
  return list ? input.with(axis, indices[0]!) : indices;
}

type Gather = Op<{ input: Tensor; indices: Tensor }, Place>;

/** input's entries that the indices name. @internal */
export const gatherOp: Gather = defineOp<{ input: Tensor; indices: Tensor }, Place>({
  name: "gather",
  inputTypes: { indices: "int32" },
  shape: ({ input, indices }, p) => pickedShape(input.shape, indices.shape, p),
  saves: ["indices"],
  forward({ input, indices }, p, out) {
    if (out.numel > 0) run("gather_f32", sizes(input.shape, out.shape[p.axis]!, p), [input, indices], [out]);
  },
  // An entry named several times collects all its gradients.
  backward: (source, { indices }, p, { shapes }) => ({
    input: scatterAddOp({ source, indices }, { ...p, shape: shapes.input }),
  }),
  differentiable: true,
  refused: (refusal, { input }, p) => refused(refusal, input.shape[p.axis]!, p),
});

type Scatter = Op<{ source: Tensor; indices: Tensor; input?: Tensor }, Target>;

function scatterBy(kernel: "scatter_add_f32" | "scatter_f32", name: string, gradInput: (...args: Parts) => Tensor) {
  const op: Scatter = defineOp<{ source: Tensor; indices: Tensor; input?: Tensor }, Target>({
    name,
    inputTypes: { indices: "int32" },
    shape: (_inputs, { shape }) => shape,
    saves: ["indices"],
    forward({ source, indices, input }, p, out) {
      copyStrided(input ?? zeros(p.shape, { device: out.backend }), out);
      if (source.numel > 0) run(kernel, sizes(p.shape, source.shape[p.axis]!, p), [source, indices], [out]);
    },
    backward: (gradOutput, { indices }, p, { needs }) => ({
      source: needs.source ? gatherOp({ input: gradOutput, indices }, p) : undefined,
      input: needs.input ? gradInput(gradOutput, indices, p) : undefined,
    }),
    differentiable: true,
    refused: (refusal, _inputs, p) => refused(refusal, p.shape[p.axis]!, p),
  });
  return op;
}
type Parts = [gradOutput: Tensor, indices: Tensor, p: Target];

/** The source's entries added to where the indices say, in `input` or in zeros. @internal */
export const scatterAddOp: Scatter = scatterBy("scatter_add_f32", "scatterAdd", (g) => g);

/** The same, stored: the last of several for one place stays. @internal */
export const scatterOp: Scatter = scatterBy("scatter_f32", "scatter", (input, indices, p) =>
  scatterOp({ input, indices, source: zeros(pickedShape(p.shape, indices.shape, p), { device: input.backend }) }, p),
);

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
    throw new ShapeError(where, "index-shape", `index must have the input's axes, none larger outside dim ${dim}.`, [
      { name: "input", shape: input.shape },
      { name: "index", shape: index.shape },
    ]);
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
export function indexSelect(input: Tensor, dim: number, indices: readonly number[] | Tensor): Tensor {
  if (!(indices instanceof Tensor)) return takeNumbers(input, dim, indices);
  checkIndices("indexSelect", indices);
  const axis = normalizeDim("indexSelect", dim, input.ndim);
  if (indices.ndim !== 1 || input.ndim === 0)
    throw new ShapeError("indexSelect", "index-shape", `indices must have one axis, got ${indices.ndim}.`, [
      { name: "input", shape: input.shape },
      { name: "indices", shape: indices.shape },
    ]);
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
export function scatter(input: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  return scattered("scatter", scatterOp, input, dim, index, source);
}

/** The same, adding to what is there, in order. torch.scatter_add. */
export function scatterAdd(input: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  return scattered("scatterAdd", scatterAddOp, input, dim, index, source);
}
