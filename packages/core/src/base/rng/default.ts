/** @file The generator that everything draws from unless told otherwise. */
import { Generator } from "./generator.ts";

/** Seeded from the machine's randomness at start, as torch's; `manualSeed` makes what follows repeatable. */
export const defaultGenerator = new Generator();
defaultGenerator.seed();

/**
 * Seeds the default generator, as `torch.manual_seed(seed)`, and returns it.
 * Throws ArgumentError "seed" unless −2^63 ≤ seed < 2^64 is an integer.
 *
 * @example
 * manualSeed(0);
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}
