/** @file Making tensors of random numbers, with torch's bits. */
import { checkKnown, type Known } from "../base/known-options.ts";
import {
  defaultGenerator,
  randint as drawIntegers,
  randperm as drawPermutation,
  fillBernoulliTensor,
  fillNormal,
  fillUniform,
  type Generator,
} from "../base/rng/index.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { converted, finish, known, type Made, make, type TensorOptions, tensor } from "./create.ts";
import type { Tensor } from "./tensor.ts";
import { hostSegment } from "./watch.ts";

/** What the functions that draw random numbers take. */
export interface RandomOptions extends TensorOptions {
  /** Default: the generator that manualSeed() sets. */
  generator?: Generator;
}

const knownRandom: Known<RandomOptions> = { ...known, generator: 0 };

function drawn(
  where: string,
  shape: Shape,
  options: RandomOptions,
  draw: (generator: Generator, out: Float32Array) => void,
): Tensor {
  checkKnown(where, options, knownRandom);
  const filled = hostSegment(() => {
    const t = make(shape, options, "float32");
    const values = new Float32Array(t.numel);
    draw(options.generator ?? defaultGenerator, values);
    t.backend.write(t.memory, values);
    return t;
  });
  return finish(filled, options);
}

/**
 * Independent draws, uniform on [0, 1), float32: torch's bits on the CPU for the same seed.
 *
 * Options  generator: the one that manualSeed() sets.
 * Throws   as full().
 * Source   torch.rand.
 *
 * @example
 * manualSeed(0);
 * await rand([2]).tolist(); // [0.4963, 0.7682]
 */
export function rand<S extends Shape>(shape: S, options?: RandomOptions): Tensor<Made<S>>;
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawn("rand", shape, options, (generator, out) => fillUniform(generator, out, 0, 1));
}

/**
 * Independent draws of the standard normal distribution (mean 0, variance 1), float32: torch's bits on the CPU for
 * the same seed.
 *
 * Options  generator: the one that manualSeed() sets.
 * Throws   as full().
 * Source   torch.randn.
 *
 * @example
 * manualSeed(0);
 * await randn([2]).tolist(); // [1.5410, -0.2934]
 */
export function randn<S extends Shape>(shape: S, options?: RandomOptions): Tensor<Made<S>>;
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawn("randn", shape, options, (generator, out) => fillNormal(generator, out, 0, 1));
}

/**
 * Whole numbers from `low` up to but not including `high`, each as likely: torch's on the CPU for the same seed (from
 * a range of 2²⁸ on, torch 2 draws others).
 *
 * dtype    int32 (torch: int64).
 * Options  generator: the one that manualSeed() sets.
 * Throws   ArgumentError "range" unless low < high are whole numbers that the dtype holds; else as full().
 * Source   torch.randint.
 *
 * @example
 * manualSeed(0);
 * await randint(0, 10, [5]).tolist(); // [4, 9, 3, 0, 3]
 */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkKnown("randint", options, knownRandom);
  if (!(high > low))
    throw new ArgumentError("randint", "range", say`high ${{ high }} must be greater than low ${{ low }}.`);
  const most = options.dtype === "uint8" ? 255 : options.dtype === "bool" ? 1 : undefined;
  if (most !== undefined && (low < 0 || high > most + 1))
    throw new ArgumentError(
      "randint",
      "range",
      say`${options.dtype!} holds 0 to ${{ most }}, but the draws are from ${{ low }} to ${{ last: high - 1 }}.`,
    );
  const filled = hostSegment(() => {
    const t = make(shape, options, "int32");
    const values = new Int32Array(t.numel);
    drawIntegers(options.generator ?? defaultGenerator, low, high, values);
    return t.write(converted(values, t.dtype));
  });
  return finish(filled, options);
}

/**
 * A random order of 0 … n − 1: torch's on the CPU for the same seed.
 *
 * dtype    int32 (torch: int64).
 * Options  generator: the one that manualSeed() sets.
 * Throws   ArgumentError "count" unless n is a whole number from 0 to 2³¹ − 1.
 * Source   torch.randperm.
 *
 * @example
 * manualSeed(0);
 * await randperm(5).tolist(); // [4, 0, 1, 3, 2]
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  checkKnown("randperm", options, knownRandom);
  const { generator = defaultGenerator, dtype = "int32", ...rest } = options;
  return hostSegment(() => tensor(drawPermutation(generator, n), { ...rest, dtype }));
}

/**
 * 1 with each element's probability, else 0, float32: torch's on the CPU for the same seed. Waits for `probabilities`.
 *
 * Options  generator: the one that manualSeed() sets.
 * Throws   ArgumentError "probability" for one outside [0, 1].
 * Source   torch.bernoulli.
 *
 * @example
 * const kept = await bernoulli(tensor([0, 1, 1]));
 * await kept.tolist(); // [0, 1, 1]
 */
export async function bernoulli(probabilities: Tensor, options: { generator?: Generator } = {}): Promise<Tensor> {
  checkKnown("bernoulli", options, { generator: 0 });
  const p = (await probabilities.toArray()) as Float32Array;
  const out = new Float32Array(p.length);
  fillBernoulliTensor(options.generator ?? defaultGenerator, p, out);
  return tensor(out, { shape: probabilities.shape, device: probabilities.backend });
}
