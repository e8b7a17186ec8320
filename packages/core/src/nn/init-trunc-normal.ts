import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator, fillUniform, type Generator } from "../base/rng/index.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { erf } from "../kernels/reference/erf.ts";
import { fill_ } from "../ops/in-place.ts";
import { skipsUniform } from "./init-skip.ts";

// Wichura 1988, algorithm AS 241 (PPND16): the normal distribution's inverse as quotients of polynomials, to 1e-16.

/** For |q| ≤ 0.425, q = p − ½. */
function middle(q: number): number {
  const r = 0.180625 - q * q;
  let top = 2509.0809287301227 * r + 33430.57558358813;
  top = top * r + 67265.7709270087;
  top = top * r + 45921.95393154987;
  top = top * r + 13731.69376550946;
  top = top * r + 1971.5909503065513;
  top = top * r + 133.14166789178438;
  top = top * r + 3.3871328727963665;
  let bottom = 5226.495278852854 * r + 28729.085735721943;
  bottom = bottom * r + 39307.89580009271;
  bottom = bottom * r + 21213.794301586597;
  bottom = bottom * r + 5394.196021424751;
  bottom = bottom * r + 687.1870074920579;
  bottom = bottom * r + 42.31333070160091;
  bottom = bottom * r + 1;
  return (q * top) / bottom;
}

/** For a share p of 0.075 and less, down to 1e-11: farther than 24 bits reach. */
function tail(p: number): number {
  const r = Math.sqrt(-Math.log(p)) - 1.6;
  let top = 0.0007745450142783414 * r + 0.022723844989269184;
  top = top * r + 0.2417807251774506;
  top = top * r + 1.2704582524523684;
  top = top * r + 3.6478483247632045;
  top = top * r + 5.769497221460691;
  top = top * r + 4.630337846156546;
  top = top * r + 1.4234371107496835;
  let bottom = 1.0507500716444169e-9 * r + 0.0005475938084995345;
  bottom = bottom * r + 0.015198666563616457;
  bottom = bottom * r + 0.14810397642748008;
  bottom = bottom * r + 0.6897673349851;
  bottom = bottom * r + 1.6763848301838038;
  bottom = bottom * r + 2.053191626637759;
  bottom = bottom * r + 1;
  return top / bottom;
}

/** The x with share (1 + y)/2 of a standard normal below it: √2·erfinv(y). y is a float32 from [−1, 1]. */
function normalQuantile(y: number): number {
  const size = Math.abs(y);
  if (size <= 0.85) return middle(y / 2);
  return Math.sign(y) * (size < 1 ? tail((1 - size) / 2) : Number.POSITIVE_INFINITY);
}

/** Share of a standard normal below x. */
const below = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;

/**
 * N(mean, std²) cut to [a, b], in place: values outside are not drawn. a and b are values, not multiples of std.
 * One draw an element, turned into a normal by the inverse of its distribution; torch's agrees to
 * 4e-7·std, and to 2e-6·std beyond three of them.
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
    const x = mean + std * normalQuantile(values[i]!);
    values[i] = Math.min(Math.max(x, a), b);
  }
  noGrad(() => t.write(values));
  return t;
}
