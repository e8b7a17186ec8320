/** @file The Mersenne Twister (mt19937) seeded and read as torch's CPU generator does. */
import { ArgumentError, say } from "../../errors/errors.ts";

const WORDS = 624;
const SHIFT = 397;

/** Everything that decides what comes next; a plain object for checkpoints and `structuredClone`. */
export interface GeneratorState {
  /** The 624 words of the engine. */
  readonly words: Uint32Array;
  /** How many of the current 624 outputs are used up, 0 to 624. */
  readonly position: number;
  /** The second half of the last pair of normals, if it is still to be given out. */
  readonly cachedNormal: number | null;
  /** The seed last set, in decimal (it can exceed 2^53). */
  readonly seed: string;
}

/** The seed of `new Generator()`, torch's `default_rng_seed_val`. */
export const DEFAULT_SEED = 67280421310721n;

/**
 * A stream of random numbers: the same seed gives the bits of `torch.Generator().manual_seed(seed)` on the CPU.
 *
 * Seeds       integers from −2^63 to 2^64 − 1; negative ones count modulo 2^64. Only the low 32 bits reach the engine,
 *             so 1 and 2^40 + 1 give the same stream, as in torch.
 * Not secret  mt19937 can be predicted from its outputs; never use it for keys.
 * Throws      ArgumentError "seed" for anything else than an integer in that range.
 * Source      Matsumoto & Nishimura 1998; torch's aten/src/ATen/core/MT19937RNGEngine.h.
 *
 * @example
 * const gen = new Generator(0);
 * gen.random();  // 2357136044
 */
export class Generator {
  readonly #words = new Uint32Array(WORDS);
  /** The outputs made from the current words; `position` of them have been given out. For the fill loops of this folder. */
  readonly outputs = new Uint32Array(WORDS);
  /** How many of `outputs` are used up. For the fill loops of this folder. */
  position = WORDS;
  /** A standard normal made but not given out (they are made in pairs); before mean and std. */
  cachedNormal: number | null = null;
  #seed = DEFAULT_SEED;

  constructor(seed: number | bigint = DEFAULT_SEED) {
    this.manualSeed(seed);
  }

  /** Starts the stream again from `seed`, forgets a cached normal, and returns this generator. */
  manualSeed(seed: number | bigint): this {
    this.#seed = checkSeed(seed);
    const words = this.#words;
    let x = Number(this.#seed & 0xffffffffn) | 0;
    words[0] = x;
    for (let i = 1; i < WORDS; i++) {
      x = (Math.imul(1812433253, x ^ (x >>> 30)) + i) | 0;
      words[i] = x;
    }
    this.position = WORDS;
    this.cachedNormal = null;
    return this;
  }

  /** Seeds from the machine's own randomness and returns the seed, as `torch.Generator.seed()`. */
  seed(): bigint {
    const high = BigInt(Math.floor(Math.random() * 2 ** 32));
    this.manualSeed((high << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32)));
    return this.#seed;
  }

  /** The seed last set, 0 to 2^64 − 1. */
  initialSeed(): bigint {
    return this.#seed;
  }

  /** The next 32 bits, 0 to 2^32 − 1. */
  random(): number {
    if (this.position === WORDS) this.refill();
    return this.outputs[this.position++]!;
  }

  /** The next 64 bits; the first 32-bit draw is the high word. */
  random64(): bigint {
    const high = BigInt(this.random());
    return (high << 32n) | BigInt(this.random());
  }

  /** A float32 in [0, 1), from 24 bits of one draw. */
  uniform24(): number {
    return (this.random() & 0xffffff) * 2 ** -24;
  }

  /** A double in [0, 1), from 53 bits of two draws. */
  uniform53(): number {
    const high = this.random() & 0x1fffff;
    return (high * 2 ** 32 + this.random()) * 2 ** -53;
  }

