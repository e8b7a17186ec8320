/** @file Random integers, permutations and the shuffling order of torch's DataLoader. */
import { ArgumentError, say } from "../../errors/errors.ts";
import { Generator } from "./generator.ts";

/**
 * Fills `out` with integers from [low, high), the numbers of `torch.randint(low, high)`.
 *
 * value = draw mod (high − low) + low; one draw of 32 bits each, or one of 64 bits from a range of 2^32 on
 * (torch 2.x takes 64 bits already from 2^28 on; smaller ranges are the same there).
 * Throws ArgumentError "range" unless low < high are integers that `out` can hold.
 *
 * @example
 * randint(new Generator(0), 0, 10, new Int32Array(5));  // [4, 9, 3, 0, 3]
 */
export function randint<T extends Int32Array | BigInt64Array>(
  gen: Generator,
  low: number | bigint,
  high: number | bigint,
  out: T,
): T {
  const bits = out instanceof Int32Array ? 31n : 63n;
  const isWhole = (x: number | bigint) => typeof x === "bigint" || Number.isSafeInteger(x);
  if (!isWhole(low) || !isWhole(high) || low >= high || low < -(2n ** bits) || high > 2n ** bits)
    throw new ArgumentError(
      "randint",
      "range",
      `low and high must be integers with low < high, from -2^${bits} to 2^${bits}; got ${low} and ${high}.`,
    );
  const range = BigInt(high) - BigInt(low);
  if (out instanceof Int32Array) {
    const [base, span] = [Number(low), Number(range)];
    if (span < 2 ** 32) for (let i = 0; i < out.length; i++) out[i] = (gen.random() % span) + base;
    else for (let i = 0; i < out.length; i++) out[i] = Number(gen.random64() & 0xffffffffn) + base;
  } else {
    const [base, span] = [BigInt(low), range];
    if (span < 2n ** 32n) {
      const small = Number(span);
      for (let i = 0; i < out.length; i++) out[i] = BigInt(gen.random() % small) + base;
    } else for (let i = 0; i < out.length; i++) out[i] = (gen.random64() % span) + base;
  }
  return out;
}

/**
 * A random order of 0 … n − 1, the numbers of `torch.randperm(n)`; n − 1 draws.
 * Throws ArgumentError "count" unless n is a non-negative integer below 2^31.
 *
 * @example
 * randperm(new Generator(0), 5);  // [4, 0, 1, 3, 2]
 */
export function randperm(gen: Generator, n: number): Int32Array {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31)
    throw new ArgumentError("randperm", "count", say`n must be an integer from 0 to 2^31 - 1, got ${{ n }}.`);
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const other = i + (gen.random() % (n - i));
    const held = order[i]!;
    order[i] = order[other]!;
    order[other] = held;
  }
  return order;
}

/**
 * The order in which `DataLoader(shuffle=True)` visits n samples in the epoch that starts now; `gen` is the default generator.
 *
 * The loader draws a 64-bit seed for its workers, the sampler draws a second one, seeds a private generator with it and
 * takes that one's `randperm(n)`: four draws from `gen`, whatever n is.
 *
 * @example
 * shuffleOrder(new Generator(0), 5);  // [1, 4, 2, 3, 0]
 */
export function shuffleOrder(gen: Generator, n: number): Int32Array {
  for (let i = 0; i < 3; i++) gen.random();
  const lowWord = gen.random(); // all of the second seed that reaches the engine
  return randperm(new Generator(lowWord), n);
}

/**
 * The order of an epoch of `DataLoader(shuffle=True, generator=gen)`, a loader with a generator of its own.
 *
 * The worker seed (two draws) and then the permutation itself come from `gen`; the sampler ends by making a second
 * permutation of which it uses nothing. So an epoch takes 2 + 2·(n − 1) draws.
 *
 * Source  torch/utils/data/sampler.py, RandomSampler.__iter__.
 *
 * @example
 * shuffleOrderOwn(new Generator(7), 5);  // [1, 3, 0, 4, 2]
 */
export function shuffleOrderOwn(gen: Generator, n: number): Int32Array {
  gen.random64();
  const order = randperm(gen, n);
  for (let i = 0; i < n - 1; i++) gen.random();
  return order;
}
