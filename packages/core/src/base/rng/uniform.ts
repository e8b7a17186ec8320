/** @file Uniform float32 numbers and coin tosses, as torch's CPU kernels make them. */
import { ArgumentError, say } from "../../errors/errors.ts";
import { fma } from "./fma.ts";
import type { Generator } from "./generator.ts";

const { fround } = Math;
const STEP = 2 ** -24;

/**
 * Fills `out` with float32 numbers from [from, to), the bits of `tensor.uniform_(from, to)`.
 *
 * value = u·(to − from) + from with one rounding, u = 24 bits of one draw. `to` itself can come out, as in torch.
 *
 * Throws ArgumentError "range" unless from ≤ to and both and their difference are finite in float32.
 *
 * @example
 * fillUniform(new Generator(0), new Float32Array(2), 0, 1);  // [0.4962566, 0.7682218]
 */
export function fillUniform(gen: Generator, out: Float32Array, from = 0, to = 1): Float32Array {
  const low = fround(from);
  const width = fround(fround(to) - low);
  if (!(from <= to) || !Number.isFinite(low) || !Number.isFinite(width))
    throw new ArgumentError(
      "uniform",
      "range",
      say`from must be at most to, both finite in float32; got ${{ from }} and ${{ to }}.`,
    );
  if (width === 1 && low === 0) fillPlain(gen, out);
  else if (sumIsExact(width, low)) fillScaled(gen, out, width, low);
  else fillFused(gen, out, width, low);
  return out;
}

/** Is u·width + low exact in doubles for every u? Then rounding it to float32 is the one rounding wanted. */
function sumIsExact(width: number, low: number): boolean {
  if (width === 0) return true;
  const grid = 2 ** (Math.floor(Math.log2(width)) - 48); // u·width is a multiple of this (one bit spared for log2)
  return Number.isInteger(low / grid) && Math.abs(low) + width <= grid * 2 ** 53;
}

function fillPlain(gen: Generator, out: Float32Array): void {
  for (let i = 0; i < out.length; ) {
    const { outputs, position, take } = next(gen, out.length - i);
    for (let k = position; k < position + take; k++) out[i++] = (outputs[k]! & 0xffffff) * STEP;
  }
}

function fillScaled(gen: Generator, out: Float32Array, width: number, low: number): void {
  for (let i = 0; i < out.length; ) {
    const { outputs, position, take } = next(gen, out.length - i);
    for (let k = position; k < position + take; k++) out[i++] = (outputs[k]! & 0xffffff) * STEP * width + low;
  }
}

function fillFused(gen: Generator, out: Float32Array, width: number, low: number): void {
  for (let i = 0; i < out.length; ) {
    const { outputs, position, take } = next(gen, out.length - i);
    for (let k = position; k < position + take; k++) out[i++] = fma((outputs[k]! & 0xffffff) * STEP, width, low);
  }
}

/** The next run of outputs, at most `wanted` long, marked as used. */
function next(gen: Generator, wanted: number): { outputs: Uint32Array; position: number; take: number } {
  if (gen.position === gen.outputs.length) gen.refill();
  const position = gen.position;
  const take = Math.min(wanted, gen.outputs.length - position);
  gen.position += take;
  return { outputs: gen.outputs, position, take };
}

/**
 * Fills `out` with 1 (probability `p`) and 0, the bits of `tensor.bernoulli_(p)`; dropout's mask is p = 1 − drop.
 * Two draws an element, compared in double precision. Throws ArgumentError "probability" unless 0 ≤ p ≤ 1.
 *
 * @example
 * fillBernoulli(new Generator(0), new Float32Array(4), 0.75);  // [0, 1, 1, 0]
 */
export function fillBernoulli<T extends Float32Array | Uint8Array>(gen: Generator, out: T, p: number): T {
  if (!(p >= 0 && p <= 1))
    throw new ArgumentError("bernoulli", "probability", say`p must be between 0 and 1, got ${{ p }}.`);
  const limit = p * 2 ** 53; // exact: a power of two
  for (let i = 0; i < out.length; i++) {
    const high = gen.random() & 0x1fffff;
    out[i] = high * 2 ** 32 + gen.random() < limit ? 1 : 0;
  }
  return out;
}

/**
 * Tosses a coin per element of `probabilities`, the bits of `torch.bernoulli(tensor)`: one draw each, in float32.
 * Throws ArgumentError "length" or "probability".
 *
 * @example
 * fillBernoulliTensor(new Generator(0), Float32Array.of(0.3, 0.9), new Float32Array(2));  // [0, 1]
 */
export function fillBernoulliTensor<T extends Float32Array | Uint8Array>(
  gen: Generator,
  probabilities: Float32Array,
  out: T,
): T {
  if (probabilities.length !== out.length)
    throw new ArgumentError(
      "bernoulli",
      "length",
      say`${{ count: probabilities.length }} probabilities for ${{ outLength: out.length }} results.`,
    );
  for (let i = 0; i < out.length; i++) {
    const p = probabilities[i]!;
    if (!(p >= 0 && p <= 1))
      throw new ArgumentError(
        "bernoulli",
        "probability",
        say`every p must be between 0 and 1, got ${{ p }} at index ${{ input: i }}.`,
      );
  }
  for (let i = 0; i < out.length; i++) out[i] = gen.uniform24() < probabilities[i]! ? 1 : 0;
  return out;
}
