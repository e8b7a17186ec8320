/** @file Copies between strided views, fills and casts. */
import type { ReferenceKernels } from "./types.ts";
import { walk } from "./walk.ts";

interface Numbers {
  [index: number]: number;
}
interface Strided {
  readonly shape: readonly number[];
  readonly stridesA: readonly number[];
  readonly stridesB: readonly number[];
}

function copyStrided(p: Strided, [input]: readonly [Numbers], [output]: readonly [Numbers]): void {
  walk(p.shape, p.stridesA, p.stridesB, (a, b) => {
    output[b] = input[a]!;
  });
}

function fill(p: { count: number; value: number }, _reads: readonly [], [output]: readonly [Numbers]): void {
  for (let i = 0; i < p.count; i++) output[i] = p.value;
}

/**
 * The stores convert: Int32Array cuts towards zero, Uint8Array keeps the low 8 bits; both as C does in range.
 * NaN and infinities become 0 (undefined in C).
 */
function cast(p: { count: number }, [input]: readonly [Numbers], [output]: readonly [Numbers]): void {
  for (let i = 0; i < p.count; i++) output[i] = input[i]!;
}

/** NaN is not 0, so it is true, as in torch. */
function castBool(p: { count: number }, [input]: readonly [Numbers], [output]: readonly [Numbers]): void {
  for (let i = 0; i < p.count; i++) output[i] = input[i] !== 0 ? 1 : 0;
}

export const layout = {
  copy_strided_f32: copyStrided,
  copy_strided_i32: copyStrided,
  copy_strided_u8: copyStrided,
  add_strided_f32(p, [input], [output]) {
    walk(p.shape, p.stridesA, p.stridesB, (a, b) => {
      output[b] = output[b]! + input[a]!;
    });
  },
  fill_f32: fill,
  fill_i32: fill,
  fill_u8: fill,
  cast_f32_i32: cast,
  cast_i32_f32: cast,
  cast_f32_u8: cast,
  cast_u8_f32: cast,
  cast_i32_u8: cast,
  cast_u8_i32: cast,
  cast_f32_bool: castBool,
  cast_i32_bool: castBool,
} satisfies Partial<ReferenceKernels>;
