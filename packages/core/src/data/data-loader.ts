/** @file Batches of a data set, epoch by epoch, in torch's order; a killed run goes on with the very same ones. */

import { Breather } from "../base/event-loop.ts";
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator, Generator, type GeneratorState, randperm } from "../base/rng/index.ts";
import { ArgumentError, DataError, say } from "../errors/errors.ts";
import { type Batch, type BatchTransform, batchMaker, type MakeBatch } from "./batch.ts";
import type { Dataset, Sample } from "./dataset.ts";
import { SampleRandom } from "./sample-random.ts";
import { toTensor } from "./transforms/pointwise.ts";
import type { Transform } from "./transforms/transform.ts";

/** How a `DataLoader` makes batches. */
export interface DataLoaderOptions {
  /** Samples a batch; default 1. */
  readonly batchSize?: number;
  /** A new random order every epoch; default false: 0, 1, 2, … */
  readonly shuffle?: boolean;
  /** Leave out a last batch that is not full; default false. */
  readonly dropLast?: boolean;
  /** What is done to each sample; default `toTensor()`. */
  readonly transform?: Transform;
  /** What is done to each batch: `mixUp`, `cutMix`. Draws by (seed, epoch, batch). Default nothing. */
  readonly batchTransform?: BatchTransform | undefined;
  /** Where the order is drawn from; default torch's default generator, or one of its own if `seed` is given. */
  readonly generator?: Generator;
  /** Decides the order (unless a generator is given) and, with epoch and index, each sample's augmentation. Default: the generator's seed. */
  readonly seed?: number | bigint;
  /** Batches read ahead from a set that answers with promises, 0 or more; default 2. Sets in memory need none. */
  readonly prefetch?: number;
}

/** Where a loader stands; a plain object for checkpoints. */
export interface DataLoaderState {
  readonly epoch: number;
  /** Number of the next batch of that epoch. */
  readonly nextBatch: number;
  /** What the order of the epoch in progress is made from (0 without shuffle); null between epochs. */
  readonly orderSeed: number | null;
  /** The loader's own generator; null when it was given one, or uses the default one: save that with the rest of the run. */
  readonly generator: GeneratorState | null;
  /** To notice another data set, or batch size. */
  readonly items: number;
  readonly batchSize: number;
}

/**
 * An epoch of batches each time it is iterated.
 *
 * Order    torch's, for the same generator and seed: an epoch draws a base seed (2 × 32 bits), with `shuffle` a second
 *          seed for a generator of its own, whose `randperm` is the order.
 * Augment  by (seed, epoch, index) alone; see `SampleRandom`.
 * Ahead    sets that answer with promises are read `prefetch` batches ahead; with `shuffle` into the next epoch, too,
 *          where nothing but this loader draws from the generator meanwhile.
 * Events   gives way to the event loop every 16 ms.
 * Throws   ArgumentError "batch-size", "prefetch", "state"; while iterating DataError "shape", "no-samples" when not
 *          one can be read, and what the set throws.
 * Source   torch.utils.data.DataLoader.
 *
 * @example
 * const loader = new DataLoader(train, { batchSize: 16, shuffle: true, transform }); // train: 32 pictures
 * for await (const { images, labels, shape } of loader)
 *   console.log(shape, images.length, labels.length); // [ 16, 1, 28, 28 ] 12544 16
 */
export class DataLoader implements AsyncIterable<Batch> {
  /** Batches an epoch. */
  readonly length: number;
  readonly dataset: Dataset<Sample>;
  readonly batchSize: number;
  readonly #shuffle: boolean;
  readonly #prefetch: number;
  readonly #generator: Generator;
  readonly #ownsGenerator: boolean;
  readonly #seed: bigint | undefined;
  readonly #transform: Transform;
  readonly #batchTransform: BatchTransform | undefined;
  #epoch = 0;
  /** The epoch in progress, if one is. */
  #progress: { orderSeed: number; next: number } | undefined;
  #resuming = false;
  /** The first batches of the next epoch, begun while the last ones of this epoch were worked on. */
  #early: Early | undefined;
  /** The seed of an epoch was not the one foreseen: something else draws from the generator, such as dropout. */
  #unforeseen = false;
  #waitedMs = 0;