  /** A standard normal in double precision (Box-Muller, two at a time, the second kept for the next call). */
  normal(): number {
    const cached = this.cachedNormal;
    if (cached !== null) {
      this.cachedNormal = null;
      return cached;
    }
    const theta = 2 * Math.PI * this.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform53()));
    this.cachedNormal = radius * Math.sin(theta);
    return radius * Math.cos(theta);
  }

  /** A copy of what decides the future of the stream. */
  getState(): GeneratorState {
    return {
      words: this.#words.slice(),
      position: this.position,
      cachedNormal: this.cachedNormal,
      seed: this.#seed.toString(),
    };
  }

  /** Goes on from a state of `getState()`. Throws ArgumentError "state" if it is none. */
  setState(state: GeneratorState): this {
    const { words, position, cachedNormal, seed } = state;
    if (words.length !== WORDS)
      throw new ArgumentError(
        "Generator.setState",
        "state",
        say`a state has ${{ WORDS }} words, got ${{ count: words.length }}.`,
      );
    if (!Number.isInteger(position) || position < 0 || position > WORDS)
      throw new ArgumentError(
        "Generator.setState",
        "state",
        say`position must be 0 to ${{ WORDS }}, got ${{ position }}.`,
      );
    if (cachedNormal !== null && !Number.isFinite(cachedNormal))
      throw new ArgumentError(
        "Generator.setState",
        "state",
        say`cachedNormal must be finite or null, got ${{ cachedNormal }}.`,
      );
    if (!/^-?\d+$/.test(seed))
      throw new ArgumentError("Generator.setState", "state", say`seed must be a decimal integer, got "${{ seed }}".`);
    this.#seed = checkSeed(BigInt(seed));
    this.#words.set(words);
    this.#temper();
    this.position = position;
    this.cachedNormal = cachedNormal;
    return this;
  }

  /** Another generator that will give the same numbers from here on. */
  clone(): Generator {
    return new Generator().setState(this.getState());
  }

  /** Goes past `count` draws of 32 bits, at a fifth of what drawing them costs. */
  skip(count: number): void {
    let left = count - (WORDS - this.position);
    if (left <= 0) {
      this.position += count;
      return;
    }
    for (; left > WORDS; left -= WORDS) this.#twist();
    this.refill();
    this.position = left;
  }

  /** Makes the next 624 outputs. The fill loops call it when `position` has reached the end. */
  refill(): void {
    this.#twist();
    this.#temper();
    this.position = 0;
  }

  #twist(): void {
    const words = this.#words;
    let i = 0;
    for (; i < WORDS - SHIFT; i++) words[i] = words[i + SHIFT]! ^ twist(words[i]!, words[i + 1]!);
    for (; i < WORDS - 1; i++) words[i] = words[i + SHIFT - WORDS]! ^ twist(words[i]!, words[i + 1]!);
    words[i] = words[SHIFT - 1]! ^ twist(words[i]!, words[0]!);
  }

  #temper(): void {
    const words = this.#words;
    const outputs = this.outputs;
    for (let i = 0; i < WORDS; i++) {
      let y = words[i]! | 0;
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      outputs[i] = y ^ (y >>> 18);
    }
  }
}

function twist(a: number, b: number): number {
  const y = (a & 0x80000000) | (b & 0x7fffffff);
  return (y >>> 1) ^ (-(b & 1) & 0x9908b0df);
}

function checkSeed(seed: number | bigint): bigint {
  if (typeof seed === "number" && !Number.isSafeInteger(seed))
    throw new ArgumentError(
      "manualSeed",
      "seed",
      say`the seed must be an integer of at most 2^53 - 1 in magnitude, got ${{ seed }}; write a larger one as a bigint (${String(Number.isInteger(seed) ? BigInt(seed) : 0)}n).`,
    );
  const value = BigInt(seed);
  if (value < -(2n ** 63n) || value >= 2n ** 64n)
    throw new ArgumentError("manualSeed", "seed", `the seed must lie between -2^63 and 2^64 - 1, got ${value}.`);
  return BigInt.asUintN(64, value);
}
