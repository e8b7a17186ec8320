/** @file Shape arithmetic: sizes, strides, broadcasting. Pure functions on lists of numbers. */
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";

/** Sizes of the axes, outermost first; [] is a scalar's. */
export type Shape = readonly number[];
/** Height and width; a single number stands for both. */
export type Pair = readonly [number, number];

/** Number of elements: the product of the sizes; 1 for a scalar. */
export function numel(shape: Shape): number {
  let n = 1;
  for (const size of shape) n *= size;
  return n;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(1, shape[i]!);
  }
  return strides;
}

/** Whether elements lie in row-major order without gaps; axes of size 1 do not matter. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** `dim` counted from the end when negative; refuses one outside the shape. */
export function normalizeDim(where: string, dim: number, rank: number): number {
  const limit = Math.max(1, rank);
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit)
    throw new ShapeError(
      where,
      "dim",
      say`dim ${{ dim }} is outside a tensor of ${{ rank }} axes: use ${-limit} to ${limit - 1}.`,
    );
  return dim < 0 ? dim + limit : dim;
}

/** NumPy's rule: align at the right, sizes must be equal or 1. */
export function broadcastShapes(where: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new ShapeError(
        where,
        "broadcast",
        say`sizes ${{ x }} and ${{ y }} at axis ${rank - i} do not broadcast.`,
        [
          { name: "a", shape: a },
          { name: "b", shape: b },
        ],
        "sizes must be equal, or one of them 1, counted from the last axis.",
      );
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/** Strides that read `shape` as if it were `target`: 0 where an axis is repeated. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((size, i) => {
    const own = shape[i - lead];
    return own === undefined || (own === 1 && size !== 1) ? 0 : strides[i - lead]!;
  });
}

/** Fills in one −1 of a requested shape. */
export function inferReshape(where: string, from: Shape, to: Shape): number[] {
  const total = numel(from);
  const unknown = to.indexOf(-1);
  if (unknown !== to.lastIndexOf(-1))
    throw new ShapeError(where, "two-unknown", say`only one size can be −1, got ${{ shape: to }}; use one.`, [
      { name: "input", shape: from },
    ]);
  const known = to.reduce((n, size, i) => (i === unknown ? n : n * size), 1);
  const out = [...to];
  const bad = to.some((size, i) => i !== unknown && (!Number.isInteger(size) || size < 0));
  if (unknown >= 0 && known > 0 && total % known === 0) out[unknown] = total / known;
  if (bad || out.includes(-1) || numel(out) !== total)
    throw new ShapeError(
      where,
      "numel",
      say`${{ shape: to }} cannot hold the ${{ elements: total }} elements of ${{ input: from }}; the product must be the same.`,
      [{ name: "input", shape: from }],
    );
  return out;
}

/** Strides of the same memory under another shape, or null when that needs a copy. */
export function viewStrides(shape: Shape, strides: readonly number[], to: Shape): number[] | null {
  if (isContiguous(shape, strides)) return contiguousStrides(to);
  const out = new Array<number>(to.length);
  let j = to.length - 1;
  let i = shape.length - 1;
  while (i >= 0) {
    // One run of old axes that lie together in memory …
    let size = shape[i]!;
    const step = strides[i]!;
    while (i > 0 && (shape[i - 1] === 1 || strides[i - 1] === size * step)) size *= shape[--i]!;
    i--;
    // … must be cut exactly into new axes.
    let rest = size;
    let at = step;
    while (j >= 0 && (rest > 1 || to[j] === 1)) {
      if (rest % to[j]! !== 0) return null;
      out[j] = at;
      at *= to[j]!;
      rest /= to[j]!;
      j--;
    }
    if (rest !== 1) return null;
  }
  while (j >= 0) out[j--] = 1;
  return out;
}

/** `3` and `[3]` → `[3, 3]`; refuses lists of another length in the name of `where`. */
export function pair(value: number | readonly number[], where = "pair", name = "value"): Pair {
  const list = typeof value === "number" ? [value] : value;
  const [first, second = first] = list;
  if (first === undefined || second === undefined || list.length > 2)
    throw new ArgumentError(
      where,
      name,
      say`${name} must be one number, or two for height and width, got ${{ count: list.length }}: ${{ list }}.`,
    );
  return [first, second];
}
