/**
 * @file Normal float32 numbers as torch's CPU kernels make them on x86 with AVX2.
 *
 * Sixteen or more are made in blocks of 16 with the Cephes polynomials of avx_mathfun.h in float32, in which the compiler
 * has contracted multiply-adds; where it did is part of the result. Fewer are made one by one in double precision.
 */
import { ArgumentError, say } from "../../errors/errors.ts";
import { fma } from "./fma.ts";
import type { Generator } from "./generator.ts";
import { fillUniform } from "./uniform.ts";

const { fround, sqrt } = Math;

/**
 * Fills `out` with normal numbers, the bits of `tensor.normal_(mean, std)` on a contiguous float32 tensor.
 *
 * Draws   16 or more elements: one each, plus 16 if the length is no multiple of 16 (the last 16 are then made anew).
 *         Fewer: two each on average, and a left-over half of a pair waits in the generator.
 * Throws  ArgumentError "std" if std is negative or either number is not finite.
 * Source  Box & Muller 1958; torch's aten/src/ATen/native/cpu/DistributionTemplates.h (normal_fill_AVX2).
 *
 * @example
 * fillNormal(new Generator(0), new Float32Array(2), 0, 1);  // [1.5409961, -0.2934289]
 */
export function fillNormal(gen: Generator, out: Float32Array, mean = 0, std = 1): Float32Array {
  boxMuller(out, drawNormal(gen, out, mean, std), mean, std);
  return out;
}

/**
 * The draws of fillNormal with most of the work left over: out[0, n) are uniforms that boxMuller, or the kernel
 * box_muller_f32, turns into the numbers wanted; what follows is done. Returns n, a multiple of 16.
 *
 * Throws  as fillNormal.
 *
 * @example
 * drawNormal(new Generator(0), new Float32Array(70), 0, 1);  // 48: the last 16 overlap a block of 16
 */
export function drawNormal(gen: Generator, out: Float32Array, mean: number, std: number): number {
  if (!(std >= 0) || !Number.isFinite(std) || !Number.isFinite(mean))
    throw new ArgumentError(
      "normal",
      "std",
      say`mean must be finite and std finite and not negative; got ${{ mean }} and ${{ std }}.`,
    );
  const size = out.length;
  if (size < 16) {
    for (let i = 0; i < size; i++) out[i] = gen.normal() * std + mean;
    return 0;
  }
  fillUniform(gen, out);
  const whole = size - (size % 16);
  if (whole === size) return size;
  transform(out, whole - 16, whole, fround(mean), fround(std));
  fillUniform(gen, out.subarray(size - 16));
  transform(out, size - 16, size, fround(mean), fround(std));
  return whole - 16;
}

/** Normal numbers in place of the uniforms in out[0, size), size a multiple of 16. */
export function boxMuller(out: Float32Array, size: number, mean: number, std: number): void {
  for (let i = 0; i < size; i += CHUNK) transform(out, i, Math.min(i + CHUNK, size), fround(mean), fround(std));
}

// Two passes over a chunk that stays in cache: small loops, in which the engine can keep every number unboxed.
const CHUNK = 1024;
const radii = new Float32Array(CHUNK / 2);
const oneFloat = new Float32Array(1);
const oneWord = new Int32Array(oneFloat.buffer);

/** Box-Muller on the blocks of 16 in out[start, end): 8 radii from the first half, 8 angles from the second. */
function transform(out: Float32Array, start: number, end: number, mean: number, std: number): void {
  makeRadii(out, start, end);
  turn(out, start, end);
  if (mean === 0 || std === 1) for (let i = start; i < end; i++) out[i] = out[i]! * std + mean;
  else for (let i = start; i < end; i++) out[i] = fma(out[i]!, std, mean);
}

// Where the product in a fused multiply-add is itself a float32, the sum of two float32 in a double, rounded again, is
// the fused result (53 ≥ 2·24 + 2 bits: Figueroa 1995). Those are written out below, without fma().

