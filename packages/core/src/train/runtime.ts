/** @file What training needs from whatever it runs in, without the types of Node or the browser. */

/** The part of an AbortSignal that is looked at. */
export interface StopSignal {
  readonly aborted: boolean;
}

/** Milliseconds from some start, as fine as the runtime has them. */
export function now(): number {
  const { performance } = globalThis as unknown as { performance?: { now(): number } };
  return performance?.now() ?? Date.now();
}
