/** @file Resizing itself: along the rows, then along the columns. In floats as torch, or in whole numbers as Pillow. */
import type { Picture } from "../dataset.ts";
import type { Taps } from "./resize-taps.ts";

/** The part of a picture that is resized: all of it, or a crop. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** In float32, as torch; bytes are rounded once, at the end (halves to even). */
export function resizeFloat(picture: Picture, window: Window, across: Taps, down: Taps): Picture {
  const [width, height] = [across.start.length, down.start.length];
  const { data, channels } = picture;
  const wide = new Float32Array(channels * window.height * width);
  if (channels === 3 && data instanceof Uint8Array) horizontalColour(data, picture, window, across, wide);
  else horizontal(picture, window, across, wide);
  const out = new Float32Array(channels * height * width);
  vertical(wide, channels, window.height, width, down, out);
  if (!(data instanceof Uint8Array)) return { data: out, channels, height, width };
  const bytes = new Uint8ClampedArray(out.length);
  for (let i = 0; i < out.length; i++) bytes[i] = out[i]!; // clamps, and rounds halves to even
  return { data: new Uint8Array(bytes.buffer), channels, height, width };
}

/** Weights as torch has them, in float32; kept as doubles, in which the sums are made. */
const rounded = new WeakMap<Taps, Float64Array>();

function roundedWeights(taps: Taps): Float64Array {
  const weights = rounded.get(taps) ?? taps.weights.map(Math.fround);
  rounded.set(taps, weights);
  return weights;
}

function horizontal({ data, channels, height, width }: Picture, window: Window, taps: Taps, out: Float32Array): void {
  const { count, start } = taps;
  const weights = roundedWeights(taps);
  const wide = start.length;
  let to = 0;
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < window.height; y++) {
      const row = (c * height + window.top + y) * width + window.left;
      for (let x = 0, tap = 0; x < wide; x++) {
        const from = row + start[x]!;
        let sum = 0;
        for (let k = 0; k < count; k++) sum += data[from + k]! * weights[tap++]!;
        out[to++] = sum;
      }
    }
}

/** The same sums, three at a time: photos spend most of their time here. */
function horizontalColour(
  data: Uint8Array,
  { height, width }: Picture,
  window: Window,
  taps: Taps,
  out: Float32Array,
): void {
  const { count, start } = taps;
  const weights = roundedWeights(taps);
  const wide = start.length;
  const [plane, outPlane] = [height * width, window.height * wide];
  for (let y = 0, to = 0; y < window.height; y++) {
    const row = (window.top + y) * width + window.left;
    for (let x = 0, tap = 0; x < wide; x++, to++) {
      let [red, green, blue] = [0, 0, 0];
      for (let at = row + start[x]!, end = tap + count; tap < end; tap++, at++) {
        const weight = weights[tap]!;
        red += data[at]! * weight;
        green += data[at + plane]! * weight;
        blue += data[at + 2 * plane]! * weight;
      }
      out[to] = red;
      out[to + outPlane] = green;
      out[to + 2 * outPlane] = blue;
    }
  }
}

function vertical(data: Float32Array, channels: number, height: number, width: number, taps: Taps, out: Float32Array) {
  const { count, start, weights } = taps;
  const tall = start.length;
  const sums = new Float64Array(width);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < tall; y++) {
      sums.fill(0);
      for (let k = 0; k < count; k++) {
        const weight = Math.fround(weights[y * count + k]!);
        const from = (c * height + start[y]! + k) * width;
        if (weight !== 0) for (let x = 0; x < width; x++) sums[x] = sums[x]! + data[from + x]! * weight;
      }
      out.set(sums, (c * tall + y) * width);
    }
}

const BITS = 22; // Pillow's PRECISION_BITS: a byte, the overshoot of bicubic and 22 bits of fraction fit in 32

/** Bytes as Pillow resizes them: weights of 22 bits, bytes between the two passes, halves up. A pass that changes nothing is left out. */
export function resizePillow(picture: Picture, window: Window, across: Taps, down: Taps): Picture {
  const [width, height] = [across.start.length, down.start.length];
  const { channels } = picture;
  const wide = new Uint8Array(channels * window.height * width);
  passBytes(picture, window, fixed(across), wide, width === window.width);
  if (height === window.height) return { data: wide, channels, height, width };
  const out = new Uint8Array(channels * height * width);
  const { count, start, weights } = fixed(down);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++) {
      const first = (c * window.height + start[y]!) * width;
      for (let x = 0; x < width; x++) {
        let sum = 1 << (BITS - 1);
        for (let k = 0; k < count; k++) sum += wide[first + k * width + x]! * weights[y * count + k]!;
        out[(c * height + y) * width + x] = clip(sum >> BITS);
      }
    }
  return { data: out, channels, height, width };
}

function passBytes(picture: Picture, window: Window, taps: FixedTaps, out: Uint8Array, same: boolean): void {
  const { data, channels, height, width } = picture;
  const { count, start, weights } = taps;
  const wide = start.length;
  let to = 0;
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < window.height; y++) {
      const row = (c * height + window.top + y) * width + window.left;
      if (same) {
        for (let x = 0; x < wide; x++) out[to++] = data[row + x]!;
        continue;
      }
      for (let x = 0, tap = 0; x < wide; x++) {
        const from = row + start[x]!;
        let sum = 1 << (BITS - 1);
        for (let k = 0; k < count; k++) sum += data[from + k]! * weights[tap++]!;
        out[to++] = clip(sum >> BITS);
      }
    }
}

interface FixedTaps {
  readonly count: number;
  readonly start: Int32Array;
  readonly weights: Int32Array;
}

const made = new WeakMap<Taps, FixedTaps>();

function fixed(taps: Taps): FixedTaps {
  let result = made.get(taps);
  if (!result) {
    // Rounded away from zero at a half, then cut: (int)(±0.5 + w · 2²²).
    const weights = Int32Array.from(taps.weights, (w) => Math.trunc((w < 0 ? -0.5 : 0.5) + w * 2 ** BITS));
    result = { count: taps.count, start: taps.start, weights };
    made.set(taps, result);
  }
  return result;
}

function clip(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
