import { describe, expect, test } from "vitest";
import { registerBackend, setDefaultDevice, tensor } from "../autograd/index.ts";
import { createReference } from "../backends/reference.ts";
import { Generator } from "../base/rng/index.ts";
import { ArrayImageSet, type Batch, DataLoader, SampleRandom, toTensors } from "../data/index.ts";
import { crossEntropy } from "../ops/index.ts";
import { batchTransformFromJSON, cutMix, mixUp, randomChoice } from "./index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

/** Four pictures of one value each: 0, 1, 2, 3; labels 0, 1, 2, 0. */
function batch(height = 6, width = 8): Batch {
  const size = 2 * height * width;
  const images = Float32Array.from({ length: 4 * size }, (_, i) => Math.floor(i / size));
  const common = { indices: Int32Array.of(0, 1, 2, 3), epoch: 0, index: 0 };
  return { images, labels: Int32Array.of(0, 1, 2, 0), count: 4, shape: [4, 2, height, width], ...common };
}

const targetsOf = ({ targets }: Batch) => Array.from({ length: 4 }, (_, n) => [...targets!.subarray(3 * n, 3 * n + 3)]);

describe("mixUp", () => {
  test.each([0.2, 1, 5])("alpha %d: pictures and targets are mixed by one share", (alpha) => {
    for (let seed = 0; seed < 20; seed++) {
      const { images, targets, labels } = mixUp({ numClasses: 3, alpha }).apply(batch(), new Generator(seed));
      const lambda = images[2 * 48 * 2]! - 1; // picture 2 of value 2 with picture 1 of value 1
      expect(lambda).toBeGreaterThanOrEqual(0);
      expect(lambda).toBeLessThanOrEqual(1);
      const rows = Array.from({ length: 4 }, (_, n) => [...targets!.subarray(3 * n, 3 * n + 3)]);
      const expected = [
        [1, 0, 0],
        [1 - lambda, lambda, 0],
        [0, 1 - lambda, lambda],
        [lambda, 0, 1 - lambda],
      ];
      for (const [n, row] of rows.entries())
        for (const [c, value] of row.entries()) expect(value).toBeCloseTo(expected[n]![c]!, 5);
      expect([...labels]).toEqual([0, 1, 2, 0]);
    }
  });
  test("shares have Beta's mean and variance", () => {
    for (const alpha of [0.2, 1, 4]) {
      const random = new Generator(3);
      const shares = Array.from(
        { length: 4000 },
        () => mixUp({ numClasses: 3, alpha }).apply(batch(1, 1), random).targets![4]!,
      );
      const mean = shares.reduce((a, b) => a + b) / shares.length;
      const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
      const expected = 1 / (4 * (2 * alpha + 1));
      expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / shares.length)); // four standard errors
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.1);
    }
  });
});

describe("cutMix", () => {
  test("a box of the picture before, and targets by its area", () => {
    for (let seed = 0; seed < 40; seed++) {
      const out = cutMix({ numClasses: 3 }).apply(batch(), new Generator(seed));
      const second = out.images.subarray(96, 192);
      const replaced = second.filter((value) => value === 0).length;
      expect(second.filter((value) => value === 1).length).toBe(96 - replaced);
      expect([...second.subarray(0, 48)]).toEqual([...second.subarray(48)]); // the same box in both channels
      const rows = second
        .subarray(0, 48)
        .reduce((set, value, i) => (value === 0 ? set.add(Math.floor(i / 8)) : set), new Set<number>());
      if (replaced > 0) expect((replaced / 2) % rows.size).toBe(0); // a rectangle
      expect(targetsOf(out)[1]![1]).toBeCloseTo(1 - replaced / 96, 6);
      expect(targetsOf(out)[1]![0]).toBeCloseTo(replaced / 96, 6);
    }
  });
});

test("mixed targets go into the loss as shares, through the loader, decided by the seed", async () => {
  const set = new ArrayImageSet(
    Uint8Array.from({ length: 10 * 16 }, (_, i) => i),
    [0, 1, 2, 0, 1, 2, 0, 1, 2, 0],
    [1, 4, 4],
    ["a", "b", "c"],
  );
  const batchTransform = randomChoice([mixUp({ numClasses: 3 }), cutMix({ numClasses: 3 })]);
  const read = async (batchSize: number) => {
    const loader = new DataLoader(set, { batchSize, seed: 5, shuffle: true, batchTransform });
    const batches: Batch[] = [];
    for await (const one of loader) batches.push(one);
    return batches;
  };
  const [first, second] = [await read(4), await read(4)];
  expect(first).toEqual(second);
  expect(first.map(({ targets }) => targets!.length)).toEqual([12, 12, 6]);
  const { labels } = toTensors(first[0]!);
  expect([labels.dtype, labels.shape]).toEqual(["float32", [4, 3]]);
  const even = await crossEntropy(
    tensor([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]),
    labels,
  ).item();
  expect(even).toBeCloseTo(Math.log(3), 5);
});

test("batch transforms come back from JSON, and refuse what is none", () => {
  const spec = {
    name: "randomChoice",
    transforms: [
      { name: "mixUp", numClasses: 3, alpha: 0.2 },
      { name: "cutMix", numClasses: 3, alpha: 1 },
    ],
  };
  const made = batchTransformFromJSON(spec);
  expect(made.toJSON()).toEqual(spec);
  const draw = () => new SampleRandom().start(1n, 2, 3);
  expect(made.apply(batch(), draw())).toEqual(batchTransformFromJSON(spec).apply(batch(), draw()));
  expect(() => batchTransformFromJSON({ name: "mix" })).toThrow(/mixUp, cutMix, randomChoice/);
  expect(() => batchTransformFromJSON({ name: "mixUp" })).toThrow(/num-?[cC]lasses/);
  expect(() => mixUp({ numClasses: 2 }).apply(batch(), new Generator(0))).toThrow(/label 2 of sample 2/);
  expect(() => cutMix({ numClasses: 3, alpha: 0 })).toThrow(/above 0/);
});
