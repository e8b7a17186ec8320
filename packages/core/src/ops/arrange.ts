/** @file Elements in other places: turned round, shifted, repeated, cut to a triangle, picked by masks and indices. */

import { arange, tensor } from "../autograd/create.ts";
import { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { normalizeDim, sameShape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, BackendError, DTypeError, ShapeError, say } from "../errors/errors.ts";
import { add, compare, mul, where } from "./binary.ts";
import { indexSelect } from "./by-index.ts";
import { to } from "./cast.ts";
import { cat } from "./join.ts";
import { clone, expand, narrow, reshape, select, slice, unsqueeze } from "./view.ts";

const list = (value: number | readonly number[]) => (typeof value === "number" ? [value] : value);

/** What came out with memory of its own, so that changes in place stay there, as in torch. */
const apart = (out: Tensor, input: Tensor): Tensor => (out.storage === input.storage ? clone(out) : out);

/**
 * Axes turned round: y[i] = x[size − 1 − i] along each of `dims`. A copy, unlike NumPy's.
 *
 * Throws   ShapeError "dim" for an axis that does not exist, "dims" for one named twice.
 * Source   torch.flip.
 *
 * @example
 * await flip(tensor([[1, 2], [3, 4]]), 1).tolist(); // [[2, 1], [4, 3]]
 */
export function flip<S extends Shape>(input: Tensor<S>, dims: number | readonly number[]): Tensor<S>;
export function flip(input: Tensor, dims: number | readonly number[]): Tensor {
  const axes = list(dims).map((dim) => normalizeDim("flip", dim, input.ndim));
  if (new Set(axes).size !== axes.length)
    throw new ShapeError("flip", "dims", say`${{ dims: list(dims) }} must name an axis once at most.`, [
      { name: "input", shape: input.shape },
    ]);
  const turned = axes.reduce((t, axis) => {
    const size = t.shape[axis] ?? 1;
    if (size < 2) return t;
    return indexSelect(t, axis, arange(size - 1, -1, -1, { device: t.backend }));
  }, input);
  return apart(turned, input);
}

/**
 * Entries moved along the axes, those beyond the end coming in at the start: y[(i + shift) mod size] = x[i]. Without
 * `dims` over all elements in row-major order.
 *
 * Throws   ArgumentError "shifts" unless a whole number for each axis; ShapeError "dim".
 * Source   torch.roll.
 *
 * @example
 * await roll(tensor([1, 2, 3, 4]), 1).tolist(); // [4, 1, 2, 3]
 * await roll(tensor([[1, 2], [3, 4]]), 1, 0).tolist(); // [[3, 4], [1, 2]]
 */
export function roll<S extends Shape>(
  input: Tensor<S>,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor<S>;
export function roll(input: Tensor, shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
  if (dims === undefined) return reshape(roll(reshape(input, [input.numel]), shifts, 0), input.shape);
  const [by, axes] = [list(shifts), list(dims)];
  if (by.length !== axes.length)
    throw new ArgumentError(
      "roll",
      "shifts",
      say`one shift for each axis is wanted: ${{ count: by.length }} for ${{ dims: axes.length }}.`,
    );
  if (!by.every(Number.isInteger))
    throw new ArgumentError("roll", "shifts", say`shifts must be whole numbers, got ${{ shifts: by }}.`);
  const rolled = axes.reduce((t, dim, i) => {
    const axis = normalizeDim("roll", dim, t.ndim);
    const size = t.shape[axis] ?? 1;
    const start = size === 0 ? 0 : ((-by[i]! % size) + size) % size;
    return start === 0 ? t : cat([narrow(t, axis, start, size - start), narrow(t, axis, 0, start)], axis);
  }, input);
  return apart(rolled, input);
}

/**
 * The tensor side by side with itself, `repeats` times along each axis; more repeats than axes add axes in front. A
 * copy; the gradient is summed over the repetitions.
 *
 * Shape    sizes are multiplied: (2, 3) with [4, 1] → (8, 3).
 * Throws   ArgumentError "repeats" with fewer than axes, or unless whole numbers ≥ 0.
 * Source   torch.Tensor.repeat.
 *
 * @example
 * await repeat(tensor([1, 2]), [2, 2]).tolist(); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export function repeat<S extends Shape, const R extends readonly number[]>(
  input: Tensor<S> & Fit<["repeat", R], S>,
  repeats: R,
): Tensor<Given<["repeat", R], S>>;
export function repeat(input: Tensor, repeats: readonly number[]): Tensor {
  const lead = repeats.length - input.ndim;
  if (lead < 0 || repeats.some((n) => !Number.isInteger(n) || n < 0))
    throw new ArgumentError(
      "repeat",
      "repeats",
      say`a whole number ≥ 0 for each of the ${{ axes: input.ndim }} axes is wanted, got ${{ repeats }}.`,
    );
  const shape = [...new Array<number>(lead).fill(1), ...input.shape];
  const single = reshape(
    input,
    shape.flatMap((size) => [1, size]),
  );
  const spread = expand(
    single,
    shape.flatMap((size, i) => [repeats[i]!, size]),
  );
  const joined = reshape(
    spread,
    shape.map((size, i) => size * repeats[i]!),
  );
  return apart(joined, input);
}

/**
 * repeat() in which missing repeats in front are 1.
 *
 * Throws   ArgumentError "repeats" unless whole numbers ≥ 0.
 * Source   torch.tile.
 *
 * @example
 * await tile(tensor([[1, 2], [3, 4]]), [2]).tolist(); // [[1, 2, 1, 2], [3, 4, 3, 4]]
 */
export function tile(input: Tensor, repeats: readonly number[]): Tensor {
  return repeat(input, [...new Array<number>(Math.max(0, input.ndim - repeats.length)).fill(1), ...repeats]);
}

function triangle(name: string, input: Tensor, above: number, comparison: "le" | "ge"): Tensor {
  if (input.ndim < 2)
    throw new ShapeError(
      name,
      "rank",
      say`input must be matrices (…, rows, columns), got ${{ axes: input.ndim }} axes.`,
      [{ name: "input", shape: input.shape }],
    );
  const [rows, columns] = [input.size(-2), input.size(-1)];
  const on = { device: input.backend };
  const diagonal = add(unsqueeze(arange(rows, undefined, 1, on), 1), above);
  return where(compare(comparison, arange(columns, undefined, 1, on), diagonal), input, 0);
}

/**
 * The lower triangle: y[i, j] = x[i, j] where j ≤ i + diagonal, else 0.
 *
 * Shape    (…, rows, columns), kept. Default diagonal 0; above 0 it lies further up, below 0 further down.
 * Throws   ShapeError "rank" below 2 axes; DTypeError "dtype" unless float32.
 * Source   torch.tril.
 *
 * @example
 * await tril(tensor([[1, 2], [3, 4]])).tolist(); // [[1, 0], [3, 4]]
 */
export function tril<S extends Shape>(input: Tensor<S>, diagonal?: number): Tensor<S>;
export function tril(input: Tensor, diagonal = 0): Tensor {
  return triangle("tril", input, diagonal, "le");
}

/**
 * The upper triangle: y[i, j] = x[i, j] where j ≥ i + diagonal, else 0.
 *
 * Shape    (…, rows, columns), kept. Default diagonal 0; above 0 it lies further up, below 0 further down.
 * Throws   ShapeError "rank" below 2 axes; DTypeError "dtype" unless float32.
 * Source   torch.triu.
 *
 * @example
 * await triu(tensor([[1, 2], [3, 4]]), 1).tolist(); // [[0, 2], [0, 0]]
 */
export function triu<S extends Shape>(input: Tensor<S>, diagonal?: number): Tensor<S>;
export function triu(input: Tensor, diagonal = 0): Tensor {
  return triangle("triu", input, diagonal, "ge");
}

/** Where a mask is set, counted in row-major order. How many is not known before it is read. */
function positions(where_: string, mask: Tensor): number[] {
  const { backend } = mask;
  if (!backend.readSync)
    throw new BackendError(where_, "read", `${backend.name} cannot be read at once, which a mask's count needs.`);
  const source = mask.contiguous();
  const values = backend.readSync(source.memory, source.numel);
  return Array.from(values.keys()).filter((i) => values[i] !== 0);
}

/**
 * The elements where the mask (of the same shape) is set, as one axis. Reads the mask, as the number must be known.
 *
 * Shape    input and mask alike → (number of elements set).
 * Throws   ShapeError "mask-shape"; DTypeError "dtype" unless the mask is bool; BackendError "read" where the device
 *          cannot be read at once (WebGPU).
 * Source   torch.masked_select.
 *
 * @example
 * const x = tensor([[1, -2], [-3, 4]]);
 * await maskedSelect(x, x.gt(0)).tolist(); // [1, 4]
 */
export function maskedSelect(input: Tensor, mask: Tensor): Tensor {
  if (mask.dtype !== "bool") throw new DTypeError("maskedSelect", "dtype", `mask must be bool, got ${mask.dtype}.`);
  if (!sameShape(input.shape, mask.shape))
    throw new ShapeError("maskedSelect", "mask-shape", "input and mask must have one shape.", [
      { name: "input", shape: input.shape },
      { name: "mask", shape: mask.shape },
    ]);
  const chosen = tensor(Int32Array.from(positions("maskedSelect", mask)), { device: input.backend });
  return indexSelect(reshape(input, [input.numel]), 0, chosen);
}

/**
 * What stands for one axis: a number (the axis goes away), null (all of it), [start, end, step] (a slice, each part
 * optional), an int32 tensor of indices or a bool tensor of one axis.
 */
export type IndexItem = number | null | readonly [start?: number, end?: number, step?: number] | Tensor;

/** Entries by tensors on neighbouring axes from `axis` on: the axes become one, the indices one number each. */
function byTensors(input: Tensor, axis: number, tensors: readonly Tensor[]): Tensor {
  const sizes = input.shape.slice(axis, axis + tensors.length);
  const flat = tensors
    .map((t, i) => {
      if (t.dtype === "bool") {
        if (!sameShape(t.shape, [sizes[i]!]))
          throw new ShapeError("index", "mask-shape", `a mask for axis ${axis + i} must be [${sizes[i]}].`, [
            { name: "input", shape: input.shape },
            { name: "mask", shape: t.shape },
          ]);
        return tensor(Int32Array.from(positions("index", t)), { device: input.backend });
      }
      if (t.dtype !== "int32") throw new DTypeError("index", "dtype", `indices must be int32 or bool, got ${t.dtype}.`);
      // Negative ones count from the end; what lies outside is refused by its own axis.
      const positive = add(t, mul(to(compare("lt", t, 0), "int32"), sizes[i]!));
      if (tensors.length === 1) return positive;
      const own = arange(sizes[i]!, undefined, 1, { device: input.backend });
      return reshape(indexSelect(own, 0, reshape(positive, [positive.numel])), positive.shape);
    })
    .reduce((so, next, i) => add(mul(so, sizes[i]!), next));
  const joined = reshape(input, [
    ...input.shape.slice(0, axis),
    sizes.reduce((a, b) => a * b, 1),
    ...input.shape.slice(axis + tensors.length),
  ]);
  const taken = indexSelect(joined, axis, reshape(flat, [flat.numel]));
  return reshape(taken, [...joined.shape.slice(0, axis), ...flat.shape, ...joined.shape.slice(axis + 1)]);
}

/**
 * x[items]: an item for each axis from the first; axes without one stay. Tensors must stand side by side; several
 * broadcast and name one element each together.
 *
 * Throws   ShapeError "items", "mask-shape"; ArgumentError "index", "apart"; DTypeError; TargetError "index-range".
 * Source   torch's x[1, :, 2:5, idx].
 *
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]]); // x[:, 1:], then x[[0, 1], [2, -3]]
 * await index(x, [null, [1]]).tolist(); // [[2, 3], [5, 6]]
 * const i = { dtype: "int32" } as const;
 * await index(x, [tensor([0, 1], i), tensor([2, -3], i)]).tolist(); // [3, 4]
 */
export function index<S extends Shape, const I extends readonly IndexItem[]>(
  input: Tensor<S> & Fit<["index", I], S>,
  items: I,
): Tensor<Given<["index", I], S>>;
export function index(input: Tensor, items: readonly IndexItem[]): Tensor {
  if (items.length > input.ndim)
    throw new ShapeError("index", "items", say`${{ count: items.length }} items for ${{ axes: input.ndim }} axes.`, [
      { name: "input", shape: input.shape },
    ]);
  const at = items.flatMap((item, i) => (item instanceof Tensor ? [i] : []));
  if (at.some((place, i) => i > 0 && place !== at[i - 1]! + 1))
    throw new ArgumentError("index", "apart", "tensors of indices must stand side by side; permute the axes first.");
  let t = input;
  let axis = 0;
  for (const [i, item] of items.entries()) {
    if (typeof item === "number") t = select(t, axis, item);
    else if (item instanceof Tensor) {
      if (i !== at[0]) continue; // taken together with the first
      const before = t.ndim;
      t = byTensors(t, axis, items.slice(i, i + at.length) as Tensor[]);
      axis += t.ndim - before + at.length;
    } else {
      if (item !== null) t = slice(t, axis, ...item);
      axis++;
    }
  }
  return t;
}
