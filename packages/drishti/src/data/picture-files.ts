/** @file A set of pictures that stay on disk: read, decoded and transformed ahead in worker threads. */
import {
  type Batch,
  type BatchSource,
  centerCrop,
  compose,
  type ImageShape,
  type MakeBatch,
  type MeanStd,
  type PictureSet,
  resize,
  type Sample,
  type Transform,
  toTensor,
} from "@drishti/core/data";
import { ArgumentError, DataError } from "@drishti/core/errors";
import type { PictureSource } from "./sources/source.ts";
import { placeName } from "./work/place.ts";
import { defaultWorkers, WorkerPool } from "./work/pool.ts";
import { type BadFile, checkShape, loadPicture, plainText, type SampleResult } from "./work/task.ts";

export type { BadFile } from "./work/task.ts";

/** How pictures on disk are read. */
export interface PictureFilesOptions {
  /** Worker threads; 0: this thread. Default: one a processor but one, at most 8. */
  readonly workers?: number;
  /** What a picture that cannot be read is: left out, and told to `onBad`; or the end. Default "skip". */
  readonly onBadFile?: "skip" | "fail";
  /** Hears of each bad file once. Default: nobody. */
  readonly onBad?: (bad: BadFile) => void;
  /** Every picture is given with that many: 1 or 3, the default. */
  readonly channels?: number;
  /** Threads shared with other sets. Default: threads of its own. */
  readonly pool?: WorkerPool;
}

/** Pictures a task: small enough that threads finish together, large enough that messages do not count. */
const MOST_A_TASK = 16;
/** Pictures that mean and standard deviation are taken from. */
const SAMPLE = 500;

/**
 * Pictures of a folder, a list or shards, as `openData` gives them. `get` gives one whole, upright, in RGB; a
 * `DataLoader` makes batches of them in worker threads, a few batches ahead. What comes out depends on the seed alone,
 * whatever the number of threads.
 *
 * Throws  ArgumentError "workers", "index"; DataError of a bad file: from `get`, and with onBadFile "fail" from a
 *         loader; "shape" for pictures of several sizes in a batch.
 *
 * @example
 * const place = () => ({ path: "digit.png" });
 * const source = { length: 1, classes: ["seven"], label: () => 0, place, hash: () => 0 };
 * const pictures = new PictureFiles(source, { workers: 0, channels: 1 });
 * const { channels, height, width, label } = await pictures.get(0);
 * console.log(channels, height, width, label); // 1 28 28 0
 */
export class PictureFiles implements PictureSet, BatchSource {
  readonly source: PictureSource;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly length: number;
  readonly pool: WorkerPool;
  readonly #bad = new Map<string, BadFile>();
  readonly #options: PictureFilesOptions;

  constructor(source: PictureSource, options: PictureFilesOptions = {}) {
    const { channels = 3, workers = defaultWorkers(), pool } = options;
    if (!(Number.isInteger(workers) && workers >= 0))
      throw new ArgumentError("PictureFiles", "workers", `workers must be a whole number from 0, got ${workers}.`);
    this.source = source;
    this.classes = source.classes;
    this.channels = channels;
    this.length = source.length;
    this.pool = pool ?? new WorkerPool(workers);
    this.#options = options;
  }

  /** Those met so far, in the order they were met. */
  get badFiles(): readonly BadFile[] {
    return [...this.#bad.values()];
  }

  label(index: number): number {
    return this.source.label(index);
  }

  /** The file (or archive and member) of a picture. */
  nameOf(index: number): string {
    return placeName(this.source.place(index));
  }

  async get(index: number): Promise<Sample> {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length))
      throw new ArgumentError("dataset", "index", `index ${index} is outside a set of ${this.length} pictures.`);
    const picture = await loadPicture(this.source.place(index), this.channels);
    return { ...picture, label: this.label(index) };
  }

  batches(transform: Transform, seed: bigint): MakeBatch {
    const spec = JSON.stringify(transform);
    return async (indices, epoch, index) => {
      const parts = this.#split(indices);
      const results = await Promise.all(
        parts.map((part) =>
          this.pool.run({
            kind: "samples",
            places: Array.from(part, (i) => this.source.place(i)),
            indices: Array.from(part),
            seed,
            epoch,
            channels: this.channels,
            transform: spec,
          }),
        ),
      );
      return this.#joined(parts, results, epoch, index);
    };
  }

  #split(indices: Int32Array): Int32Array[] {
    const size = Math.max(1, Math.min(MOST_A_TASK, Math.ceil(indices.length / Math.max(1, 2 * this.pool.count))));
    const parts: Int32Array[] = [];
    for (let at = 0; at < indices.length; at += size) parts.push(indices.subarray(at, at + size));
    return parts;
  }

  #joined(parts: readonly Int32Array[], results: readonly SampleResult[], epoch: number, index: number): Batch {
    for (const bad of results.flatMap((result) => result.bad)) this.#meet(bad);
    const kept = results.flatMap(({ good }, k) => good.map((i) => parts[k]![i]!));
    const shape = results.find((result) => result.shape)?.shape ?? ([this.channels, 0, 0] as const);
    const images = new Float32Array(kept.length * shape[0] * shape[1] * shape[2]);
    let at = 0;
    for (const [k, result] of results.entries()) {
      if (result.shape) checkShape(shape, result.shape, () => this.nameOf(parts[k]![result.good[0]!]!));
      images.set(result.data, at);
      at += result.data.length;
    }
    return {
      images,
      labels: Int32Array.from(kept, (i) => this.label(i)),
      count: kept.length,
      shape: [kept.length, ...shape],
      indices: Int32Array.from(kept),
      epoch,
      index,
    };
  }

  #meet(bad: BadFile): void {
    if (this.#options.onBadFile === "fail") throw new DataError("data", bad.code, plainText(bad), bad.file);
    if (this.#bad.has(bad.file)) return;
    this.#bad.set(bad.file, bad);
    this.#options.onBad?.(bad);
  }

  /**
   * Mean and standard deviation as a network of this size sees the pictures, from up to 500 of them, evenly chosen.
   * Throws  DataError "no-samples" when not one of those can be read.
   */
  async meanStd([, height, width]: ImageShape): Promise<MeanStd> {
    const transform = compose([resize(Math.max(height, width)), centerCrop([height, width]), toTensor()]);
    const count = Math.min(SAMPLE, this.length);
    const indices = Int32Array.from({ length: count }, (_, i) => Math.floor((i * this.length) / count));
    const make = this.batches(transform, 0n);
    const sums = Array.from({ length: this.channels }, () => [0, 0]);
    let pixels = 0;
    for (let at = 0; at < count; at += 64) {
      const { images, count: read, shape } = await make(indices.subarray(at, at + 64), 0, 0);
      const plane = shape[2] * shape[3];
      pixels += read * plane;
      for (let i = 0; i < images.length; i++) {
        const sum = sums[Math.floor(i / plane) % this.channels]!;
        sum[0]! += images[i]!;
        sum[1]! += images[i]! ** 2;
      }
    }
    if (pixels === 0) throw new DataError("data", "no-samples", `none of ${count} pictures could be read.`);
    const mean = sums.map(([sum]) => sum! / pixels);
    return { mean, std: sums.map(([, squares], c) => Math.sqrt(Math.max(0, squares! / pixels - mean[c]! ** 2)) || 1) };
  }
}
