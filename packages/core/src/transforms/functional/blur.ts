/** @file Weighted means of neighbours: Gaussian blur, and sharpness against a smoothed picture. */

import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { arrayLike, boundOf, checkColours, checkFactor, clamp } from "./values.ts";

const { fround } = Math;

/**
 * Mean of the neighbours, weighted by exp(−x² / 2σ²); the edge mirrors (without itself).
 *
 * kernelSize, sigma  of x (columns) and y (rows), or one number for both; sizes are odd, sigma in pixels and by default
 *                    0.3 · ((size − 1) / 2 − 1) + 0.8. Bytes are rounded to the nearest.
 * Throws             ArgumentError "kernel-size", "sigma"; "size" for a picture not larger than half the kernel.
 * Source             torchvision.transforms.v2.functional.gaussian_blur.
 *
 * @example
 * const picture = { data: Float32Array.of(0, 0, 1, 0, 0), channels: 1, height: 1, width: 5 };
 * gaussianBlur(picture, [3, 1], 1).data; // [0, 0.274, 0.452, 0.274, 0]
 */
export function gaussianBlur(
  picture: Picture,
  kernelSize: number | readonly number[],
  sigma?: number | readonly number[],
): Picture {
  const sizes = kernelSizes("gaussianBlur", kernelSize);
  const given = typeof sigma === "number" ? [sigma, sigma] : sigma;
  const [kx, ky] = sizes.map((size, i) => {
    const width = given ? given[i] : 0.3 * ((size - 1) / 2 - 1) + 0.8;
    if (!(width !== undefined && width > 0 && Number.isFinite(width)))
      throw new ArgumentError(
        "gaussianBlur",
        "sigma",
        `sigma must be one or two numbers above 0, got ${JSON.stringify(sigma)}.`,
      );
    return gaussian(size, width);
  }) as [Float32Array, Float32Array];
  const { channels, height, width } = picture;
  if (kx.length >> 1 >= width || ky.length >> 1 >= height)
    throw new ArgumentError(
      "gaussianBlur",
      "size",
      `a kernel of ${kx.length}×${ky.length} (x × y) reaches over a picture of ${width}×${height}. Take a smaller one.`,
    );
  const across = mirrored(width, kx.length >> 1);
  const down = mirrored(height, ky.length >> 1);
  const rows = new Float32Array(channels * height * width);
  const { data } = picture;
  for (let row = 0, to = 0; row < channels * height; row++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kx.length; k++) sum += data[row * width + across[x + k]!]! * kx[k]!;
      rows[to++] = sum;
    }
  const out = new Float32Array(rows.length);
  const sums = new Float64Array(width);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++) {
      sums.fill(0);
      for (let k = 0; k < ky.length; k++) {
        const from = (c * height + down[y + k]!) * width;
        for (let x = 0; x < width; x++) sums[x] = sums[x]! + rows[from + x]! * ky[k]!;
      }
      out.set(sums, (c * height + y) * width);
    }
  if (!(data instanceof Uint8Array)) return { ...picture, data: out };
  return { ...picture, data: new Uint8Array(Uint8ClampedArray.from(out).buffer) }; // halves to even
}

/** [x, y] of odd kernel sizes. @internal */
export function kernelSizes(where: string, size: number | readonly number[]): [number, number] {
  const [x, y] = typeof size === "number" ? [size, size] : Array.isArray(size) ? (size as number[]) : [];
  for (const side of [x, y])
    if (!(Number.isInteger(side) && side! >= 1 && side! % 2 === 1))
      throw new ArgumentError(
        where,
        "kernel-size",
        `kernelSize must be one or two odd whole numbers from 1, got ${JSON.stringify(size)}.`,
      );
  return [x!, y!];
}

function gaussian(size: number, sigma: number): Float32Array {
  const half = (size - 1) / 2;
  const weights = Float32Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - half) / sigma) ** 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** 0 … size − 1 with `reach` more on both sides, mirrored at the edge pixels. */
function mirrored(size: number, reach: number): Int32Array {
  return Int32Array.from({ length: size + 2 * reach }, (_, i) => {
    const at = Math.abs(i - reach);
    return at < size ? at : 2 * (size - 1) - at;
  });
}

/**
 * factor · x + (1 − factor) · smooth(x), smooth the 3×3 mean with the middle counted five times: 0 is smooth, 1 the
 * same picture, 2 sharper. The outermost pixels, and pictures of two rows or columns, stay as they are.
 *
 * Throws  ArgumentError "factor" below 0, "channels".
 * Source  torchvision.transforms.v2.functional.adjust_sharpness; PIL.ImageEnhance.Sharpness.
 *
 * @example
 * const dot = { data: Uint8Array.of(0, 0, 0, 0, 130, 0, 0, 0, 0), channels: 1, height: 3, width: 3 };
 * adjustSharpness(dot, 0).data[4]; // 50
 * adjustSharpness(dot, 2).data[4]; // 210
 */
export function adjustSharpness(picture: Picture, factor: number): Picture {
  checkFactor("adjustSharpness", factor);
  checkColours("adjustSharpness", picture);
  const { data, channels, height, width } = picture;
  if (height <= 2 || width <= 2) return picture;
  const bytes = data instanceof Uint8Array;
  const [scale, rest, bound] = [fround(factor), fround(1 - factor), boundOf(picture)];
  const out = arrayLike(picture);
  for (let c = 0, i = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        const value = data[i]!;
        let smooth = value;
        if (y > 0 && y < height - 1 && x > 0 && x < width - 1) {
          const [up, low] = [i - width, i + width];
          const around =
            data[up - 1]! +
            data[up]! +
            data[up + 1]! +
            data[i - 1]! +
            data[i + 1]! +
            data[low - 1]! +
            data[low]! +
            data[low + 1]!;
          smooth = (around + 5 * value) / 13;
          smooth = bytes ? Math.round(smooth) : fround(smooth); // thirteenths: no halves
        }
        out[i] = clamp(fround(fround(scale * value) + fround(rest * smooth)), bound);
      }
  return { ...picture, data: out };
}
