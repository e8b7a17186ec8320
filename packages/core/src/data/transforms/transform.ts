/** @file What a transform is: a picture in, a picture out, and a plain description that travels with the model. */
import type { ImageShape, Picture } from "../dataset.ts";

/** Where random transforms draw from: 32 bits a call. base/rng's `Generator` is one; `SampleRandom` is another. */
export interface RandomSource {
  /** The next 32 bits, 0 to 2^32 − 1. */
  random(): number;
}

/** A transform as JSON: its name and its options, all spelled out. */
export interface TransformSpec {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** A picture in, a picture out; what `resize`, `normalize` and all others are, and what one's own can be. */
export interface Transform {
  readonly name: string;
  /** Whether it draws random numbers. */
  readonly random: boolean;
  /** Draws from torch's default generator unless another source is given. Never changes its input. */
  apply(picture: Picture, random?: RandomSource): Picture;
  /** (C, H, W) of what comes out, from (C, H, W) of what goes in; throws what `apply` would throw for that shape. */
  outputShape(shape: ImageShape): ImageShape;
  /** For model files, run folders and worker threads; `transformFromJSON` makes the transform of it again. */
  toJSON(): TransformSpec;
}

/** Which source row and column each row and column of the output shows; −1 where it shows the fill. */
export interface PixelMap {
  readonly rows: Int32Array;
  readonly cols: Int32Array;
}

/** A transform that only moves pixels: crops and flips. Several in a row become one pass over the pixels. */
export interface PixelMove extends Transform {
  /** What padding shows: one value, or one a channel, in the unit of the picture at this place of the pipeline. */
  readonly fill: number | readonly number[];
  /** Whether the output can show the fill. */
  readonly pads: boolean;
  move(map: PixelMap, random: RandomSource): PixelMap;
}

/** A transform that turns each value into another, whatever stands around it: scaling, normalising. */
export interface Pointwise extends Transform {
  /** The new value of `value` in `channel`, rounded to float32. */
  value(value: number, channel: number): number;
}

export function isPixelMove(transform: Transform): transform is PixelMove {
  return "move" in transform;
}

export function isPointwise(transform: Transform): transform is Pointwise {
  return "value" in transform;
}

/** An integer 0 .. n − 1: `torch.randint(0, n, (1,))`. */
export function drawInteger(random: RandomSource, n: number): number {
  return random.random() % n;
}

/** True with probability p: `torch.rand(1) < p`, in float32 as there. */
export function drawChance(random: RandomSource, p: number): boolean {
  return (random.random() & 0xffffff) * 2 ** -24 < Math.fround(p);
}
