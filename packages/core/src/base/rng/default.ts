/** @file The generator that everything draws from unless told otherwise. */
import { Generator } from "./generator.ts";

/** Seeded from the machine's randomness at start, as torch's; `manualSeed` makes what follows repeatable. */
export const defaultGenerator = new Generator();
defaultGenerator.seed();

/**
 * Seeds the default generator and returns it: what is drawn from then on can be repeated, and is torch's on the CPU.
 *
 * Throws  ArgumentError "seed" unless it is an integer, −2^63 ≤ seed < 2^64.
 * Source  torch.manual_seed.
 *
 * @example
 * manualSeed(0).random(); // 2357136044
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}
