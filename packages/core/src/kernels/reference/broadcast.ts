/** @file Two operands, element by element, with broadcasting by strides of 0. */
import { pow } from "./elementwise.ts";
import type { ReferenceKernels } from "./types.ts";
import { places, walk } from "./walk.ts";

interface Numbers {
  [index: number]: number;
}
interface Broadcast {
  readonly shape: readonly number[];
  readonly stridesA: readonly number[];
  readonly stridesB: readonly number[];
}

/** One loop for every type; what the output holds is settled by its array. */
function binary(f: (a: number, b: number) => number) {
  return (p: Broadcast, [a, b]: readonly [Numbers, Numbers], [output]: readonly [Numbers]): void => {
    walk(p.shape, p.stridesA, p.stridesB, (i, j, position) => {
      output[position] = f(a[i]!, b[j]!);
    });
  };
}

const eq = binary((a, b) => (a === b ? 1 : 0));
const ne = binary((a, b) => (a !== b ? 1 : 0));
const lt = binary((a, b) => (a < b ? 1 : 0));
const le = binary((a, b) => (a <= b ? 1 : 0));
const gt = binary((a, b) => (a > b ? 1 : 0));
const ge = binary((a, b) => (a >= b ? 1 : 0));
const add = binary((a, b) => a + b);
const sub = binary((a, b) => a - b);

export const broadcast = {
  add_f32: add,
  sub_f32: sub,
  mul_f32: binary((a, b) => a * b),
  div_f32: binary((a, b) => a / b),
  pow_f32: binary(pow),
  maximum_f32: binary(Math.max), // NaN if either is
  minimum_f32: binary(Math.min),

  // The Int32Array wraps sums; a product needs imul, as doubles lose its low bits.
  add_i32: add,
  sub_i32: sub,
  mul_i32: binary(Math.imul),

  eq_f32: eq,
  ne_f32: ne,
  lt_f32: lt,
  le_f32: le,
  gt_f32: gt,
  ge_f32: ge,
  eq_i32: eq,
  ne_i32: ne,
  lt_i32: lt,
  le_i32: le,
  gt_i32: gt,
  ge_i32: ge,

  where_f32(p, [condition, a, b], [output]) {
    const choice = places(p.shape, p.stridesCondition);
    walk(p.shape, p.stridesA, p.stridesB, (i, j, position) => {
      output[position] = condition[choice[position]!] !== 0 ? a[i]! : b[j]!;
    });
  },
} satisfies Partial<ReferenceKernels>;
