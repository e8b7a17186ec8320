/** @file The single pass that in-memory bytes take through most pipelines. */
import type { ImageShape } from "../dataset.ts";
import { stages } from "./compose.ts";
import { channelValue, checkChannels, identityMap } from "./pixel-map.ts";
import {
  isPixelMove,
  isPointwise,
  type PixelMove,
  type Pointwise,
  type RandomSource,
  type Transform,
} from "./transform.ts";

/** Writes the transformed picture that starts at `pixels[from]` to `out` from `at` on. */
export type FusedTransform = (
  pixels: Uint8Array,
  from: number,
  random: RandomSource,
  out: Float32Array,
  at: number,
) => void;

/**
 * A pipeline of crops, flips, toTensor and normalize in one pass over the bytes, with the bits of the step-by-step way:
 * moves become two index lists, values a table of 256 floats a channel. Undefined when the pipeline holds anything else.
 */
export function fuse(transform: Transform, shape: ImageShape): FusedTransform | undefined {
  const plan = planOf(stages(transform), shape[0]);
  if (!plan) return undefined;
  const { moves, tables, fill } = plan;
  const [channels, height, width] = shape;
  const [, outHeight, outWidth] = transform.outputShape(shape);
  const plane = height * width;
  if (moves.length === 0)
    return (pixels, from, _random, out, at) => {
      for (let c = 0; c < channels; c++)
        for (let i = c * plane; i < (c + 1) * plane; i++) out[at + i] = tables[(c << 8) | pixels[from + i]!]!;
    };
  const whole = identityMap(height, width);
  return (pixels, from, random, out, at) => {
    let map = whole;
    for (const move of moves) map = move.move(map, random);
    const { rows, cols } = map;
    let to = at;
    for (let c = 0; c < channels; c++) {
      const table = c << 8;
      const outside = fill[c]!;
      for (let y = 0; y < outHeight; y++) {
        const row = rows[y]!;
        if (row < 0) {
          out.fill(outside, to, to + outWidth);
          to += outWidth;
          continue;
        }
        const source = from + c * plane + row * width;
        for (let x = 0; x < outWidth; x++) {
          const col = cols[x]!;
          out[to++] = col < 0 ? outside : tables[table | pixels[source + col]!]!;
        }
      }
    }
  };
}

interface Plan {
  readonly moves: readonly PixelMove[];
  /** What becomes of byte b in channel c, at c · 256 + b. */
  readonly tables: Float32Array;
  /** What padding shows at the end of the pipeline, per channel. */
  readonly fill: readonly number[];
}

function planOf(list: readonly Transform[], channels: number): Plan | undefined {
  const moves: PixelMove[] = [];
  const steps: Pointwise[] = [];
  const fills: number[][] = [];
  const perChannel = (of: (c: number) => number): number[] => Array.from({ length: channels }, (_, c) => of(c));
  for (const transform of list) {
    if (isPixelMove(transform)) {
      checkChannels(transform.name, "fill", transform.fill, [channels, 1, 1]);
      moves.push(transform);
      // A byte array turns a fill of 1.5 into 1; the step-by-step way would, so this one does.
      const stored = steps.length === 0 ? Uint8Array : Float32Array;
      if (transform.pads) fills.push(perChannel((c) => stored.of(channelValue(transform.fill, c))[0]!));
    } else if (isPointwise(transform)) {
      // normalize before toTensor is an error, which the step-by-step way reports; a second toTensor does nothing.
      if (steps.length === 0 && transform.name !== "toTensor") return undefined;
      if (steps.length > 0 && transform.name === "toTensor") continue;
      steps.push(transform);
      for (const fill of fills) for (let c = 0; c < channels; c++) fill[c] = transform.value(fill[c]!, c);
    } else return undefined;
  }
  const fill = fills[0] ?? perChannel(() => 0);
  if (steps.length === 0 || fills.some((other) => other.some((value, c) => value !== fill[c]))) return undefined;
  const tables = new Float32Array(channels * 256);
  for (let i = 0; i < tables.length; i++) tables[i] = steps.reduce((value, step) => step.value(value, i >> 8), i & 255);
  return { moves, tables, fill };
}
