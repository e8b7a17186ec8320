/** @file Tables and loops that the functional transforms share. */

import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";

/** The largest value of a picture: 255 of bytes, 1 of floats. */
export function boundOf({ data }: Picture): number {
  return data instanceof Uint8Array ? 255 : 1;
}

/** An array of the same kind. */
export function arrayLike({ data }: Picture, length = data.length): Uint8Array | Float32Array {
  return data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
}

/** Cut to 0..bound; bytes lose their fraction, as torch's cast does. */
export function clamp(value: number, bound: number): number {
  return value > 0 ? (value < bound ? value : bound) : 0;
}

/** A new value for every old one; bytes by a table of 256. `of` sees the channel, too, and is cut off downwards for bytes. */
export function mapValues(picture: Picture, of: (value: number, channel: number) => number): Picture {
  const { data, channels, height, width } = picture;
  const plane = height * width;
  if (data instanceof Float32Array) {
    const out = new Float32Array(data.length);
    for (let c = 0, i = 0; c < channels; c++) for (const end = i + plane; i < end; i++) out[i] = of(data[i]!, c);
    return { ...picture, data: out };
  }
  const out = new Uint8Array(data.length);
  const table = new Uint8Array(256);
  for (let c = 0, i = 0; c < channels; c++) {
    for (let value = 0; value < 256; value++) table[value] = of(value, c);
    for (const end = i + plane; i < end; i++) out[i] = table[data[i]!]!;
  }
  return { ...picture, data: out };
}

/** Refuses pictures that are neither grey nor colour, as torchvision does. */
export function checkColours(where: string, { channels }: Picture): void {
  if (channels !== 1 && channels !== 3)
    throw new ArgumentError(where, "channels", `a picture of 1 or 3 channels is wanted, this one has ${channels}.`);
}

/** Refuses factors below 0 and what is no number. */
export function checkFactor(where: string, factor: number): void {
  if (!(Number.isFinite(factor) && factor >= 0))
    throw new ArgumentError(where, "factor", `the factor must be a number from 0, got ${factor}.`);
}
