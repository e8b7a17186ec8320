/** @file Reading a picture at places between its pixels, in float32 as torch's grid_sample. */

import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { arrayLike } from "./values.ts";

/** How a picture is read between its pixels: the nearest one, or the mean of the four around. */
export type GridInterpolation = "nearest" | "bilinear";

/** Source x = m0·x + m1·y + m2, source y = m3·x + m4·y + m5, in pixels from the middle. */
export type Matrix = readonly [number, number, number, number, number, number];

interface SampleOptions {
  readonly interpolation?: GridInterpolation;
  readonly fill?: number | readonly number[] | undefined;
}

const { floor, fround } = Math;

/** height × width pixels of the mapped picture; outside the source stands `fill`, mixed in where a pixel is half outside. @internal */
export function sampleAffine(
  where: string,
  picture: Picture,
  matrix: Matrix,
  height: number,
  width: number,
  { interpolation = "nearest", fill }: SampleOptions,
): Picture {
  return samplePlaces(where, picture, sourcePlaces(picture, matrix, height, width), height, width, {
    interpolation,
    fill,
  });
}

/** height × width pixels, each read at its place. @internal */
export function samplePlaces(
  where: string,
  picture: Picture,
  places: Places,
  height: number,
  width: number,
  { interpolation = "nearest", fill }: SampleOptions,
): Picture {
  checkGrid(where, interpolation, fill, picture.channels);
  const list = typeof fill === "number" ? [fill] : (fill ?? [0]);
  const fills = Float32Array.from({ length: picture.channels }, (_, c) => list[c] ?? list[0]!);
  const out = arrayLike(picture, picture.channels * height * width);
  if (interpolation === "nearest") nearest(picture, places, fills, out);
  else bilinear(picture, places, fill === undefined ? null : fills, out);
  return { data: out, channels: picture.channels, height, width };
}

/** Refuses what a grid cannot be read with. `channels` null: not known yet. @internal */
export function checkGrid(
  where: string,
  interpolation: string,
  fill: number | readonly number[] | undefined,
  channels: number | null,
): void {
  if (interpolation !== "nearest" && interpolation !== "bilinear")
    throw new ArgumentError(
      where,
      "interpolation",
      `interpolation must be "nearest" or "bilinear", got "${interpolation}".`,
    );
  if (fill === undefined) return;
  const list = typeof fill === "number" ? [fill] : fill;
  if (!Array.isArray(list) || list.length === 0 || !list.every(Number.isFinite))
    throw new ArgumentError(where, "fill", `fill must be a number, or one a channel, got ${JSON.stringify(fill)}.`);
  if (channels !== null && list.length !== 1 && list.length !== channels)
    throw new ArgumentError(
      where,
      "channels",
      `fill has ${list.length} entries, the picture has ${channels} channels: give one, or ${channels}.`,
    );
}

/** Where in the source each pixel of the result is read. @internal */
export interface Places {
  /** In pixels, 0 the middle of the first one. */
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** From torch's coordinate, −1 … 1 over the whole axis, to pixels. @internal */
export function placeOf(coordinate: number, half: number): number {
  return fround(fround(coordinate + 1) * half) - 0.5;
}

/** torch goes through coordinates of −1 … 1; the same steps give the same rounding. */
function sourcePlaces(picture: Picture, m: Matrix, height: number, width: number): Places {
  const [halfWidth, halfHeight] = [picture.width / 2, picture.height / 2];
  const [a, b, c] = [m[0], m[1], m[2]].map((value) => fround(fround(value) / halfWidth)) as [number, number, number];
  const [d, e, f] = [m[3], m[4], m[5]].map((value) => fround(fround(value) / halfHeight)) as [number, number, number];
  const x = new Float32Array(height * width);
  const y = new Float32Array(height * width);
  for (let row = 0, k = 0; row < height; row++) {
    const v = row - height * 0.5 + 0.5;
    for (let col = 0; col < width; col++, k++) {
      const u = col - width * 0.5 + 0.5;
      x[k] = placeOf(fround(fround(u * a + v * b) + c), halfWidth);
      y[k] = placeOf(fround(fround(u * d + v * e) + f), halfHeight);
    }
  }
  return { x, y };
}

function nearest(picture: Picture, { x, y }: Places, fills: Float32Array, out: Uint8Array | Float32Array): void {
  const { data, channels, height, width } = picture;
  const from = new Int32Array(x.length);
  for (let k = 0; k < from.length; k++) {
    const col = even(x[k]!);
    const row = even(y[k]!);
    from[k] = col >= 0 && col < width && row >= 0 && row < height ? row * width + col : -1;
  }
  for (let c = 0, to = 0; c < channels; c++) {
    const plane = c * height * width;
    const fill = fills[c]!;
    for (let k = 0; k < from.length; k++, to++) out[to] = from[k]! < 0 ? fill : data[plane + from[k]!]!;
  }
}

/** Halves to the even neighbour. */
function even(value: number): number {
  const below = floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && (below & 1) !== 0) ? below + 1 : below;
}

function bilinear(
  picture: Picture,
  { x, y }: Places,
  fills: Float32Array | null,
  out: Uint8Array | Float32Array,
): void {
  const { data, channels, height, width } = picture;
  const bytes = data instanceof Uint8Array;
  const size = x.length;
  for (let k = 0; k < size; k++) {
    const [left, top] = [floor(x[k]!), floor(y[k]!)];
    const [w, n] = [fround(x[k]! - left), fround(y[k]! - top)];
    const [e, s] = [fround(1 - w), fround(1 - n)];
    const [inLeft, inRight] = [left >= 0 && left < width, left + 1 >= 0 && left + 1 < width];
    const [inTop, inBottom] = [top >= 0 && top < height, top + 1 >= 0 && top + 1 < height];
    const nw = inLeft && inTop ? fround(e * s) : 0;
    const ne = inRight && inTop ? fround(w * s) : 0;
    const sw = inLeft && inBottom ? fround(e * n) : 0;
    const se = inRight && inBottom ? fround(w * n) : 0;
    const inside = fround(fround(nw + ne) + fround(sw + se));
    const at = top * width + left;
    for (let c = 0; c < channels; c++) {
      const from = c * height * width + at;
      let value = 0;
      if (nw > 0) value = fround(nw * data[from]!);
      if (ne > 0) value = fround(value + fround(ne * data[from + 1]!));
      if (sw > 0) value = fround(value + fround(sw * data[from + width]!));
      if (se > 0) value = fround(value + fround(se * data[from + width + 1]!));
      // As torchvision: what lies half outside is darkened twice, by the zeros around the picture and here.
      if (fills) value = fround(fround(value * inside) + fround(fround(1 - inside) * fills[c]!));
      out[c * size + k] = bytes ? even(value) : value;
    }
  }
}
