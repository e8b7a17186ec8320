/** @file Fills the operands of a sample, the same on every run. */
import type { TypedArray } from "../../base/dtype.ts";
import type { Operand } from "../../kernels/contract.ts";
import type { Bordered, ValueKind } from "./types.ts";

/** Uniform in [0, 1), from a 32-bit state (mulberry32 by Tommy Ettinger, public domain). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal (Box and Muller 1958). */
export function normals(uniform: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
// 13 each: repeated over the rows of a 13×14 table, every one meets every other.
const specials = [nan, inf, -inf, 0, -0, 1, -1, 20, -20, 0.5, -0.5, 2.5, 3];
const extremes = [nan, inf, -inf, 0, -0, 1, -1, 1e30, -1e30, 1e-30, -1e-30, 0.5, 20];
const wide = [0, 1, -1, 2, -2, 7, 65_536, -65_536, 123_456_789, -987_654_321, 2_147_483_646, 2_147_483_647, -(2 ** 31)];

function framed({ bordered, height, width, channels }: Bordered, inside: (i: number) => number) {
  const columns = width + 2 * bordered;
  const rows = height + 2 * bordered;
  const within = (at: number, size: number) => at >= bordered && at < bordered + size;
  return (i: number) => {
    const pixel = Math.floor(i / channels);
    return within(pixel % columns, width) && within(Math.floor(pixel / columns) % rows, height) ? inside(i) : 0;
  };
}

/** A source of numbers of one kind for one type of operand. */
function generator(kind: ValueKind, type: Operand["type"], uniform: () => number): (i: number) => number {
  const normal = normals(uniform);
  const whole = (below: number) => Math.floor(uniform() * below);
  if (typeof kind === "object") {
    if ("below" in kind) return () => whole(kind.below);
    if ("targets" in kind) return () => (uniform() < 0.2 ? kind.ignore : whole(kind.targets));
    if ("bordered" in kind) return framed(kind, generator(kind.kind ?? "normal", type, uniform));
    return (i) => kind[i % kind.length]!;
  }
  switch (kind) {
    case "normal":
      return type === "f32" ? normal : type === "i32" ? () => whole(201) - 100 : () => whole(256);
    case "positive":
      return () => 0.1 + 2.9 * uniform();
    case "unit":
      return uniform;
    case "negative":
      return () => -0.01 - 2.99 * uniform();
    case "small":
      return () => 0.02 * uniform() - 0.01;
    case "large":
      return () => 30 * normal();
    case "offset":
      return () => 4 + normal();
    case "ties":
      return () => whole(5) - 2;
    case "nan":
      return () => (uniform() < 0.1 ? nan : normal());
    case "specials":
      return (i) => specials[i % specials.length]!;
    case "extremes":
      return (i) => extremes[i % extremes.length]!;
    case "wide":
      return (i) => wide[i % wide.length]!;
    case "mask":
      return () => whole(2);
    case "bytes":
      return () => whole(256);
  }
}

/** float32 comes rounded to float32, so every backend gets the very same numbers. */
export function fill(kind: ValueKind, type: Operand["type"], length: number, uniform: () => number): TypedArray {
  const data =
    type === "f32" ? new Float32Array(length) : type === "i32" ? new Int32Array(length) : new Uint8Array(length);
  const next = generator(kind, type, uniform);
  for (let i = 0; i < length; i++) data[i] = next(i);
  return data;
}
