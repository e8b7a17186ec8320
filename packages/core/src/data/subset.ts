/** @file Parts of a data set: by indices, or cut at random as torch's `random_split` does. */

import { defaultGenerator, type Generator, randperm } from "../base/rng/index.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { checkIndex, type Dataset, type ImageSet, isImageSet, type Sample } from "./dataset.ts";

/**
 * Chosen items of another set, in the order given. `subset` makes one that fits the set.
 *
 * Throws   ArgumentError "index" for an index outside the other set, or an item outside this one.
 * Source   torch.utils.data.Subset.
 *
 * @example
 * new Subset(train, [5, 3, 3]).length; // 3
 */
export class Subset<Item = Sample> implements Dataset<Item> {
  readonly base: Dataset<Item>;
  readonly indices: ArrayLike<number>;
  readonly length: number;

  constructor(base: Dataset<Item>, indices: ArrayLike<number>) {
    for (let i = 0; i < indices.length; i++) checkIndex(indices[i]!, base.length);
    this.base = base;
    this.indices = indices;
    this.length = indices.length;
  }

  get(index: number): Item | Promise<Item> {
    return this.base.get(this.indices[checkIndex(index, this.length)]!);
  }
}

/**
 * A subset of pictures in memory; shares the pixels of the set it was taken from.
 *
 * Throws   ArgumentError "index", as `Subset`.
 *
 * @example
 * const part = new ImageSubset(train, [5, 3]); // label i of the set is i mod 10
 * part.label(1); // 3
 * part.pixels === train.pixels; // true
 */
export class ImageSubset extends Subset<Sample> implements ImageSet {
  declare readonly base: ImageSet;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;

  constructor(base: ImageSet, indices: ArrayLike<number>) {
    super(base, indices);
    this.classes = base.classes;
    this.channels = base.channels;
    this.height = base.height;
    this.width = base.width;
    this.pixels = base.pixels;
  }

  offset(index: number): number {
    return this.base.offset(this.indices[checkIndex(index, this.length)]!);
  }

  label(index: number): number {
    return this.base.label(this.indices[checkIndex(index, this.length)]!);
  }

  image(index: number): Uint8Array {
    return this.base.image(this.indices[checkIndex(index, this.length)]!);
  }

  override get(index: number): Sample {
    return this.base.get(this.indices[checkIndex(index, this.length)]!);
  }
}

/**
 * The items at `indices`; of an in-memory picture set, an in-memory picture set.
 *
 * Throws   ArgumentError "index" for one outside 0 to length − 1.
 * Source   torch.utils.data.Subset.
 *
 * @example
 * const part = subset(train, [5, 3]);
 * [part.label(0), part.label(1)]; // [5, 3]
 */
export function subset(set: ImageSet, indices: ArrayLike<number>): ImageSubset;
export function subset<Item>(set: Dataset<Item>, indices: ArrayLike<number>): Subset<Item>;
export function subset<Item>(set: Dataset<Item> | ImageSet, indices: ArrayLike<number>): Subset<Item> | ImageSubset {
  return isImageSet(set) ? new ImageSubset(set, indices) : new Subset(set, indices);
}

/**
 * Cuts a set at random into parts that do not overlap: one `randperm`, cut in pieces.
 *
 * lengths    whole numbers that add up to the set's length; or fractions that add up to 1: each part has
 *            ⌊fraction·length⌋ items, and what is left over goes one by one to the parts, first part first.
 * generator  torch's default generator unless given.
 * Throws     ArgumentError "lengths".
 * Source     torch.utils.data.random_split.
 *
 * @example
 * const parts = randomSplit(set, [0.9, 0.1], new Generator(0)); // of 32 pictures
 * parts.map((part) => part.length); // [29, 3]
 */
export function randomSplit(set: ImageSet, lengths: readonly number[], generator?: Generator): ImageSubset[];
export function randomSplit<Item>(
  set: Dataset<Item>,
  lengths: readonly number[],
  generator?: Generator,
): Subset<Item>[];
export function randomSplit<Item>(
  set: Dataset<Item>,
  lengths: readonly number[],
  generator: Generator = defaultGenerator,
): Subset<Item>[] {
  const sizes = wholeLengths(lengths, set.length);
  const order = randperm(generator, set.length);
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return subset(set, order.subarray(end - size, end));
  });
}

function wholeLengths(lengths: readonly number[], total: number): number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (lengths.some((length) => !(length >= 0)))
    throw new ArgumentError("randomSplit", "lengths", say`lengths ${{ lengths }} must not be negative.`);
  // torch: a sum of at most 1 (with rounding) means fractions.
  if (Math.abs(sum - 1) < 1e-9) {
    const sizes = lengths.map((fraction) => Math.floor(total * fraction));
    const left = total - sizes.reduce((a, b) => a + b, 0);
    for (let i = 0; i < left; i++) sizes[i % sizes.length]!++;
    return sizes;
  }
  if (sum !== total || lengths.some((length) => !Number.isInteger(length)))
    throw new ArgumentError(
      "randomSplit",
      "lengths",
      say`lengths ${{ lengths }} add up to ${{ sum }}, the set has ${{ total }} items: give whole numbers that add up to it, or fractions that add up to 1.`,
    );
  return [...lengths];
}
