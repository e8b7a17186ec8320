/** @file What a data set is: items by index. In-memory picture sets add zero-copy access to their pixels. */
import { ArgumentError, DataError, say } from "../errors/errors.ts";

/** (channels, height, width). */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** One picture, planar: all of channel 0 row by row, then channel 1. Bytes are 0..255; floats usually 0..1. */
export interface Picture {
  readonly data: Uint8Array | Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A picture and its class. */
export interface Sample extends Picture {
  readonly label: number;
}

/**
 * Items by index, 0 to length − 1; `get` may read from disk.
 *
 * Source   torch.utils.data.Dataset.
 */
export interface Dataset<Item = Sample> {
  readonly length: number;
  get(index: number): Item | Promise<Item>;
}

/** Labelled pictures of any size, in memory or on disk: what a network learns from and is judged by. */
export interface PictureSet extends Dataset<Sample> {
  readonly classes: readonly string[];
  /** Of every picture: 1 or 3. */
  readonly channels: number;
  label(index: number): number;
}

/** Pictures of one size in memory, one byte a value: image i is `pixels` from `offset(i)`, C·H·W bytes long. */
export interface ImageSet extends PictureSet {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
  offset(index: number): number;
  /** The bytes of one picture, shared, not copied. */
  image(index: number): Uint8Array;
  get(index: number): Sample;
}

/**
 * Whether a set holds pictures of one size in memory, whose bytes can be read without a `get`.
 *
 * @example
 * isImageSet(new ArrayImageSet(new Uint8Array(784), [3], [1, 28, 28], digits)); // true
 */
export function isImageSet(set: Dataset<unknown>): set is ImageSet {
  return "pixels" in set && "offset" in set && "label" in set;
}

/**
 * Pictures that lie one after the other in one array, (N, C, H, W).
 *
 * shape    (C, H, W) of each.
 * Throws   DataError "length" when pixels and labels do not count the same pictures, "label" when a label has no class;
 *          ArgumentError "index" for an item outside 0 to length − 1.
 *
 * @example
 * const set = new ArrayImageSet(new Uint8Array(2 * 28 * 28), [3, 7], [1, 28, 28], digits);
 * set.get(1).label; // 7
 */
export class ArrayImageSet implements ImageSet {
  readonly length: number;
  readonly pixels: Uint8Array;
  readonly labels: ArrayLike<number>;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: readonly string[];

  constructor(pixels: Uint8Array, labels: ArrayLike<number>, shape: ImageShape, classes: readonly string[]) {
    const [channels, height, width] = shape;
    const size = channels * height * width;
    if (pixels.length !== labels.length * size)
      throw new DataError(
        "ArrayImageSet",
        "length",
        say`${{ bytes: pixels.length }} bytes of pixels, but ${{ labels: labels.length }} labels × ${channels}×${height}×${width} must have ${{ wanted: labels.length * size }}.`,
      );
    for (let i = 0; i < labels.length; i++)
      if (!(labels[i]! >= 0 && labels[i]! < classes.length))
        throw new DataError(
          "ArrayImageSet",
          "label",
          `picture ${i} has label ${labels[i]}, but there are ${classes.length} classes (0 to ${classes.length - 1}).`,
        );
    this.length = labels.length;
    this.pixels = pixels;
    this.labels = labels;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.classes = classes;
  }

  offset(index: number): number {
    return checkIndex(index, this.length) * (this.channels * this.height * this.width);
  }

  label(index: number): number {
    return this.labels[checkIndex(index, this.length)]!;
  }

  image(index: number): Uint8Array {
    const start = this.offset(index);
    return this.pixels.subarray(start, start + this.channels * this.height * this.width);
  }

  get(index: number): Sample {
    const { channels, height, width } = this;
    return { data: this.image(index), channels, height, width, label: this.label(index) };
  }
}

/** Refuses an index that is not 0 .. length − 1. */
export function checkIndex(index: number, length: number): number {
  if (!(Number.isInteger(index) && index >= 0 && index < length))
    throw new ArgumentError(
      "dataset",
      "index",
      say`index ${{ index }} is outside a set of ${{ length }} items (0 to ${length - 1}).`,
    );
  return index;
}
