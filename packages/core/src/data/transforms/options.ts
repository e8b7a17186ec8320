/** @file Checks that the transforms' options share. */
import type { Pair } from "../../base/shape.ts";
import { ArgumentError, say } from "../../errors/errors.ts";

/** `32` → [32, 32]; refuses anything but whole numbers from 1. */
export function sizePair(where: string, size: number | readonly number[]): Pair {
  const [height, width] = typeof size === "number" ? [size, size] : Array.isArray(size) ? (size as number[]) : [];
  if (!isCount(height) || !isCount(width) || (Array.isArray(size) && size.length !== 2))
    throw new ArgumentError(
      where,
      "size",
      `size must be a whole number from 1, or [height, width] of such; got ${JSON.stringify(size)}.`,
    );
  return [height, width];
}

export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** Refuses a probability outside 0..1. */
export function checkProbability(where: string, p: number): number {
  if (typeof p !== "number" || !(p >= 0 && p <= 1))
    throw new ArgumentError(where, "probability", say`p must lie between 0 and 1, got ${{ p }}.`);
  return p;
}

/** torch's four numbers (left, top, right, bottom) from one, two (left/right, top/bottom) or four. */
export function paddingSides(
  where: string,
  padding: number | readonly number[],
): readonly [number, number, number, number] {
  const list: readonly number[] = typeof padding === "number" ? [padding] : Array.isArray(padding) ? padding : [];
  const [a, b = a, c = a, d = b] = list;
  if (![1, 2, 4].includes(list.length) || !list.every((side) => Number.isInteger(side) && side >= 0))
    throw new ArgumentError(
      where,
      "padding",
      `padding must be one, two (left/right, top/bottom) or four (left, top, right, bottom) whole numbers from 0; got ${JSON.stringify(padding)}.`,
    );
  return [a!, b!, c!, d!];
}

/** Numbers rounded to float32 once, as torch holds them. */
export function floats(where: string, what: string, values: number | readonly number[]): Float32Array {
  const list = Float32Array.from(typeof values === "number" ? [values] : values);
  if (list.length === 0 || !list.every(Number.isFinite))
    throw new ArgumentError(
      where,
      what,
      `${what} must be a finite number, or a list with one a channel; got ${JSON.stringify(values)}.`,
    );
  return list;
}

/** Python's round: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}
