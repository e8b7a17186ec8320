/** @file Samples of the kernels that walk strides: copies, two operands with broadcasting, `where`. */
import { MAX_DIMS, type Params } from "../../kernels/contract.ts";
import type { KernelSample, KernelSamples, ValueKind } from "./types.ts";

type Broadcast = Params<"add_f32">;

const leading = (values: readonly number[], fill: number) => [
  ...Array.from({ length: MAX_DIMS - values.length }, () => fill),
  ...values,
];

export function contiguous(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Strides default to contiguous ones. */
export function over(shape: readonly number[], a?: readonly number[], b?: readonly number[]): Broadcast {
  return {
    ndim: shape.length,
    shape: leading(shape, 1),
    stridesA: leading(a ?? contiguous(shape), 0),
    stridesB: leading(b ?? contiguous(shape), 0),
  };
}

const shapes: readonly { readonly name: string; readonly params: Broadcast }[] = [
  { name: "one element, no axes", params: over([]) },
  { name: "same shape", params: over([3, 5, 7]) },
  { name: "empty", params: over([2, 0, 3]) },
  { name: "many chunks", params: over([70_001]) },
  { name: "a is a scalar", params: over([4, 33], [0, 0]) },
  { name: "b is a scalar", params: over([4, 33], undefined, [0, 0]) },
  { name: "b is a row", params: over([9, 37], undefined, [0, 1]) },
  { name: "b is a column", params: over([9, 37], undefined, [1, 0]) },
  { name: "a per channel", params: over([2, 3, 5, 7], [0, 1, 0, 0]) },
  { name: "b per channel, long rows", params: over([2, 3, 40, 41], undefined, [0, 1, 0, 0]) },
  { name: "both broadcast: outer sum", params: over([17, 19], [1, 0], [0, 1]) },
  { name: "a transposed", params: over([18, 23], [1, 18]) },
  {
    name: "eight axes, every second element of b",
    params: over([1, 2, 3, 1, 2, 1, 2, 3], undefined, [144, 72, 24, 24, 12, 12, 6, 2]),
  },
];

type Values = Readonly<Record<string, ValueKind>>;

/** The shapes above, and one more call with special values where wanted. */
function binary(values: Values = {}, special?: Values): readonly KernelSample<"add_f32">[] {
  const samples: KernelSample<"add_f32">[] = shapes.map(({ name, params }) => ({ name, params, values }));
  // 13 and 14 specials have no common factor: over 182 elements every one meets every other.
  if (special) samples.push({ name: "special values", params: over([13, 14], [14, 1], [0, 1]), values: special });
  return samples;
}

const copies: readonly KernelSample<"copy_strided_f32">[] = [
  { name: "contiguous", params: over([3, 5, 7]) },
  { name: "one element, no axes", params: over([]) },
  { name: "empty", params: over([3, 0]) },
  { name: "many chunks", params: over([3, 30_001]) },
  { name: "transposed source", params: over([37, 41], [1, 37]) },
  { name: "transposed target", params: over([37, 41], undefined, [1, 37]) },
  { name: "permuted 4-D: NHWC to NCHW", params: over([2, 3, 5, 7], [105, 1, 21, 3]) },
  { name: "expanded source", params: over([4, 3, 9], [0, 1, 0]) },
  { name: "into a window of the target", params: over([3, 4, 5], undefined, [80, 10, 1]) },
  { name: "every second element into every third", params: over([6, 11], [22, 2], [33, 3]) },
  { name: "one row into one column", params: over([29], [1], [31]) },
];

const compare = binary({ a: "ties", b: "ties" }, { a: "extremes", b: "extremes" });
const compareI32 = binary({ a: "ties", b: "ties" }, { a: "wide", b: "wide" });
const arithmeticI32 = binary({ a: "wide", b: "wide" });
const extreme = binary({}, { a: "specials", b: "specials" });

const where: readonly KernelSample<"where_f32">[] = [
  ...shapes.map(({ name, params }) => ({
    name,
    params: { ...params, stridesCondition: params.stridesB },
    values: { condition: "mask" } as const,
  })),
  {
    name: "condition per row; a NaN that is not chosen stays out",
    params: { ...over([6, 35]), stridesCondition: leading([1, 0], 0) },
    values: { condition: "mask", a: "nan" },
  },
  {
    name: "any byte but 0 is true",
    params: { ...over([70]), stridesCondition: leading([1], 0) },
    values: { condition: [0, 1, 2, 128, 255] },
  },
];

export const strided = {
  copy_strided_f32: copies,
  copy_strided_i32: copies,
  copy_strided_u8: copies,
  add_strided_f32: copies,
  add_f32: extreme,
  sub_f32: extreme,
  mul_f32: extreme,
  div_f32: extreme,
  pow_f32: [
    ...binary({ a: "positive", b: "normal" }),
    { name: "negative base, whole exponents", params: over([7, 11]), values: { a: "negative", b: "ties" } },
    { name: "negative base, broken exponents: NaN", params: over([5]), values: { a: "negative", b: [0.5, -1.5] } },
  ],
  maximum_f32: binary({ a: "ties" }, { a: "extremes", b: "extremes" }),
  minimum_f32: binary({ a: "ties" }, { a: "extremes", b: "extremes" }),
  add_i32: arithmeticI32,
  sub_i32: arithmeticI32,
  mul_i32: arithmeticI32,
  eq_f32: compare,
  ne_f32: compare,
  lt_f32: compare,
  le_f32: compare,
  gt_f32: compare,
  ge_f32: compare,
  eq_i32: compareI32,
  ne_i32: compareI32,
  lt_i32: compareI32,
  le_i32: compareI32,
  gt_i32: compareI32,
  ge_i32: compareI32,
  where_f32: where,
} satisfies Partial<KernelSamples>;
