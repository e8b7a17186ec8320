import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { macrotask } from "../base/event-loop.ts";
import { defaultGenerator, Generator, manualSeed } from "../base/rng/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import type { Batch, BatchSource } from "./batch.ts";
import { DataLoader, type DataLoaderOptions } from "./data-loader.ts";
import { ArrayImageSet, type Dataset, type Sample } from "./dataset.ts";
import { subset } from "./subset.ts";
import { compose, normalize, randomCrop, randomHorizontalFlip, resize, toTensor } from "./transforms/index.ts";

const golden = JSON.parse(readFileSync(new URL("../../test/golden/data-loader.json", import.meta.url), "utf8")) as {
  source: string;
  loaders: {
    seed: number;
    items: number;
    batchSize: number;
    shuffle: boolean;
    epochs: { batches: number[][]; then: number }[];
  }[];
};

function pictures(length: number, size = 4): ArrayImageSet {
  const random = new Generator(1);
  const pixels = Uint8Array.from({ length: length * 3 * size * size }, () => random.random());
  const labels = Array.from({ length }, (_, i) => i % 10);
  return new ArrayImageSet(pixels, labels, [3, size, size], [..."0123456789"]);
}

/** The same pictures, but each through a promise. */
function slow(set: ArrayImageSet, onGet: (index: number) => void = () => {}): Dataset<Sample> {
  return {
    length: set.length,
    async get(index) {
      onGet(index);
      await macrotask();
      return set.get(index);
    },
  };
}

async function collect(loader: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}
const indicesOf = (batches: Batch[]) => batches.map(({ indices }) => [...indices]);
const augment = compose([randomCrop(4, { padding: 2 }), randomHorizontalFlip(), toTensor(), normalize(0.5, 0.25)]);

describe(`the order of ${golden.source}`, () => {
  test.each(golden.loaders)("seed $seed, $items items, batches of $batchSize, shuffle $shuffle", async (c) => {
    manualSeed(c.seed);
    const loader = new DataLoader(pictures(c.items), { batchSize: c.batchSize, shuffle: c.shuffle });
    for (const { batches, then } of c.epochs) {
      expect(indicesOf(await collect(loader))).toEqual(batches);
      expect(defaultGenerator.random() % 1000).toBe(then); // the global stream stands where torch's does
    }
  });
  test("a seed of its own leaves the default generator alone", async () => {
    manualSeed(3);
    const [expected] = golden.loaders;
    const loader = new DataLoader(pictures(expected!.items), {
      batchSize: expected!.batchSize,
      shuffle: true,
      seed: expected!.seed,
    });
    expect(indicesOf(await collect(loader))).toEqual(expected!.epochs[0]!.batches);
    expect(defaultGenerator.random()).toBe(new Generator(3).random());
  });
});

describe("batches", () => {
  test("images, labels, shape and indices belong together", async () => {
    const set = pictures(5);
    const [first, last] = await collect(new DataLoader(set, { batchSize: 3 }));
    expect(first).toMatchObject({ count: 3, shape: [3, 3, 4, 4], epoch: 0, index: 0, labels: Int32Array.of(0, 1, 2) });
    expect(last).toMatchObject({ count: 2, shape: [2, 3, 4, 4], epoch: 0, index: 1, indices: Int32Array.of(3, 4) });
    expect(last!.images).toEqual(Float32Array.from(set.pixels.subarray(3 * 48), (byte) => byte / 255));
  });
  test.each([
    { items: 10, dropLast: false, length: 4, counts: [3, 3, 3, 1] },
    { items: 10, dropLast: true, length: 3, counts: [3, 3, 3] },
    { items: 9, dropLast: true, length: 3, counts: [3, 3, 3] },
    { items: 2, dropLast: true, length: 0, counts: [] },
    { items: 0, dropLast: false, length: 0, counts: [] },
  ])("$items items, dropLast $dropLast: $counts", async ({ items, dropLast, length, counts }) => {
    const loader = new DataLoader(pictures(items), { batchSize: 3, dropLast });
    expect(loader.length).toBe(length);
    expect((await collect(loader)).map(({ count }) => count)).toEqual(counts);
  });
  test("memory or promises, fused or step by step: the same bits", async () => {
    const set = pictures(11);
    const options: DataLoaderOptions = { batchSize: 4, shuffle: true, seed: 9 };
    const fused = await collect(new DataLoader(set, { ...options, transform: augment }));
    const promised = await collect(new DataLoader(slow(set), { ...options, transform: augment }));
    const part = subset(
      set,
      Array.from({ length: 11 }, (_, i) => i),
    );
    const stepwise = compose([resize(4, { interpolation: "nearest" }), augment]); // resize is not fused; here it does nothing
    expect(promised).toEqual(fused);
    expect(await collect(new DataLoader(part, { ...options, transform: stepwise }))).toEqual(fused);
  });
});

