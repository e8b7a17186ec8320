/** @file Fused multiply-add of float32 numbers, for arithmetic that must agree with a compiled kernel bit by bit. */

const { fround } = Math;

/**
 * a·b + c rounded once to float32; a, b, c must be float32 values.
 *
 * The product of two float32 is exact in a double. The sum is rounded to a double and then to float32, and those two
 * roundings differ from one only if the double lies exactly half-way between two float32 values and the true sum does not:
 * then its low 29 bits are 1 and 28 zeros. (Results below 2^-126, where float32 has fewer bits, are rounded twice.)
 *
 * @example
 * fma(0.1, 10, -1);
 */
export function fma(a: number, b: number, c: number): number {
  const sum = a * b + c;
  scratch[0] = sum;
  return (words[LOW]! & 0x1fffffff) === 0x10000000 ? breakTie(a, b, c) : fround(sum);
}

const scratch = new Float64Array(1);
const words = new Int32Array(scratch.buffer);
/** Where a double keeps its low word on this machine. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** The sum fell half-way: what it lost (two-sum, Knuth) tells on which side the true value lies. */
function breakTie(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const t = sum - product;
  const lost = product - (sum - t) + (c - t);
  const nearest = fround(sum); // the even neighbour
  const other = nearest + (sum - nearest) * 2;
  return (other > nearest && lost > 0) || (other < nearest && lost < 0) ? other : nearest;
}
