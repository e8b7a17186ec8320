import { defineOp } from "../autograd/define-op.ts";
import { copyStrided, makeContiguous, release, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import { normalizeDim, type Shape, sameShape } from "../base/shape.ts";
import type { CatShape } from "../base/typed/dense-rules.ts";
import type { ChunkShapes, SplitShapes, StackShape } from "../base/typed/join-rules.ts";
import type { Known, Misfitting, ShapesOf } from "../base/typed/rules.ts";
import { ArgumentError, DTypeError, ShapeError, say } from "../errors/errors.ts";
import { narrow, unsqueeze } from "./view.ts";

/** Where each input begins along the axis. */
function spans(shapes: readonly (readonly number[])[], axis: number): { start: number; size: number }[] {
  let start = 0;
  return shapes.map((shape) => {
    const span = { start, size: shape[axis]! };
    start += span.size;
    return span;
  });
}

function part(t: Tensor, axis: number, { start, size }: { start: number; size: number }): Tensor {
  const shape = t.shape.map((s, i) => (i === axis ? size : s));
  return new Tensor(t.storage, t.dtype, shape, t.strides, t.offset + start * t.strides[axis]!);
}

/** Copies each tensor into its place along the axis. */
function fill(tensors: readonly Tensor[], axis: number, out: Tensor): void {
  const all = spans(
    tensors.map((t) => t.shape),
    axis,
  );
  for (const [i, t] of tensors.entries()) {
    const place = part(out, axis, all[i]!);
    copyStrided(t, place);
    release(place);
  }
}

const catOp = defineOp<Record<string, Tensor>, { axis: number }>({
  name: "cat",
  shape(inputs, { axis }) {
    const shapes = Object.values(inputs).map((t) => t!.shape);
    const [first = []] = shapes;
    for (const [i, shape] of shapes.entries()) {
      if (shape.length !== first.length || shape.some((size, a) => a !== axis && size !== first[a]))
        throw new ShapeError(
          "cat",
          "sizes",
          say`input ${i} differs from input 0 outside dim ${{ axis }}; they must agree there.`,
          [
            { name: "input 0", shape: first },
            { name: `input ${i}`, shape },
          ],
        );
    }
    return first.map((size, i) => (i === axis ? shapes.reduce((n, shape) => n + shape[axis]!, 0) : size));
  },
  forward(inputs, { axis }, out) {
    const tensors = Object.values(inputs);
    fill(tensors, axis, out);
  },
  backward(gradOutput, _saved, { axis }, { shapes }) {
    const keys = Object.keys(shapes);
    const all = spans(
      keys.map((key) => shapes[key]!),
      axis,
    );
    const copyOf = (span: (typeof all)[number]) => {
      const view = part(gradOutput, axis, span);
      const copy = makeContiguous(view);
      release(view);
      return copy;
    };
    return Object.fromEntries(keys.map((key, i) => [key, copyOf(all[i]!)]));
  },
  differentiable(gradOutput, _saved, { axis }, { shapes }) {
    const keys = Object.keys(shapes);
    const sizes = keys.map((key) => shapes[key]![axis]!);
    return Object.fromEntries(split(gradOutput, sizes, axis).map((piece, i) => [keys[i]!, piece]));
  },
});

/** Pieces as tensors, each with its shape where they can be counted. @internal */
export type TensorsOf<Y> = Y extends readonly (readonly unknown[])[]
  ? number extends Y["length"]
    ? Tensor[]
    : { -readonly [I in keyof Y]: Tensor<Known<Y[I]>> }
  : Tensor[];

/**
 * Joins tensors along an axis they have; all other sizes are equal.
 *
 * Shape    the axis gets the sum of its sizes. Default dim 0.
 * Throws   ShapeError "sizes", "dim"; ArgumentError "empty" for an empty list; DTypeError "dtype" for different types.
 * Source   torch.cat.
 *
 * @example
 * const [a, b] = [tensor([[1, 2]]), tensor([[3, 4]])];
 * await cat([a, b]).tolist(); // [[1, 2], [3, 4]]
 * await cat([a, b], 1).tolist(); // [[1, 2, 3, 4]]
 */
export function cat<const T extends readonly Tensor[], const D extends number = 0>(
  tensors: T & Misfitting<CatShape<ShapesOf<T>, D>>,
  dim?: D,
): Tensor<Known<CatShape<ShapesOf<T>, D>>>;
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const [first] = tensors;
  if (!first)
    throw new ArgumentError("cat", "empty", say`there are ${{ tensors: 0 }} tensors to join: give one or more.`);
  const axis = normalizeDim("cat", dim, first.ndim);
  if (first.dtype === "float32") return catOp(Object.fromEntries(tensors.map((t, i) => [`input${i}`, t])), { axis });
  const other = tensors.findIndex((t) => t.dtype !== first.dtype);
  if (other > 0)
    throw new DTypeError(
      "cat",
      "dtype",
      say`input ${{ input: other }} is ${{ dtype: tensors[other]!.dtype }}, input 0 ${{ first: first.dtype }}. Convert one with to().`,
    );
  const inputs = Object.fromEntries(tensors.map((t, i) => [`input${i}`, t]));
  const shape = catOp.definition.shape(inputs, { axis });
  const out = Tensor.empty(first.backend, shape, first.dtype);
  fill(tensors, axis, out);
  return tell("cat", inputs, { axis }, out);
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * Shape    n of (…) → (…) with n at `dim`. Default dim 0.
 * Throws   ShapeError "sizes", "dim"; ArgumentError "empty" for an empty list; DTypeError "dtype" for different types.
 * Source   torch.stack.
 *
 * @example
 * await stack([tensor([1, 2]), tensor([3, 4])], 1).tolist(); // [[1, 3], [2, 4]]
 */
export function stack<const T extends readonly Tensor[], const D extends number = 0>(
  tensors: T & Misfitting<StackShape<ShapesOf<T>, D>>,
  dim?: D,
): Tensor<Known<StackShape<ShapesOf<T>, D>>>;
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  const [first] = tensors;
  tensors.forEach((t, i) => {
    if (first && !sameShape(t.shape, first.shape))
      throw new ShapeError("stack", "sizes", `all tensors must have one shape; input ${i} differs from input 0.`, [
        { name: "input 0", shape: first.shape },
        { name: `input ${i}`, shape: t.shape },
      ]);
  });
  return cat(
    tensors.map((t) => unsqueeze(t, dim)),
    dim,
  );
}