describe("augmentation", () => {
  const set = pictures(12);
  /** Each sample's picture, whatever batch it came in. */
  const bySample = async (options: DataLoaderOptions, epochs = 1) => {
    const loader = new DataLoader(set, { transform: augment, ...options });
    let batches: Batch[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) batches = await collect(loader);
    const out: Float32Array[] = [];
    for (const { images, indices, count } of batches)
      indices.forEach((i, k) => {
        out[i] = images.slice((k * images.length) / count, ((k + 1) * images.length) / count);
      });
    return out;
  };
  test("depends on seed, epoch and index, not on batches or order", async () => {
    const one = await bySample({ seed: 5, batchSize: 1 });
    expect(await bySample({ seed: 5, batchSize: 5, shuffle: true })).toEqual(one);
    expect(await bySample({ seed: 5, batchSize: 5, generator: new Generator(77) })).toEqual(one);
    expect(await bySample({ seed: 6 })).not.toEqual(one);
    expect(await bySample({ seed: 5 }, 2)).not.toEqual(one);
  });
});

describe("going on after a stop", () => {
  test.each([0, 1, 2, 5, 6])("after %i batches", async (stop) => {
    const set = pictures(9);
    const options: DataLoaderOptions = { batchSize: 3, shuffle: true, seed: 4, transform: augment };
    const whole = new DataLoader(set, options);
    const expected = [...(await collect(whole)), ...(await collect(whole)), ...(await collect(whole))];

    const killed = new DataLoader(set, options);
    let state = killed.state();
    for (let seen = 0; seen < stop; )
      for await (const _ of killed) {
        state = structuredClone(killed.state()); // saved while the batch is in hand
        if (++seen === stop) break;
      }

    const resumed = new DataLoader(set, options);
    resumed.load(state);
    const rest: Batch[] = [];
    while (resumed.epoch < 3) rest.push(...(await collect(resumed)));
    expect(rest).toEqual(expected.slice(stop));
  });

  test("with the default generator: restored on its own, it moves no further", async () => {
    const set = pictures(9);
    manualSeed(8);
    const killed = new DataLoader(set, { batchSize: 3, shuffle: true });
    const iterator = killed[Symbol.asyncIterator]();
    await iterator.next();
    const dropout = defaultGenerator.random(); // someone else draws, as dropout does
    const saved = { loader: killed.state(), generator: defaultGenerator.getState() };
    const rest = [(await iterator.next()).value, (await iterator.next()).value];
    await iterator.next();
    const nextEpoch = await collect(killed);
    expect(dropout).toBeGreaterThan(0);

    manualSeed(1234);
    const resumed = new DataLoader(set, { batchSize: 3, shuffle: true });
    resumed.load(saved.loader);
    defaultGenerator.setState(saved.generator);
    expect(await collect(resumed)).toEqual(rest);
    expect(await collect(resumed)).toEqual(nextEpoch);
  });

  test("an epoch broken off without loading is over", async () => {
    const loader = new DataLoader(pictures(9), { batchSize: 3, shuffle: true, seed: 0 });
    for await (const _ of loader) break;
    expect(loader.state()).toMatchObject({ epoch: 0, nextBatch: 1 });
    const second = await collect(loader);
    expect(second.map(({ epoch, index }) => [epoch, index])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    expect(loader.state()).toMatchObject({ epoch: 2, nextBatch: 0, orderSeed: null });
  });

  test("refuses states that do not fit", () => {
    const loader = new DataLoader(pictures(9), { batchSize: 3, seed: 0 });
    const state = loader.state();
    expect(() => loader.load({ ...state, items: 8 })).toThrow(/set of 8 items, this one has 9/);
    expect(() => loader.load({ ...state, batchSize: 4 })).toThrow(/batches of 4, this loader makes 3/);
    expect(() => loader.load({ ...state, nextBatch: 4, orderSeed: 1 })).toThrow(/0 to 3, got 4/);
    expect(() => loader.load({ ...state, nextBatch: 2 })).toThrow(/orderSeed/);
    expect(() => loader.load({ ...state, generator: null })).toThrow(/without a seed/);
    expect(() => loader.load({ ...state, epoch: -1 })).toThrow(ArgumentError);
  });
});

describe("reading ahead", () => {
  test.each([0, 1, 3])("prefetch %i: so many batches more than the one in hand, and no more", async (prefetch) => {
    let asked = 0;
    const set = slow(pictures(40), () => asked++);
    let seen = 0;
    for await (const batch of new DataLoader(set, { batchSize: 2, prefetch })) {
      seen++;
      for (let i = 0; i < 5; i++) await macrotask(); // time enough to run too far
      expect(asked).toBe(Math.min(40, 2 * (seen + prefetch)));
      expect(batch.index).toBe(seen - 1);
    }
    expect(seen).toBe(20);
  });
  test("with shuffle into the next epoch, which is what it is without", async () => {
    const options = { batchSize: 3, shuffle: true, seed: 5 };
    const memory = new DataLoader(pictures(12), options);
    let asked = 0;
    const loader = new DataLoader(
      slow(pictures(12), () => asked++),
      options,
    );
    for (const epoch of [1, 2, 3]) {
      expect(await collect(loader)).toEqual(await collect(memory));
      expect(loader.state()).toEqual(memory.state());
      expect(asked).toBe(12 * epoch + 6);
    }
    memory.load({ ...memory.state(), epoch: 7 });
    loader.load({ ...loader.state(), epoch: 7 });
    expect(await collect(loader)).toEqual(await collect(memory));
  });
  test("no further where dropout draws from the generator, too", async () => {
    let asked = 0;
    const epochs = async (set: Dataset<Sample>) => {
      manualSeed(3);
      const loader = new DataLoader(set, { batchSize: 3, shuffle: true });
      const out: Batch[] = [];
      for (let epoch = 0; epoch < 3; epoch++)
        for await (const batch of loader) {
          out.push(batch);
          defaultGenerator.random();
        }
      return out;
    };
    const expected = await epochs(pictures(12));
    expect(await epochs(slow(pictures(12), () => asked++))).toEqual(expected);
    expect(asked).toBe(3 * 12 + 6); // two batches in vain, once
  });
  test("a failing sample is reported when its batch comes; none after a stop", async () => {
    const set = pictures(8);
    const failing: Dataset<Sample> = {
      length: 8,
      get: (i) => (i === 5 ? Promise.reject(new Error("sample 5 is broken")) : Promise.resolve(set.get(i))),
    };
    const seen: number[] = [];
    const read = async () => {
      for await (const batch of new DataLoader(failing, { batchSize: 2 })) seen.push(batch.index);
    };
    await expect(read()).rejects.toThrow("sample 5 is broken");
    expect(seen).toEqual([0, 1]);
    for await (const _ of new DataLoader(failing, { batchSize: 2 })) break;
    await macrotask(); // an unhandled rejection would fail the run here
  });
  test("samples of different sizes are refused by name and size", async () => {
    const mixed: Dataset<Sample> = {
      length: 2,
      get: async (i) => ({ data: new Uint8Array(3 * (4 + i)), channels: 3, height: 1, width: 4 + i, label: 0 }),
    };
    await expect(collect(new DataLoader(mixed, { batchSize: 2 }))).rejects.toThrow(
      /sample 1 is 3×1×5, sample 0 .* 3×1×4/,
    );
  });
  test("other work gets its turn during an epoch of steps that never wait", async () => {
    let turn = false;
    setImmediate(() => {
      turn = true;
    });
    for await (const _ of new DataLoader(pictures(4000), { batchSize: 8 })) {
      const until = Date.now() + 3;
      while (Date.now() < until); // a training step
      if (turn) break;
    }
    expect(turn).toBe(true);
  });
});

describe("refuses", () => {
  test.each([0, -1, 1.5, Number.NaN])("batchSize %s", (batchSize) => {
    expect(() => new DataLoader(pictures(2), { batchSize })).toThrow(/whole number from 1/);
  });
  test("prefetch -1", () => {
    expect(() => new DataLoader(pictures(2), { prefetch: -1 })).toThrow(ArgumentError);
  });
  test("a transform that leaves bytes", async () => {
    await expect(collect(new DataLoader(pictures(2), { transform: randomHorizontalFlip() }))).rejects.toThrow(
      /end it with toTensor/,
    );
  });
});

describe("a set that makes its own batches", () => {
  /** Leaves out the samples that `bad` names. */
  const source = (length: number, bad: (index: number) => boolean): Dataset<Sample> & BatchSource => ({
    length,
    get: () => {
      throw new Error("not asked for");
    },
    batches: () => async (all, epoch, index) => {
      const indices = all.filter((i) => !bad(i));
      const count = indices.length;
      return {
        images: new Float32Array(count),
        labels: indices,
        count,
        shape: [count, 1, 1, 1],
        indices,
        epoch,
        index,
      };
    },
  });

  test("is asked for them; empty ones are passed over, and counted for going on", async () => {
    const loader = new DataLoader(
      source(6, (i) => i === 2 || i === 3 || i === 5),
      { batchSize: 2 },
    );
    const batches = await collect(loader);
    expect(batches.map(({ indices }) => [...indices])).toEqual([[0, 1], [4]]);
    expect(batches.map(({ index }) => index)).toEqual([0, 2]);
    expect(loader.epoch).toBe(1);
  });
  test("with nothing that can be read is an error, not an epoch of nothing", async () => {
    await expect(collect(new DataLoader(source(4, () => true)))).rejects.toThrow(/none of the 4 samples could be read/);
  });
  test("time waited for batches is counted", async () => {
    const slow: Dataset<Sample> = {
      length: 2,
      get: async (i) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return pictures(2).get(i);
      },
    };
    const loader = new DataLoader(slow, { prefetch: 0 });
    expect(loader.waitedMs).toBe(0);
    await collect(loader);
    expect(loader.waitedMs).toBeGreaterThan(40);
  });
});

