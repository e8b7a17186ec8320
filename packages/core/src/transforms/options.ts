/** @file Checks of options, and the shape that most transforms here have. */

import { defaultGenerator } from "../base/rng/index.ts";
import type { Picture, RandomSource, Transform, TransformSpec } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";

/** A transform whose pictures keep their size. `json` is its name and its options. */
export function sameSize(
  json: TransformSpec,
  random: boolean,
  run: (picture: Picture, random: RandomSource) => Picture,
): Transform {
  return {
    name: json.name,
    random,
    apply: (picture, source = defaultGenerator) => run(picture, source),
    outputShape: (shape) => shape,
    toJSON: () => json,
  };
}

/** [low, high] with least ≤ low ≤ high ≤ most. */
export function range(
  where: string,
  what: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): readonly [number, number] {
  const [low, high] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high && low >= least && high <= most)) {
    const limits = `${Number.isFinite(least) ? ` from ${least}` : ""}${Number.isFinite(most) ? ` to ${most}` : ""}`;
    throw new ArgumentError(
      where,
      what,
      `${what} must be [low, high]${limits}, the lower one first, got ${JSON.stringify(value)}.`,
    );
  }
  return [low, high];
}

/** v as [−v, v], or [low, high]. */
export function aroundZero(where: string, what: string, value: unknown): readonly [number, number] {
  return typeof value === "number" && value >= 0 ? range(where, what, [-value, value]) : range(where, what, value);
}

/** A whole number from `least` to `most`. */
export function whole(
  where: string,
  what: string,
  value: unknown,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const limit = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  throw new ArgumentError(
    where,
    what,
    `${what} must be a whole number from ${least}${limit}, got ${JSON.stringify(value)}.`,
  );
}

/** One of a few names. */
export function choice<T extends string>(where: string, what: string, value: unknown, names: readonly T[]): T {
  if (names.includes(value as T)) return value as T;
  throw new ArgumentError(where, what, `${what} must be one of ${names.join(", ")}, got ${JSON.stringify(value)}.`);
}

/** A probability. */
export function probability(where: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new ArgumentError(where, "probability", `p must lie between 0 and 1, got ${JSON.stringify(value)}.`);
}