/**
 * Cuts an axis into pieces of `size` (the last may be smaller), or of the given sizes. Views: nothing is copied.
 *
 * Shape    as the input but for `dim`. Default dim 0.
 * Throws   ShapeError "sizes" when they do not add up to the axis, "dim"; ArgumentError "size" unless whole numbers:
 *          one ≥ 1, or a list of them ≥ 0.
 * Source   torch.split.
 *
 * @example
 * const [a, b] = split(tensor([1, 2, 3, 4, 5]), [2, 3]);
 * await b!.tolist(); // [3, 4, 5]
 * split(zeros([5, 8]), 2).map((piece) => piece.shape); // [[2, 8], [2, 8], [1, 8]]
 */
export function split<S extends Shape, const N extends number | readonly number[], const D extends number = 0>(
  input: Tensor<S> & Misfitting<SplitShapes<S, N, D>>,
  size: N,
  dim?: D,
): TensorsOf<SplitShapes<S, N, D>>;
export function split(input: Tensor, size: number | readonly number[], dim = 0): Tensor[] {
  const axis = normalizeDim("split", dim, input.ndim);
  const length = input.size(axis);
  const least = typeof size === "number" && length > 0 ? 1 : 0;
  if (![size].flat().every((s) => Number.isInteger(s) && s >= least))
    throw new ArgumentError("split", "size", say`sizes must be whole numbers ≥ ${{ least }}, got ${{ size }}.`);
  const sizes =
    typeof size === "number"
      ? Array.from({ length: Math.max(1, Math.ceil(length / Math.max(1, size))) }, (_, i) =>
          Math.min(size, length - i * size),
        )
      : size;
  if (sizes.reduce((a, b) => a + b, 0) !== length)
    throw new ShapeError(
      "split",
      "sizes",
      say`sizes ${{ sizes }} do not add up to ${{ length }} along dim ${{ dim }}.`,
      [{ name: "input", shape: input.shape }],
    );
  return spans(
    sizes.map((s) => [s]),
    0,
  ).map(({ start, size: n }) => narrow(input, axis, start, n));
}

/**
 * Cuts an axis into `chunks` pieces of ⌈size/chunks⌉, the last smaller or left out where they do not divide it. Views.
 *
 * Shape    as the input but for `dim`. Default dim 0.
 * Throws   ArgumentError "chunks" below 1; ShapeError "dim".
 * Source   torch.chunk.
 *
 * @example
 * chunk(zeros([5, 8]), 3).map((piece) => piece.shape); // [[2, 8], [2, 8], [1, 8]]
 */
export function chunk<S extends Shape, const C extends number, const D extends number = 0>(
  input: Tensor<S> & Misfitting<ChunkShapes<S, C, D>>,
  chunks: C,
  dim?: D,
): TensorsOf<ChunkShapes<S, C, D>>;
export function chunk(input: Tensor, chunks: number, dim = 0): Tensor[] {
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ArgumentError("chunk", "chunks", say`chunks must be a whole number ≥ 1, got ${{ chunks }}.`);
  const length = input.size(normalizeDim("chunk", dim, input.ndim));
  return split(input, Math.max(1, Math.ceil(length / chunks)), dim);
}