  constructor(dataset: Dataset<Sample>, options: DataLoaderOptions = {}) {
    checkKnown("DataLoader", options, {
      batchSize: 0,
      shuffle: 0,
      dropLast: 0,
      transform: 0,
      batchTransform: 0,
      generator: 0,
      seed: 0,
      prefetch: 0,
    });
    const {
      batchSize = 1,
      shuffle = false,
      dropLast = false,
      transform = toTensor(),
      batchTransform,
      generator,
      seed,
      prefetch = 2,
    } = options;
    if (!(Number.isInteger(batchSize) && batchSize >= 1))
      throw new ArgumentError(
        "DataLoader",
        "batch-size",
        say`batchSize must be a whole number from 1, got ${{ batchSize }}.`,
      );
    if (!(Number.isInteger(prefetch) && prefetch >= 0))
      throw new ArgumentError(
        "DataLoader",
        "prefetch",
        say`prefetch must be a whole number from 0, got ${{ prefetch }}.`,
      );
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.length = dropLast ? Math.floor(dataset.length / batchSize) : Math.ceil(dataset.length / batchSize);
    this.#shuffle = shuffle;
    this.#prefetch = prefetch;
    this.#transform = transform;
    this.#batchTransform = batchTransform;
    this.#ownsGenerator = generator === undefined && seed !== undefined;
    this.#generator = generator ?? (seed === undefined ? defaultGenerator : new Generator(seed));
    this.#seed = seed === undefined ? undefined : BigInt(seed);
  }

  /** The epoch in progress, or the next one; the first is 0. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Milliseconds that callers have waited for a batch so far: near 0 where reading keeps ahead of the work on batches. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    return this.#iterate(false);
  }

  /**
   * An epoch for those who copy a batch before they ask for the next: its array is used again, which spares the system
   * fetching and clearing new memory each time. What is no plain loader is iterated as it is. @internal
   */
  static passing(loader: AsyncIterable<Batch>): AsyncIterable<Batch> {
    const plain =
      loader instanceof DataLoader &&
      loader[Symbol.asyncIterator] === DataLoader.prototype[Symbol.asyncIterator] &&
      !loader.#batchTransform; // one of a user's own may keep the batch before
    return plain ? loader.#iterate(true) : loader;
  }

