/** @file Fused multiply-add of float32 numbers, for arithmetic that must agree with a compiled kernel bit by bit. */

const { fround } = Math;

/**
 * a·b + c rounded once to float32; a, b, c must be float32 values.
 *
 * The product of two float32 is exact in a double. The sum is rounded to a double and then to float32, and those two
 * roundings differ from one only if the double lies exactly half-way between two float32 values and the true sum does not.
 *
 * @example
 * fma(0.1, 10, -1);
 */
export function fma(a: number, b: number, c: number): number {
  const p = a * b;
  const s = p + c;
  const nearest = fround(s);
  const mirrored = nearest + (s - nearest) * 2; // itself a float32 only if s is half-way (or is float32 already)
  return mirrored !== nearest && fround(mirrored) === mirrored ? breakTie(p, c, s, nearest, mirrored) : nearest;
}

/** s = p + c fell half-way: what the sum lost (two-sum, Knuth) tells on which side the true value is. */
function breakTie(p: number, c: number, s: number, nearest: number, mirrored: number): number {
  const t = s - p;
  const lost = p - (s - t) + (c - t);
  return mirrored > nearest ? (lost > 0 ? mirrored : nearest) : lost < 0 ? mirrored : nearest;
}