const SQRT_HALF_MANTISSA = 0x3504f3;
const L0 = fround(7.0376836292e-2);
const L1 = fround(-1.151461031e-1);
const L2 = fround(1.167699874e-1);
const L3 = fround(-1.2420140846e-1);
const L4 = fround(1.4249322787e-1);
const L5 = fround(-1.6668057665e-1);
const L6 = fround(2.0000714765e-1);
const L7 = fround(-2.4999993993e-1);
const L8 = fround(3.3333331174e-1);
const LN2_LOW = fround(-2.1219444e-4);
const LN2_HIGH = fround(0.693359375);

/** radius = √(−2·ln(1 − u)); the logarithm is log256_ps. */
function makeRadii(out: Float32Array, start: number, end: number): void {
  for (let block = start, k = 0; block < end; block += 16) {
    for (let j = block; j < block + 8; j++, k++) {
      oneFloat[0] = 1 - out[j]!; // exact, in (0, 1]
      const bits = oneWord[0]!;
      const mantissa = bits & 0x007fffff;
      const small = (mantissa - SQRT_HALF_MANTISSA) >>> 31; // 1 if m < √½; without a branch, which would be a coin toss
      const e = (bits >> 23) - 126 - small;
      oneWord[0] = mantissa | 0x3f000000;
      const m = oneFloat[0]!; // 0.5 <= m < 1
      const x = m * (1 + small) - 1; // exact
      const z = fround(x * x);
      let y = fma(L0, x, L1);
      y = fma(y, x, L2);
      y = fma(y, x, L3);
      y = fma(y, x, L4);
      y = fma(y, x, L5);
      y = fma(y, x, L6);
      y = fma(y, x, L7);
      y = fma(y, x, L8);
      y = fround(y * x);
      y = fma(y, z, fround(e * LN2_LOW));
      y = fround(y - z * 0.5);
      radii[k] = sqrt(fround(-2 * fround(e * LN2_HIGH + fround(x + y))));
    }
  }
}

const TWO_PI = fround(2 * Math.PI);
const FOUR_OVER_PI = fround(1.27323954473516);
const P1 = fround(-0.78515625);
const P2 = fround(-2.4187564849853516e-4);
const P3 = fround(-3.774894977445941e-8);
const C0 = fround(2.443315711809948e-5);
const C1 = fround(-1.388731625493765e-3);
const C2 = fround(4.166664568298827e-2);
const S0 = fround(-1.9515295891e-4);
const S1 = fround(8.3321608736e-3);
const S2 = fround(-1.6666654611e-1);

/** out = radius·(cos, sin)(2πu); sine and cosine are sincos256_ps. */
function turn(out: Float32Array, start: number, end: number): void {
  for (let block = start, k = 0; block < end; block += 16) {
    for (let j = block; j < block + 8; j++, k++) {
      let x = fround(TWO_PI * out[j + 8]!);
      const octant = ((fround(x * FOUR_OVER_PI) | 0) + 1) & ~1;
      x = fround(octant * P1 + x);
      x = fround(octant * P2 + x);
      x = fma(octant, P3, x);
      const z = fround(x * x);
      let cos = fround(fma(fma(C0, z, C1), z, C2) * z);
      cos = fround(fma(cos, z, -fround(z * 0.5)) + 1);
      let sin = fround(fma(fma(S0, z, S1), z, S2) * z);
      sin = fma(sin, x, x);
      // Which polynomial is the cosine of the full angle, and both signs, by octant; again without branches.
      const quadrant = octant >> 1;
      const swap = (quadrant & 1) << 3;
      const radius = radii[k]!;
      out[j + swap] = radius * cos * (1 - (quadrant & 2));
      out[j + 8 - swap] = radius * sin * (1 - ((quadrant ^ (quadrant << 1)) & 2));
    }
  }
}
