/** @file Mean and standard deviation of a picture set, channel by channel: what normalize wants. */
import { ArgumentError } from "../errors/errors.ts";
import type { ImageSet } from "./dataset.ts";

/** Per channel, in units of 0..1 (after toTensor). */
export interface MeanStd {
  readonly mean: number[];
  readonly std: number[];
}

/**
 * Mean and standard deviation over every pixel of the set, per channel: m = Σx / n, s = √(Σ(x − m)² / n), in units of
 * 0..1. Exact: values are counted, and whole numbers added. A channel of one single value has std 1, so that normalize
 * stays finite.
 *
 * Throws  ArgumentError "empty" for a set of 0 pictures.
 *
 * @example
 * const set = new ArrayImageSet(Uint8Array.of(0, 255, 255, 0), [0, 1], [1, 1, 2], ["left", "right"]);
 * const { mean, std } = meanStd(set);
 * console.log(mean, std); // [ 0.5 ] [ 0.5 ]
 * const transform = compose([toTensor(), normalize(mean, std)]);
 */
export function meanStd(set: ImageSet): MeanStd {
  if (set.length === 0)
    throw new ArgumentError("meanStd", "empty", "a set of 0 pictures has no mean: give at least one.");
  const { channels, pixels } = set;
  const plane = set.height * set.width;
  const counts = new Float64Array(channels * 256);
  for (let i = 0; i < set.length; i++) {
    let at = set.offset(i);
    for (let c = 0; c < channels; c++) {
      const table = c << 8;
      for (const end = at + plane; at < end; at++) counts[table | pixels[at]!]!++;
    }
  }
  const mean: number[] = [];
  const std: number[] = [];
  const total = set.length * plane;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let value = 0; value < 256; value++) sum += value * counts[(c << 8) | value]!;
    const average = sum / total;
    let squares = 0;
    for (let value = 0; value < 256; value++) squares += (value - average) ** 2 * counts[(c << 8) | value]!;
    mean.push(average / 255);
    std.push(Math.sqrt(squares / total) / 255 || 1);
  }
  return { mean, std };
}
