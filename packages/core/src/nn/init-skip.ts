import type { Generator } from "../base/rng/index.ts";

let depth = 0;

/**
 * Makes modules whose weights are overwritten at once, by a file or by initial values of one's own: the random
 * initialisers leave 0 where they would have drawn. The generator goes on as if they had, so what is drawn later is the same.
 *
 * Returns  what `build` makes. It must not be async.
 * Source   torch.nn.utils.skip_init, for whole networks.
 *
 * @example
 * const net = nn.init.skipInit(() => new nn.Linear(64, 2));
 * await net.weight.amax().item(); // 0
 */
export function skipInit<T>(build: () => T): T {
  depth++;
  try {
    return build();
  } finally {
    depth--;
  }
}

/** Whether these draws are to be left out; the generator has gone past them then. Few are not worth it. @internal */
export function skipsUniform(generator: Generator, count: number): boolean {
  if (depth === 0 || count < 16) return false;
  generator.skip(count);
  return true;
}

/** The same for normal numbers, of which the last 16 are made twice where the count is no multiple. @internal */
export function skipsNormal(generator: Generator, count: number): boolean {
  return skipsUniform(generator, count < 16 || count % 16 === 0 ? count : count + 16);
}
