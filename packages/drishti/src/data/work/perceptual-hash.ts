/** @file What a picture looks like, in few bytes: equal for copies that were resized or saved again. */
import { resize } from "@drishti/core/data";
import type { BytePicture } from "../pnm.ts";

/** The side of the small grey picture that hashes are made from. */
const SIDE = 32;
/** The side of the one that candidates are compared by. */
export const THUMB = 16;

export interface Look {
  /** 64 bits: which of the lowest 8×8 frequencies (the mean left out) are above their median. */
  readonly hash: readonly [low: number, high: number];
  /** 16×16 grey bytes. */
  readonly thumb: Uint8Array;
}

/** Source  C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1 (DCT). */
export function lookOf(picture: BytePicture): Look {
  const small = shrink(picture, SIDE);
  const frequencies = lowFrequencies(small);
  const median = Float64Array.from(frequencies).sort()[32]!;
  const hash: [number, number] = [0, 0];
  frequencies.forEach((value, i) => {
    if (value > median) hash[i >> 5]! |= 1 << (i & 31);
  });
  return { hash, thumb: Uint8Array.from(shrink(picture, THUMB), Math.round) };
}

/** Bits that differ. */
export function distance(a: Look["hash"], b: Look["hash"]): number {
  return ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);
}

/** Whether two thumbnails show the same: correlated to 0.98, or both of one and the same shade. */
export function sameLook(a: Uint8Array, b: Uint8Array): boolean {
  const [first, second] = [spread(a), spread(b)];
  if (first.deviation < 1.5 || second.deviation < 1.5)
    return first.deviation < 1.5 && second.deviation < 1.5 && Math.abs(first.mean - second.mean) < 3;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - first.mean) * (b[i]! - second.mean);
  return sum / a.length / (first.deviation * second.deviation) > 0.98;
}

function spread(values: Uint8Array): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

function ones(bits: number): number {
  let v = bits - ((bits >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Grey, side × side: whole blocks of pixels are averaged as long as that leaves twice the size, the rest is resized. */
function shrink({ data, channels, height, width }: BytePicture, side: number): Float32Array {
  const [down, across] = [height, width].map((length) => Math.max(1, Math.floor(length / (2 * side))));
  const [tall, wide] = [Math.floor(height / down!), Math.floor(width / across!)];
  const plane = width * height;
  const grey = new Float32Array(tall * wide);
  for (let i = 0; i < tall; i++)
    for (let j = 0; j < wide; j++) {
      let sum = 0;
      for (let y = i * down!; y < (i + 1) * down!; y++)
        for (let at = y * width + j * across!, end = at + across!; at < end; at++)
          sum +=
            channels === 1 ? data[at]! : 0.299 * data[at]! + 0.587 * data[plane + at]! + 0.114 * data[2 * plane + at]!;
      grey[i * wide + j] = sum / (down! * across!);
    }
  return resize([side, side]).apply({ data: grey, channels: 1, height: tall, width: wide }).data as Float32Array;
}

const cosines = Float64Array.from({ length: 9 * SIDE }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / SIDE) * (2 * (i % SIDE) + 1)) / (2 * SIDE)),
);

/** Frequencies 1 to 8 both ways of the discrete cosine transform. */
function lowFrequencies(small: Float32Array): Float64Array {
  const rows = new Float64Array(SIDE * 8);
  for (let y = 0; y < SIDE; y++)
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += small[y * SIDE + x]! * cosines[(u + 1) * SIDE + x]!;
      rows[y * 8 + u] = sum;
    }
  const out = new Float64Array(64);
  for (let v = 0; v < 8; v++)
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += rows[y * 8 + u]! * cosines[(v + 1) * SIDE + y]!;
      out[v * 8 + u] = sum;
    }
  return out;
}
