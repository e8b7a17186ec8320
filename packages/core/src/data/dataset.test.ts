import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Generator } from "../base/rng/index.ts";
import { ArgumentError, DataError } from "../errors/errors.ts";
import { ArrayImageSet, type Dataset } from "./dataset.ts";
import { toChannels } from "./picture.ts";
import { SampleRandom } from "./sample-random.ts";
import { meanStd } from "./statistics.ts";
import { ImageSubset, randomSplit, Subset, subset } from "./subset.ts";

const golden = JSON.parse(readFileSync(new URL("../../test/golden/data-loader.json", import.meta.url), "utf8")) as {
  source: string;
  splits: { seed: number; items: number; lengths: number[]; parts: number[][] }[];
};
const pixels = Uint8Array.from({ length: 3 * 8 }, (_, i) => i);
const set = new ArrayImageSet(pixels, [2, 0, 1], [2, 2, 2], ["a", "b", "c"]);
const numbers = (length: number): Dataset<number> => ({ length, get: (i) => i * 10 });

describe("ArrayImageSet", () => {
  test("shares its pixels", () => {
    expect(set.get(1)).toEqual({ data: pixels.subarray(8, 16), channels: 2, height: 2, width: 2, label: 0 });
    expect(set.image(2).buffer).toBe(pixels.buffer);
  });
  test("refuses pixels and labels that do not belong together, with both numbers", () => {
    expect(() => new ArrayImageSet(pixels, [0, 1], [2, 2, 2], ["a", "b"])).toThrow(
      /24 bytes .* 2 labels × 2×2×2 must have 16/,
    );
    expect(() => new ArrayImageSet(pixels, [0, 1, 2], [2, 2, 2], ["a", "b"])).toThrow(
      /picture 2 has label 2, but there are 2/,
    );
    expect(() => new ArrayImageSet(pixels, [0, 1], [2, 2, 2], ["a"])).toThrow(DataError);
  });
  test.each([-1, 3, 0.5, Number.NaN])("refuses index %s", (index) => {
    expect(() => set.get(index)).toThrow(ArgumentError);
    expect(() => set.label(index)).toThrow(ArgumentError);
    expect(() => set.offset(index)).toThrow(ArgumentError);
  });
});

describe("subset", () => {
  test("of pictures in memory stays one, without a copy", () => {
    const part = subset(subset(set, [2, 0]), [1, 1, 0]);
    expect(part).toBeInstanceOf(ImageSubset);
    expect([0, 1, 2].map((i) => part.label(i))).toEqual([2, 2, 1]);
    expect(part.pixels).toBe(pixels);
    expect(part.offset(2)).toBe(16);
    expect(part.get(2).data).toEqual(set.image(2));
  });
  test("of anything", async () => {
    const part = subset(numbers(5), [4, 0]);
    expect(part).toBeInstanceOf(Subset);
    expect([await part.get(0), await part.get(1)]).toEqual([40, 0]);
    expect(() => subset(numbers(5), [5])).toThrow(/index 5 is outside a set of 5/);
  });
});

describe("randomSplit", () => {
  test.each(golden.splits)(
    `$items items by $lengths: the indices of ${golden.source}`,
    ({ seed, items, lengths, parts }) => {
      const split = randomSplit(numbers(items), lengths, new Generator(seed));
      expect(split.map((part) => Array.from(part.indices))).toEqual(parts);
    },
  );
  test("refuses lengths that do not add up", () => {
    expect(() => randomSplit(set, [1, 1])).toThrow(/add up to 2, the set has 3/);
    expect(() => randomSplit(set, [4, -1])).toThrow(/must not be negative/);
    expect(() => randomSplit(set, [1.5, 1.5])).toThrow(ArgumentError);
  });
});

describe("meanStd", () => {
  test("by channel, over N, H and W", () => {
    const two = new ArrayImageSet(Uint8Array.of(0, 255, 51, 51, 0, 255, 51, 51), [0, 0], [2, 1, 2], ["a"]);
    const { mean, std } = meanStd(two);
    expect(mean).toEqual([0.5, 0.2]);
    expect(std).toEqual([0.5, 1]); // the second channel has one value only
  });
  test("of a subset counts that part alone", () => {
    expect(meanStd(subset(set, [0])).mean[0]).toBeCloseTo(1.5 / 255, 12);
  });
  test("refuses an empty set", () => {
    expect(() => meanStd(subset(set, []))).toThrow(/0 pictures/);
  });
});

describe("toChannels", () => {
  // Pillow: Image.new("RGB", (1, 1), c).convert("L") of pure red, green, blue and white.
  test.each([
    { rgb: [255, 0, 0], grey: 76 },
    { rgb: [0, 255, 0], grey: 150 },
    { rgb: [0, 0, 255], grey: 29 },
    { rgb: [255, 255, 255], grey: 255 },
  ])("$rgb is grey $grey", ({ rgb, grey }) => {
    const picture = { data: Uint8Array.from(rgb), channels: 3, height: 1, width: 1 };
    expect(toChannels(picture, 1)).toEqual({ data: Uint8Array.of(grey), channels: 1, height: 1, width: 1 });
  });
  test("grey to colour repeats the plane; other counts are refused", () => {
    const grey = { data: Float32Array.of(0.5, 0.25), channels: 1, height: 1, width: 2 };
    expect([...toChannels(grey, 3).data]).toEqual([0.5, 0.25, 0.5, 0.25, 0.5, 0.25]);
    expect(() => toChannels(grey, 2)).toThrow(/cannot make 2 channels of 1/);
  });
});

describe("SampleRandom", () => {
  const first = (seed: bigint, epoch: number, index: number) => {
    const random = new SampleRandom().start(seed, epoch, index);
    return [random.random(), random.random()];
  };
  test("starting again gives the same numbers, whatever was drawn before", () => {
    const random = new SampleRandom().start(7n, 1, 2);
    const numbers = [random.random(), random.random()];
    for (let i = 0; i < 5; i++) random.start(3n, i, 9).random();
    random.start(7n, 1, 2);
    expect([random.random(), random.random()]).toEqual(numbers);
  });
  test("seed (both halves), epoch and index all matter", () => {
    const seen = new Set<string>();
    for (const seed of [0n, 1n, 2n ** 32n, 2n ** 63n])
      for (let epoch = 0; epoch < 10; epoch++)
        for (let index = 0; index < 100; index++) seen.add(first(seed, epoch, index).join());
    expect(seen.size).toBe(4 * 10 * 100);
  });
  test("the first draws of neighbouring samples fill the range evenly", () => {
    const bins = new Array<number>(16).fill(0);
    for (let index = 0; index < 16_000; index++) bins[first(0n, 0, index)[0]! >>> 28]!++;
    // χ² with 15 degrees of freedom exceeds 37.7 once in a thousand.
    expect(bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(37.7);
  });
});
