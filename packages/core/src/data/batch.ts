/** @file Making one batch: samples chosen by index, transformed, side by side in one array. */
import { ArgumentError, DataError } from "../errors/errors.ts";
import { type Dataset, type ImageSet, type ImageShape, isImageSet, type Picture, type Sample } from "./dataset.ts";
import { SampleRandom } from "./sample-random.ts";
import { fuse } from "./transforms/fuse.ts";
import type { RandomSource, Transform, TransformSpec } from "./transforms/transform.ts";

/** Samples ready for a model: plain arrays, to be wrapped in tensors. */
export interface Batch {
  /** (N, C, H, W). */
  readonly images: Float32Array;
  /** Class of each picture. */
  readonly labels: Int32Array;
  /** Shares of the classes, (N, classes), where a batch transform has mixed pictures; the loss then takes these. */
  readonly targets?: Float32Array;
  /** N: the batch size, or less: in the last batch, or where samples could not be read. */
  readonly count: number;
  readonly shape: readonly [count: number, channels: number, height: number, width: number];
  /** Where each sample stands in the data set. */
  readonly indices: Int32Array;
  readonly epoch: number;
  /** 0, 1, … within the epoch. */
  readonly index: number;
}

/** What is done to a whole batch at once: mixing its pictures. */
export interface BatchTransform {
  readonly name: string;
  /** Never changes its input. */
  apply(batch: Batch, random: RandomSource): Batch;
  toJSON(): TransformSpec;
}

/** Makes the batch of `indices`; `index` is its number in the epoch. */
export type MakeBatch = (indices: Int32Array, epoch: number, index: number) => Batch | Promise<Batch>;

/** A set that reads, decodes and transforms in a place of its own, such as worker threads. */
export interface BatchSource {
  /**
   * The way to make its batches, under the rules of `batchMaker`: what comes out depends on set, transform, seed, epoch and
   * indices alone. Samples that cannot be read are left out, so that a batch may be smaller than its indices, or empty.
   */
  batches(transform: Transform, seed: bigint): MakeBatch;
}

/**
 * The way to make batches of this set: its own, if it has one. Pictures in memory: at once, in one pass over the bytes where the pipeline allows.
 * Others: through a promise, all samples of the batch asked for together. Random transforms draw by (seed, epoch, index).
 *
 * passing   pictures in memory: all batches of one size in the same array, each good until the next is made.
 */
export function batchMaker(set: Dataset<Sample>, transform: Transform, seed: bigint, passing: boolean): MakeBatch {
  if ("batches" in set) return (set as BatchSource).batches(transform, seed);
  return isImageSet(set) ? memoryBatches(set, transform, seed, passing) : promisedBatches(set, transform, seed);
}

function memoryBatches(set: ImageSet, transform: Transform, seed: bigint, passing: boolean): MakeBatch {
  const source: ImageShape = [set.channels, set.height, set.width];
  const shape = transform.outputShape(source);
  const size = shape[0] * shape[1] * shape[2];
  const fused = fuse(transform, source);
  const random = new SampleRandom();
  let images = new Float32Array(0);
  return (indices, epoch, index) => {
    if (!passing || images.length !== indices.length * size) images = new Float32Array(indices.length * size);
    const labels = new Int32Array(indices.length);
    for (let k = 0; k < indices.length; k++) {
      const i = indices[k]!;
      if (transform.random) random.start(seed, epoch, i);
      if (fused) fused(set.pixels, set.offset(i), random, images, k * size);
      else images.set(floatsOf(transform.apply(set.get(i), random)), k * size);
      labels[k] = set.label(i);
    }
    return { images, labels, count: indices.length, shape: [indices.length, ...shape], indices, epoch, index };
  };
}

function promisedBatches(set: Dataset<Sample>, transform: Transform, seed: bigint): MakeBatch {
  return async (indices, epoch, index) => {
    const samples = await Promise.all(Array.from(indices, (i) => set.get(i)));
    const random = new SampleRandom();
    const pictures = samples.map((sample, k) => transform.apply(sample, random.start(seed, epoch, indices[k]!)));
    const { channels, height, width } = pictures[0]!;
    const size = channels * height * width;
    const images = new Float32Array(indices.length * size);
    pictures.forEach((picture, k) => {
      if (picture.channels !== channels || picture.height !== height || picture.width !== width)
        throw new DataError(
          "DataLoader",
          "shape",
          `sample ${indices[k]} is ${text(picture)}, sample ${indices[0]} of the same batch ${text(pictures[0]!)} ` +
            "(channels × height × width): bring them to one size with resize or centerCrop.",
        );
      images.set(floatsOf(picture), k * size);
    });
    const labels = Int32Array.from(samples, (sample) => sample.label);
    return {
      images,
      labels,
      count: indices.length,
      shape: [indices.length, channels, height, width],
      indices,
      epoch,
      index,
    };
  };
}

function floatsOf({ data }: Picture): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new ArgumentError(
    "DataLoader",
    "dtype",
    "the transform leaves bytes, a batch holds floats: end it with toTensor().",
  );
}

function text({ channels, height, width }: Picture): string {
  return `${channels}×${height}×${width}`;
}
