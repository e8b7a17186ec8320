/** @file Brightness, contrast, saturation and grey, with the rounding of torchvision's tensors. */

import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { arrayLike, boundOf, checkColours, checkFactor, clamp, mapValues } from "./values.ts";

const { fround } = Math;
const [RED, GREEN, BLUE] = [fround(0.2989), fround(0.587), fround(0.114)];

/**
 * factor · x: 0 is black, 1 the same picture.
 *
 * Throws  ArgumentError "factor" below 0.
 * Source  torchvision.transforms.v2.functional.adjust_brightness.
 *
 * @example
 * const picture = { data: Uint8Array.of(10, 200), channels: 1, height: 1, width: 2 };
 * adjustBrightness(picture, 1.5).data; // [15, 255]
 */
export function adjustBrightness(picture: Picture, factor: number): Picture {
  checkFactor("adjustBrightness", factor);
  const [scale, bound] = [fround(factor), boundOf(picture)];
  return mapValues(picture, (value) => clamp(fround(scale * value), bound));
}

/**
 * factor · x + (1 − factor) · m, m the mean of the grey picture: 0 is all grey, 1 the same picture.
 *
 * Throws  ArgumentError "factor" below 0, "channels".
 * Source  torchvision.transforms.v2.functional.adjust_contrast.
 *
 * @example
 * const picture = { data: Uint8Array.of(100, 200), channels: 1, height: 1, width: 2 };
 * adjustContrast(picture, 0).data; // [150, 150]
 * adjustContrast(picture, 2).data; // [50, 250]
 */
export function adjustContrast(picture: Picture, factor: number): Picture {
  checkFactor("adjustContrast", factor);
  checkColours("adjustContrast", picture);
  const grey = picture.channels === 3 ? greyPlane(picture) : picture.data;
  let sum = 0;
  for (let i = 0; i < grey.length; i++) sum += grey[i]!;
  const [scale, bound] = [fround(factor), boundOf(picture)];
  const shift = fround(fround(1 - factor) * fround(sum / grey.length));
  return mapValues(picture, (value) => clamp(fround(fround(scale * value) + shift), bound));
}

/**
 * factor · x + (1 − factor) · grey(x), pixel by pixel: 0 is grey, 1 the same picture. Grey pictures stay as they are.
 *
 * Throws  ArgumentError "factor" below 0, "channels".
 * Source  torchvision.transforms.v2.functional.adjust_saturation.
 *
 * @example
 * const red = { data: Uint8Array.of(255, 0, 0), channels: 3, height: 1, width: 1 };
 * adjustSaturation(red, 0).data; // [76, 76, 76]
 * adjustSaturation(red, 0.5).data; // [165, 38, 38]
 */
export function adjustSaturation(picture: Picture, factor: number): Picture {
  checkFactor("adjustSaturation", factor);
  checkColours("adjustSaturation", picture);
  if (picture.channels === 1) return picture;
  const { data } = picture;
  const plane = picture.height * picture.width;
  const [scale, rest, bound] = [fround(factor), fround(1 - factor), boundOf(picture)];
  const grey = greyPlane(picture);
  const out = arrayLike(picture);
  for (let c = 0, k = 0; c < 3; c++)
    for (let i = 0; i < plane; i++, k++)
      out[k] = clamp(fround(fround(scale * data[k]!) + fround(rest * grey[i]!)), bound);
  return { ...picture, data: out };
}

/**
 * 0.2989 R + 0.587 G + 0.114 B (bytes: without the fraction), in one channel or three times the same.
 *
 * Throws  ArgumentError "channels" unless the picture and the result have 1 or 3.
 * Source  torchvision.transforms.v2.functional.rgb_to_grayscale. Pillow's grey, which rounds, is `toChannels`.
 *
 * @example
 * rgbToGrayscale({ data: Uint8Array.of(255, 0, 0), channels: 3, height: 1, width: 1 }).data; // [76]
 */
export function rgbToGrayscale(picture: Picture, channels: 1 | 3 = 1): Picture {
  checkColours("rgbToGrayscale", picture);
  if (channels !== 1 && channels !== 3)
    throw new ArgumentError("rgbToGrayscale", "channels", `the result has 1 or 3 channels, not ${channels}.`);
  const grey = picture.channels === 3 ? greyPlane(picture) : picture.data;
  if (channels === 1) return { ...picture, data: grey, channels };
  const data = arrayLike(picture, 3 * grey.length);
  for (let c = 0; c < 3; c++) data.set(grey, c * grey.length);
  return { ...picture, data, channels };
}

function greyPlane(picture: Picture): Uint8Array | Float32Array {
  const { data, height, width } = picture;
  const plane = height * width;
  const out = arrayLike(picture, plane);
  for (let i = 0; i < plane; i++)
    out[i] = fround(
      fround(fround(RED * data[i]!) + fround(GREEN * data[plane + i]!)) + fround(BLUE * data[2 * plane + i]!),
    );
  return out;
}
