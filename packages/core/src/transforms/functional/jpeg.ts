/** @file What a picture looks like after it was saved as a JPEG file: libjpeg's arithmetic, without the file. */
import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { whole } from "../options.ts";
import { forwardDct, inverseDct } from "./jpeg-dct.ts";

interface Plane {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

// The standard's tables K.1 and K.2, row by row.
const luminance = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
const chrominance = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
];

/** A table at a quality from 1 to 100: what every coefficient is divided by. */
function quantisers(table: readonly number[], quality: number): number[] {
  const percent = quality < 50 ? Math.trunc(5000 / quality) : 200 - 2 * quality;
  return table.map((base) => Math.min(255, Math.max(1, Math.trunc((base * percent + 50) / 100))));
}

const clamp = (x: number): number => (x < 0 ? 0 : x > 255 ? 255 : x);

/** Every 8×8 block to coefficients, which are rounded to multiples of `steps`, and back; edges are repeated outwards. */
function roundTrip({ data, width, height }: Plane, steps: readonly number[]): Plane {
  const out = new Uint8Array(data.length);
  const block = new Int32Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) {
        const y = Math.min(top + (i >> 3), height - 1);
        block[i] = data[y * width + Math.min(left + (i & 7), width - 1)]! - 128;
      }
      forwardDct(block);
      for (let i = 0; i < 64; i++) {
        const [step, coefficient] = [steps[i]!, block[i]!];
        const level = Math.trunc((Math.abs(coefficient) + 4 * step) / (8 * step));
        block[i] = (coefficient < 0 ? -level : level) * step;
      }
      inverseDct(block);
      for (let i = 0; i < 64; i++) {
        const [y, x] = [top + (i >> 3), left + (i & 7)];
        if (y < height && x < width) out[y * width + x] = clamp(block[i]! + 128);
      }
    }
  }
  return { data: out, width, height };
}

/**
 * Half as wide and high, the mean of four, rounded up and down in turn. The picture's own edges are repeated before, to
 * the right as far as the last block goes.
 */
function halved({ data, width, height }: Plane): Plane {
  const [w, h] = [((width + 15) >> 4) << 3, (height + 1) >> 1];
  const out = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    const [row, next] = [2 * y * width, Math.min(2 * y + 1, height - 1) * width];
    for (let x = 0; x < w; x++) {
      const [a, b] = [Math.min(2 * x, width - 1), Math.min(2 * x + 1, width - 1)];
      out[y * w + x] = (data[row + a]! + data[row + b]! + data[next + a]! + data[next + b]! + 1 + (x & 1)) >> 2;
    }
  }
  return { data: out, width: w, height: h };
}

/** Twice as wide and high again: ¾ of the nearest and ¼ of the next in each direction. */
function doubled({ data, width: stride, height: h }: Plane, width: number, height: number): Uint8Array {
  const w = (width + 1) >> 1;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = (y >> 1) * stride;
    const other = Math.min(Math.max((y >> 1) + (y & 1 ? 1 : -1), 0), h - 1) * stride;
    const column = (x: number) => data[row + x]! * 3 + data[other + x]!;
    for (let x = 0; x < width; x++) {
      const at = x >> 1;
      const beside = Math.min(Math.max(at + (x & 1 ? 1 : -1), 0), w - 1);
      // Where there are only two columns, libjpeg does not mix.
      out[y * width + x] = w > 2 ? (column(at) * 3 + column(beside) + (x & 1 ? 7 : 8)) >> 4 : data[row + at]!;
    }
  }
  return out;
}

// Factors times 2¹⁶, as libjpeg rounds them.
function toYCbCr(data: Uint8Array, pixels: number): [Uint8Array, Uint8Array, Uint8Array] {
  const planes = [new Uint8Array(pixels), new Uint8Array(pixels), new Uint8Array(pixels)] as const;
  const centre = 128 * 65536 + 32767;
  for (let i = 0; i < pixels; i++) {
    const [r, g, b] = [data[i]!, data[pixels + i]!, data[2 * pixels + i]!];
    planes[0][i] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
    planes[1][i] = (-11059 * r - 21709 * g + 32768 * b + centre) >> 16;
    planes[2][i] = (32768 * r - 27439 * g - 5329 * b + centre) >> 16;
  }
  return [...planes];
}

function toRgb(luma: Uint8Array, cb: Uint8Array, cr: Uint8Array): Uint8Array {
  const pixels = luma.length;
  const out = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    const [y, u, v] = [luma[i]!, cb[i]! - 128, cr[i]! - 128];
    out[i] = clamp(y + ((91881 * v + 32768) >> 16));
    out[pixels + i] = clamp(y + ((-22554 * u - 46802 * v + 32768) >> 16));
    out[2 * pixels + i] = clamp(y + ((116130 * u + 32768) >> 16));
  }
  return out;
}

/**
 * The picture as it comes back from a JPEG file of this quality, colour at half the resolution: every bit as libjpeg
 * and libjpeg-turbo make it, without the file.
 *
 * quality  1 (small file) to 100; libjpeg's scale.
 * Throws   ArgumentError "quality"; "dtype" for floats; "channels" for pictures neither grey nor colour.
 * Source   ITU-T T.81; torchvision.transforms.v2.functional.jpeg.
 *
 * @example
 * const picture = { data: Uint8Array.of(255, 0, 0, 255), channels: 1, height: 2, width: 2 };
 * jpeg(picture, 10).data; // [127, 132, 103, 210]
 */
export function jpeg(picture: Picture, quality: number): Picture {
  whole("jpeg", "quality", quality, 1, 100);
  const { data, channels, width, height } = picture;
  if (!(data instanceof Uint8Array))
    throw new ArgumentError("jpeg", "dtype", "the picture holds floats, jpeg wants bytes: put it before toTensor().");
  if (channels !== 1 && channels !== 3)
    throw new ArgumentError("jpeg", "channels", `jpeg takes pictures of 1 or 3 channels, got ${channels}.`);
  const plane = (values: Uint8Array): Plane => ({ data: values, width, height });
  const bright = quantisers(luminance, quality);
  if (channels === 1) return { ...picture, data: roundTrip(plane(data), bright).data };
  const [y, cb, cr] = toYCbCr(data, width * height);
  const colour = quantisers(chrominance, quality);
  const chroma = (values: Uint8Array) => doubled(roundTrip(halved(plane(values)), colour), width, height);
  return { ...picture, data: toRgb(roundTrip(plane(y), bright).data, chroma(cb), chroma(cr)) };
}