  async *#iterate(passing: boolean): AsyncGenerator<Batch, void, undefined> {
    const progress = this.#begin();
    const epoch = this.#epoch;
    const order = this.#order(progress.orderSeed);
    // The seed is read here, not in the constructor: manualSeed() may come between the two, as in torch scripts.
    const seed = this.#seed ?? this.#generator.initialSeed();
    const make = batchMaker(this.dataset, this.#transform, seed, passing);
    const breather = new Breather();
    const begun = this.#takeEarly(progress, seed);
    const early = (): Early | undefined => {
      if (!this.#shuffle || this.#unforeseen || this.#early) return this.#early;
      const orderSeed = this.#drawOrderSeed(this.#generator.clone());
      this.#early = { orderSeed, epoch: epoch + 1, seed, order: this.#order(orderSeed), batches: [] };
      return this.#early;
    };
    const span = { order, epoch, from: progress.next, to: this.length, depth: this.#prefetch };
    const batches = ahead(make, (list, k) => this.#indices(list, k), span, begun, early);
    let [made, empty] = [0, 0];
    for (;;) {
      const asked = Date.now();
      const { value: batch, done } = await batches.next();
      this.#waitedMs += Date.now() - asked;
      if (done) break;
      made++;
      await breather.breathe();
      progress.next = batch.index + 1; // before the caller has it: a state saved while it trains on this batch goes on after it
      if (batch.count === 0) empty++;
      else if (!this.#batchTransform) yield batch;
      else {
        const random = new SampleRandom().start(seed, epoch, 2 ** 32 + batch.index); // the stream of no sample
        yield this.#batchTransform.apply(batch, random);
      }
    }
    if (made > 0 && made === empty)
      throw new DataError("DataLoader", "no-samples", `none of the ${this.dataset.length} samples could be read.`);
    if (this.#progress === progress) {
      this.#progress = undefined;
      this.#epoch++;
    }
  }

  /** Where this loader stands: after the batches handed out so far. */
  state(): DataLoaderState {
    return {
      epoch: this.#epoch,
      nextBatch: this.#progress?.next ?? 0,
      orderSeed: this.#progress?.orderSeed ?? null,
      generator: this.#ownsGenerator ? this.#generator.getState() : null,
      items: this.dataset.length,
      batchSize: this.batchSize,
    };
  }

  /** Goes on from a state of `state()`: the next iteration gives the rest of that epoch. Throws ArgumentError "state". */
  load(state: DataLoaderState): void {
    const { epoch, nextBatch, orderSeed, generator, items, batchSize } = state;
    const fail = (text: string): never => {
      throw new ArgumentError("DataLoader.load", "state", text);
    };
    if (items !== this.dataset.length)
      fail(
        `the state is of a set of ${items} items, this one has ${this.dataset.length}: use the data the run began with.`,
      );
    if (batchSize !== this.batchSize)
      fail(
        `the state is of batches of ${batchSize}, this loader makes ${this.batchSize}: use the batch size the run began with.`,
      );
    if (!(Number.isInteger(epoch) && epoch >= 0)) fail(`epoch must be a whole number from 0, got ${epoch}.`);
    if (!(Number.isInteger(nextBatch) && nextBatch >= 0 && nextBatch <= this.length))
      fail(`nextBatch must be 0 to ${this.length}, got ${nextBatch}.`);
    if (orderSeed === null ? nextBatch !== 0 : !(Number.isInteger(orderSeed) && orderSeed >= 0 && orderSeed < 2 ** 32))
      fail(`orderSeed must be a 32-bit number, or null before batch 0; got ${orderSeed} at batch ${nextBatch}.`);
    if ((generator !== null) !== this.#ownsGenerator)
      fail(
        `the state ${generator ? "has" : "has no"} generator of the loader's own: make the loader ${generator ? "with" : "without"} a seed, as then.`,
      );
    if (generator) this.#generator.setState(generator);
    this.#epoch = epoch;
    this.#early = undefined;
    this.#progress = orderSeed === null ? undefined : { orderSeed, next: nextBatch };
    this.#resuming = orderSeed !== null;
  }

  /** The loaded epoch, or a new one. An epoch that was broken off counts as one. */
  #begin(): { orderSeed: number; next: number } {
    if (this.#progress && !this.#resuming) this.#epoch++;
    if (!this.#progress || !this.#resuming)
      this.#progress = { orderSeed: this.#drawOrderSeed(this.#generator), next: 0 };
    this.#resuming = false;
    return this.#progress;
  }

  /** torch's draws at the start of an epoch. Only the low half of a 64-bit seed reaches the sampler's engine. */
  #drawOrderSeed(generator: Generator): number {
    const draws = this.#shuffle ? 4 : 2;
    let last = 0;
    for (let i = 0; i < draws; i++) last = generator.random();
    return this.#shuffle ? last : 0;
  }

  /** What was begun for this very epoch; else it is dropped. */
  #takeEarly({ orderSeed, next }: { orderSeed: number; next: number }, seed: bigint): Promise<Batch>[] {
    const early = this.#early;
    this.#early = undefined;
    if (!early || next > 0 || early.epoch !== this.#epoch || early.seed !== seed) return [];
    if (early.orderSeed === orderSeed) return early.batches;
    this.#unforeseen = true;
    return [];
  }

  #order(orderSeed: number): Int32Array {
    const n = this.dataset.length;
    return this.#shuffle ? randperm(new Generator(orderSeed), n) : Int32Array.from({ length: n }, (_, i) => i);
  }

  #indices(order: Int32Array, batch: number): Int32Array {
    return order.slice(batch * this.batchSize, (batch + 1) * this.batchSize);
  }
}

interface Early {
  readonly orderSeed: number;
  readonly epoch: number;
  readonly seed: bigint;
  readonly order: Int32Array;
  readonly batches: Promise<Batch>[];
}

/**
 * Batches `from` … `to − 1` in order, the first of which are `begun`, with up to `depth` more under way while the caller has
 * one; where this epoch has no more, those are the first of the next one.
 */
async function* ahead(
  make: MakeBatch,
  indices: (order: Int32Array, batch: number) => Int32Array,
  { order, epoch, from, to, depth }: { order: Int32Array; epoch: number; from: number; to: number; depth: number },
  begun: Promise<Batch>[],
  early: () => Early | undefined,
): AsyncGenerator<Batch, void, undefined> {
  const waiting = begun;
  let next = from + begun.length;
  while (next < to || waiting.length > 0) {
    while (next < to && waiting.length <= depth) {
      const batch = make(indices(order, next), epoch, next);
      next++;
      if (!(batch instanceof Promise)) {
        yield batch; // made at once: nothing to run ahead of
        continue;
      }
      batch.catch(() => {}); // a failure is reported when its turn comes, or not at all if the caller has stopped
      waiting.push(batch);
    }
    const first = waiting.shift();
    if (!first) continue;
    // With depth 0 nothing is read ahead; of an epoch of a few batches no more than it has.
    const following = next === to && waiting.length < depth ? early() : undefined;
    while (following && waiting.length + following.batches.length < Math.min(depth, to)) {
      const k = following.batches.length;
      const batch = make(indices(following.order, k), following.epoch, k);
      if (!(batch instanceof Promise)) break;
      batch.catch(() => {});
      following.batches.push(batch);
    }
    yield await first;
  }
}
