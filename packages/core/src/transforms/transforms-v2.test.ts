import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type GoldenCase, goldenArray, goldenPicture } from "../../test/golden-pictures.ts";
import { Generator } from "../base/rng/index.ts";
import { mixChains } from "./aug-mix.ts";
import { augMix, gaussianNoise, randomApply, resize, toTensor, transformFromJSON } from "./index.ts";

interface SeededCase extends GoldenCase {
  readonly spec: {
    readonly name: string;
    readonly severity?: number;
    readonly chainDepth?: number;
    readonly allOps?: boolean;
  };
  readonly seed: number;
  readonly next: number;
  /** AugMix: the picture's own weight, then the chains'. */
  readonly weights?: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL("../../test/golden/transforms-v2.json", import.meta.url), "utf8")) as {
  source: string;
  seeded: SeededCase[];
};

describe(`draw and compute what ${golden.source} does`, () => {
  test.each(golden.seeded)("$spec, seed $seed", (c) => {
    const random = new Generator(c.seed);
    const given = goldenPicture(c);
    const [own = 0, ...weights] = c.weights ?? [];
    const { severity = 3, chainDepth = -1, allOps = true } = c.spec;
    const out = c.weights
      ? mixChains(given, own, weights, { severity, chainDepth, allOps, warp: { interpolation: "nearest" } }, random)
      : transformFromJSON(c.spec).apply(given, random);
    expect([out.channels, out.height, out.width]).toEqual(c.shape);
    const expected = Array.from(goldenArray(c));
    const apart = expected.map((value, i) => Math.abs(value - out.data[i]!)).filter((by) => by > 0);
    // Since 0.15 torchvision stretches and blends with one rounding where the first versions have two: a byte that lies on
    // the border falls on the other side, and equalize after that can move its level by some steps.
    const one = ["randomAutocontrast", "augMix"].includes(c.spec.name);
    expect(Math.max(0, ...apart)).toBeLessThanOrEqual(one ? (c.spec.name === "augMix" ? 6 : 1) : 0);
    expect(apart.length).toBeLessThanOrEqual(one ? expected.length / 5 : 0);
    expect(random.random() % 2 ** 20).toBe(c.next);
  });
});

test("augMix leaves a flat picture nearly flat: its weights add up to 1", () => {
  const flat = { data: new Uint8Array(3 * 64).fill(100), channels: 3, height: 8, width: 8 };
  const transform = augMix({ severity: 1, allOps: false });
  const random = new Generator(5);
  // At the lowest severity nothing but Solarize, Posterize and Equalize could change a flat picture, and they do not.
  for (let i = 0; i < 20; i++)
    for (const value of transform.apply(flat, random).data) expect(Math.abs(value - 100)).toBeLessThanOrEqual(4);
});

test("gaussianNoise has its mean and its deviation, and is cut at 0 and 1", () => {
  const grey = { data: new Float32Array(10_000).fill(0.5), channels: 1, height: 100, width: 100 };
  const data = Array.from(gaussianNoise({ mean: 0.1, sigma: 0.05 }).apply(grey, new Generator(1)).data);
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
  // 4 standard errors: 0.05/√10000 and 0.05/√20000.
  expect(Math.abs(mean - 0.6)).toBeLessThan(4 * 5e-4);
  expect(Math.abs(deviation - 0.05)).toBeLessThan(4 * 3.6e-4);
  const loud = gaussianNoise({ sigma: 5 }).apply(grey, new Generator(1)).data;
  expect([Math.min(...loud), Math.max(...loud)]).toEqual([0, 1]);
  expect(() => gaussianNoise().apply({ ...grey, data: new Uint8Array(10_000) })).toThrow(/after toTensor/);
});

test("randomApply refuses a list after which pictures differ in size", () => {
  expect(() => randomApply([resize([4, 4])]).outputShape([3, 8, 8])).toThrow(
    expect.objectContaining({ code: "shape" }),
  );
  expect(randomApply([resize([8, 8])]).outputShape([3, 8, 8])).toEqual([3, 8, 8]);
  expect(() => augMix().apply(toTensor().apply({ data: new Uint8Array(3), channels: 3, height: 1, width: 1 }))).toThrow(
    /before toTensor/,
  );
});

describe("descriptions that are none", () => {
  test.each([
    { spec: { name: "randomPosterize" }, code: "bits" },
    { spec: { name: "randomSolarize", threshold: -1 }, code: "threshold" },
    { spec: { name: "randomAdjustSharpness" }, code: "sharpness-factor" },
    { spec: { name: "randomInvert", p: 2 }, code: "probability" },
    { spec: { name: "randomApply" }, code: "transforms" },
    { spec: { name: "randomOrder", transforms: [] }, code: "transforms" },
    { spec: { name: "randomPhotometricDistort", hue: [0, 1] }, code: "hue" },
    { spec: { name: "gaussianNoise", sigma: -1 }, code: "sigma" },
    { spec: { name: "augMix", severity: 11 }, code: "severity" },
    { spec: { name: "augMix", alpha: 0 }, code: "alpha" },
    { spec: { name: "augMix", chainDepth: 0 }, code: "chain-depth" },
  ])("$spec", ({ spec, code }) => {
    expect(() => transformFromJSON(spec)).toThrow(expect.objectContaining({ code }));
  });
});
