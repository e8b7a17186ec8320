/** @file What looks at single values or their counts: invert, posterize, solarize, autocontrast, equalize. */

import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { boundOf, clamp, mapValues } from "./values.ts";

const { floor, fround } = Math;

/**
 * 255 − x of bytes, 1 − x of floats.
 *
 * Source  torchvision.transforms.v2.functional.invert.
 *
 * @example
 * invert({ data: Uint8Array.of(0, 100, 255), channels: 1, height: 1, width: 3 }).data; // [255, 155, 0]
 */
export function invert(picture: Picture): Picture {
  const bound = boundOf(picture);
  return mapValues(picture, (value) => bound - value);
}

/**
 * Keeps the upper `bits` of each byte; floats are brought down to 2^bits levels.
 *
 * Throws  ArgumentError "bits" unless a whole number from 0 to 8.
 * Source  torchvision.transforms.v2.functional.posterize.
 *
 * @example
 * posterize({ data: Uint8Array.of(0, 100, 255), channels: 1, height: 1, width: 3 }, 2).data; // [0, 64, 192]
 */
export function posterize(picture: Picture, bits: number): Picture {
  if (!(Number.isInteger(bits) && bits >= 0 && bits <= 8))
    throw new ArgumentError("posterize", "bits", `bits must be a whole number from 0 to 8, got ${bits}.`);
  const mask = 256 - 2 ** (8 - bits);
  if (picture.data instanceof Uint8Array) return mapValues(picture, (value) => value & mask);
  const levels = 2 ** bits;
  return mapValues(picture, (value) => clamp(floor(fround(value * levels)), levels - 1) / levels);
}

/**
 * Inverts every value from `threshold` on.
 *
 * Throws  ArgumentError "threshold" above 255 (of floats: 1).
 * Source  torchvision.transforms.v2.functional.solarize.
 *
 * @example
 * solarize({ data: Uint8Array.of(0, 100, 255), channels: 1, height: 1, width: 3 }, 128).data; // [0, 100, 0]
 */
export function solarize(picture: Picture, threshold: number): Picture {
  const bound = boundOf(picture);
  if (!(threshold <= bound))
    throw new ArgumentError("solarize", "threshold", `the threshold must be at most ${bound}, got ${threshold}.`);
  const limit = fround(threshold);
  return mapValues(picture, (value) => (value >= limit ? bound - value : value));
}

/**
 * Stretches each channel so that its darkest value becomes 0 and its lightest 255 (floats: 1); one of a single value
 * stays.
 *
 * Source  torchvision.transforms.v2.functional.autocontrast.
 *
 * @example
 * autocontrast({ data: Uint8Array.of(50, 70, 100), channels: 1, height: 1, width: 3 }).data; // [0, 102, 255]
 */
export function autocontrast(picture: Picture): Picture {
  const { data, channels, height, width } = picture;
  const plane = height * width;
  const bound = boundOf(picture);
  const low: number[] = [];
  const scale: number[] = [];
  for (let c = 0; c < channels; c++) {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = c * plane; i < (c + 1) * plane; i++) {
      const value = data[i]!;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const flat = !(most > least);
    low.push(flat ? 0 : least);
    scale.push(flat ? 1 : fround(fround(1 / fround(most - least)) * bound)); // torch divides a number so
  }
  return mapValues(picture, (value, c) => clamp(fround(fround(value - low[c]!) * scale[c]!), bound));
}

/**
 * Spreads the bytes of each channel so that their counts come out even.
 *
 * Throws  ArgumentError "dtype" for floats: counting wants bytes.
 * Source  torchvision.transforms.v2.functional.equalize; PIL.ImageOps.equalize.
 *
 * @example
 * const half = Uint8Array.from({ length: 512 }, (_, i) => (i < 256 ? 100 : 110)); // two greys, much alike
 * equalize({ data: half, channels: 1, height: 2, width: 256 }).data.slice(255, 257); // [0, 255]
 */
export function equalize(picture: Picture): Picture {
  const { data, channels, height, width } = picture;
  if (!(data instanceof Uint8Array))
    throw new ArgumentError(
      "equalize",
      "dtype",
      "the picture holds floats, equalize wants bytes: put it before toTensor().",
    );
  const plane = height * width;
  const tables = Array.from({ length: channels }, (_, c) => equalizing(data.subarray(c * plane, (c + 1) * plane)));
  return mapValues(picture, (value, c) => tables[c]![value]!);
}

function equalizing(values: Uint8Array): Uint8Array {
  const counts = new Int32Array(256);
  let last = 0;
  for (const value of values) {
    counts[value]!++;
    if (value > last) last = value;
  }
  const table = Uint8Array.from({ length: 256 }, (_, i) => i);
  const step = floor((values.length - counts[last]!) / 255);
  if (step === 0) return table;
  let sum = 0;
  for (let i = 0; i < 256; i++) {
    table[i] = Math.min(255, floor((sum + floor(step / 2)) / step));
    sum += counts[i]!;
  }
  table[0] = 0;
  return table;
}
