import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator, fillUniform, type Generator } from "../base/rng/index.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { erf } from "../kernels/reference/erf.ts";
import { fill_ } from "../ops/in-place.ts";
import { skipsUniform } from "./init-skip.ts";

/** Lowest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, c) => sum * x + c, 0);
}

// Starting values of torch's calc_erfinv; two steps of Newton's method follow.
const nearP = [0.886226899, -1.645349621, 0.914624893, -0.140543331];
const nearQ = [1, -2.118377725, 1.442710462, -0.329097515, 0.012229801];
const farP = [-1.970840454, -1.624906493, 3.429567803, 1.641345311];
const farQ = [1, 3.5438892, 1.6370678];

/** The x with erf(x) = y, for −1 ≤ y ≤ 1. */
function erfinv(y: number): number {
  const size = Math.abs(y);
  if (size >= 1) return size === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN;
  let x: number;
  if (size <= 0.7) x = (y * polynomial(y * y, nearP)) / polynomial(y * y, nearQ);
  else {
    const z = Math.sqrt(-Math.log((1 - size) / 2));
    x = (Math.sign(y) * polynomial(z, farP)) / polynomial(z, farQ);
  }
  for (let i = 0; i < 2; i++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
  return x;
}

/** Share of a standard normal below x. */
const below = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;

/**
 * N(mean, std²) cut to [a, b], in place: values outside are not drawn. a and b are values, not multiples of std.
 * One draw an element, turned into a normal by the inverse error function; torch's agrees to 4e-7·std.
 *
 * Options  mean 0, std 1, a −2, b 2; generator, by default the one that manualSeed() sets.
 * Throws   ArgumentError "std" unless std > 0, "range" unless a < b.
 * Source   torch.nn.init.trunc_normal_.
 *
 * @example
 * const weight = nn.init.truncNormal_(empty([1000]), 0, 1, -0.5, 0.5);
 * await abs(weight).amax().item(); // 0.5
 */
export function truncNormal_<T extends Tensor>(
  t: T,
  mean = 0,
  std = 1,
  a = -2,
  b = 2,
  options: { /** Default: the one that manualSeed() sets. */ generator?: Generator } = {},
): T {
  checkKnown("truncNormal_", options, { generator: 0 });
  if (!(std > 0)) throw new ArgumentError("truncNormal_", "std", say`std must be > 0, got ${{ std }}.`);
  if (!(a < b)) throw new ArgumentError("truncNormal_", "range", say`a must be below b, got ${{ a }} and ${{ b }}.`);
  const generator = options.generator ?? defaultGenerator;
  const values = new Float32Array(t.numel);
  const low = below((a - mean) / std);
  const high = below((b - mean) / std);
  if (skipsUniform(generator, values.length)) return noGrad(() => fill_(t, 0)) as T;
  fillUniform(generator, values, 2 * low - 1, 2 * high - 1);
  for (let i = 0; i < values.length; i++) {
    const x = mean + std * Math.SQRT2 * erfinv(values[i]!);
    values[i] = Math.min(Math.max(x, a), b);
  }
  noGrad(() => t.write(values));
  return t;
}