describe("passing: batches for those who copy them at once", () => {
  const options = { batchSize: 4, shuffle: true, seed: 2, transform: augment };
  test("the same numbers in one array; otherwise every batch has its own", async () => {
    const own = await collect(new DataLoader(pictures(12), options));
    expect(new Set(own.map(({ images }) => images)).size).toBe(3);
    const arrays = new Set<Float32Array>();
    const seen: Float32Array[] = [];
    for await (const { images } of DataLoader.passing(new DataLoader(pictures(12), options))) {
      arrays.add(images);
      seen.push(images.slice());
    }
    expect(arrays.size).toBe(1);
    expect(seen).toEqual(own.map(({ images }) => images));
  });
  test("a smaller batch at the end has its own size", async () => {
    const lengths: number[] = [];
    for await (const { images } of DataLoader.passing(new DataLoader(pictures(10), options)))
      lengths.push(images.length);
    expect(lengths).toEqual([4, 4, 2].map((count) => count * 48));
  });
  test("loaders of one's own, and those whose batches are mixed, stay as they are", async () => {
    class Kept extends DataLoader {
      override async *[Symbol.asyncIterator]() {
        yield* await collect({ [Symbol.asyncIterator]: () => super[Symbol.asyncIterator]() });
      }
    }
    const kept = new Kept(pictures(12), options);
    expect(DataLoader.passing(kept)).toBe(kept);
    const batchTransform = { name: "same", apply: (batch: Batch) => batch, toJSON: () => ({ name: "same" }) };
    const mixed = new DataLoader(pictures(12), { ...options, batchTransform });
    expect(DataLoader.passing(mixed)).toBe(mixed);
  });
});
