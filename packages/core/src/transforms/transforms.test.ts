import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { farthest, type GoldenCase, goldenArray, goldenPicture } from "../../test/golden-pictures.ts";
import { Generator } from "../base/rng/index.ts";
import { type Picture, SampleRandom } from "../data/index.ts";
import { ArgumentError, DataError } from "../errors/errors.ts";
import {
  augMix,
  autoAugment,
  colorJitter,
  compose,
  elasticTransform,
  gaussianBlur,
  gaussianNoise,
  grayscale,
  pad,
  randAugment,
  randomAdjustSharpness,
  randomAffine,
  randomApply,
  randomAutocontrast,
  randomChannelPermutation,
  randomEqualize,
  randomErasing,
  randomGrayscale,
  randomHorizontalFlip,
  randomInvert,
  randomOrder,
  randomPerspective,
  randomPhotometricDistort,
  randomPosterize,
  randomResizedCrop,
  randomRotation,
  randomSolarize,
  randomVerticalFlip,
  resize,
  type Transform,
  toDtype,
  toTensor,
  transformFromJSON,
  trivialAugmentWide,
} from "./index.ts";

interface SeededCase extends GoldenCase {
  readonly spec: { readonly name: string };
  readonly seed: number;
  readonly next: number;
}
const golden = JSON.parse(readFileSync(new URL("../../test/golden/transforms.json", import.meta.url), "utf8")) as {
  source: string;
  seeded: SeededCase[];
};

describe(`random transforms draw and compute what ${golden.source} does`, () => {
  test.each(golden.seeded)("$spec, seed $seed", (c) => {
    const random = new Generator(c.seed);
    const transform = transformFromJSON(c.spec);
    const out = transform.apply(goldenPicture(c), random);
    const expected = goldenArray(c);
    expect([out.channels, out.height, out.width]).toEqual(c.shape);
    expect(transform.outputShape(c.input)).toEqual(c.shape);
    if (c.floats) expect(farthest(expected, out.data)).toBeLessThan(floatRoomOf(c));
    else expect(straying(expected, out.data)).toBeLessThanOrEqual(roomOf(c));
    expect(random.random() % (2 ** 31 - 1)).toBe(c.next);
  });
});

/** How many bytes are not the same. */
function straying(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => (value === b[i] ? 0 : 1)).filter((stray) => stray === 1).length;
}

/**
 * Places are coordinates of −1 … 1 in float32: 8 ε of them, in pixels, times the largest step from one pixel to the next,
 * which is 1 within the picture and up to `fill` at its edge.
 */
function floatRoomOf({ spec, shape }: SeededCase): number {
  if (spec.name !== "randomPerspective" && spec.name !== "elasticTransform") return 2 ** -21;
  const fill = [(spec as { fill?: number | number[] }).fill ?? 0].flat();
  return 8 * 2 ** -23 * (Math.max(...shape.slice(1)) / 2) * Math.max(1, ...fill);
}

/**
 * All bytes are the same but for two cases, where float32 decides a tie by the order of its sums: one byte of a resized
 * crop lies on a half, and one shear puts a row of places halfway between two pixels.
 */
function roomOf({ spec, seed, shape }: SeededCase): number {
  if (spec.name === "randomResizedCrop" && seed === 0) return 1;
  return (spec as { policy?: string }).policy === "svhn" && seed === 11 ? shape[0] * shape[2] : 0;
}

const photo: Picture = goldenPicture({ kind: "smooth", input: [3, 21, 17], floats: false });
const every: Transform[] = [
  randomVerticalFlip(0.3),
  pad([1, 2, 3, 4], { fill: [1, 2, 3] }),
  pad(2, { paddingMode: "symmetric" }),
  randomResizedCrop([8, 6], { scale: [0.2, 0.9], interpolation: "bicubic" }),
  randomResizedCrop(9, { numerics: "pillow" }),
  randomRotation([5, 20], { interpolation: "bilinear", fill: [9, 8, 7], center: [1, 2] }),
  randomPerspective({ distortionScale: 0.4, p: 0.8, fill: [1, 2, 3] }),
  elasticTransform({ alpha: [20, 10], sigma: 1 }),
  randomAffine(10, { translate: [0.1, 0.2], scale: [0.8, 1.2], shear: 5 }),
  randomAffine([0, 3], { shear: [1, 2, 3, 4], fill: 3 }),
  colorJitter({ brightness: 0.3, contrast: [0.5, 2], saturation: 1, hue: [-0.1, 0.2] }),
  grayscale(),
  grayscale(3),
  randomGrayscale(0.7),
  gaussianBlur([3, 5], 0.7),
  randomErasing({ p: 1, value: "random" }),
  randomErasing({ p: 0.9, scale: [0.1, 0.2], ratio: [1, 2], value: [1, 2, 3] }),
  autoAugment("svhn", { fill: 128 }),
  randAugment({ numOps: 3, magnitude: 4, numMagnitudeBins: 10, interpolation: "bilinear" }),
  trivialAugmentWide({ numMagnitudeBins: 11 }),
  randomInvert(0.4),
  randomPosterize(3),
  randomSolarize(90, 0.6),
  randomAutocontrast(),
  randomEqualize(),
  randomAdjustSharpness(0.3),
  randomChannelPermutation(),
  randomPhotometricDistort({ p: 0.8 }),
  randomApply([randomInvert(), gaussianBlur(3)], 0.7),
  randomOrder([randomInvert(1), randomSolarize(60)]),
  augMix({ severity: 5, alpha: 0.5, mixtureWidth: 2, fill: 9 }),
  compose([toTensor(), gaussianNoise({ sigma: 0.2 })]),
  toDtype("float32", { scale: true }),
  resize([9, 8], { interpolation: "bicubic", antialias: false }),
  compose([randomResizedCrop(12), randomHorizontalFlip(), randAugment(), toTensor()]),
];

describe("every transform", () => {
  test.each(every.map((transform) => ({ transform, json: JSON.stringify(transform) })))(
    "$json",
    ({ transform, json }) => {
      const again = transformFromJSON(JSON.parse(json));
      expect(again.toJSON()).toEqual(JSON.parse(json));
      const before = photo.data.slice();
      for (let index = 0; index < 5; index++) {
        const draw = () => new SampleRandom().start(7n, 0, index);
        const out = transform.apply(photo, draw());
        expect(again.apply(photo, draw())).toEqual(out); // and the seed alone decides
        expect([out.channels, out.height, out.width]).toEqual(transform.outputShape([3, 21, 17]));
        expect(out.data.length).toBe(out.channels * out.height * out.width);
      }
      expect(photo.data).toEqual(before);
    },
  );
});

describe("descriptions that are none", () => {
  test.each([
    { spec: { name: "randomResizedCrop" }, text: /size must be/ },
    { spec: { name: "randomResizedCrop", size: "large" }, text: /size must be/ },
    { spec: { name: "randomResizedCrop", size: 8, scale: 3 }, text: /scale must be \[low, high\] from 0/ },
    { spec: { name: "randomResizedCrop", size: 8, ratio: [0, 1] }, text: /ratio must be above 0/ },
    { spec: { name: "pad" }, text: /padding must be/ },
    { spec: { name: "pad", padding: 1, paddingMode: "wrap" }, text: /one of constant, edge/ },
    { spec: { name: "randomRotation" }, text: /degrees must be/ },
    { spec: { name: "randomRotation", degrees: 3, interpolation: "bicubic" }, text: /"nearest" or "bilinear"/ },
    { spec: { name: "randomAffine", degrees: 0, translate: [2, 0] }, text: /two shares/ },
    { spec: { name: "randomAffine", degrees: 0, scale: [0, 1] }, text: /above 0/ },
    { spec: { name: "randomAffine", degrees: 0, shear: "x" }, text: /shear must be/ },
    { spec: { name: "colorJitter", hue: 0.7 }, text: /hue must be .* from -0.5 to 0.5/ },
    { spec: { name: "colorJitter", brightness: "bright" }, text: /brightness must be/ },
    { spec: { name: "grayscale", numOutputChannels: 2 }, text: /1 or 3, got 2/ },
    { spec: { name: "randomGrayscale", p: 2 }, text: /between 0 and 1/ },
    { spec: { name: "gaussianBlur", kernelSize: 4 }, text: /odd/ },
    { spec: { name: "gaussianBlur" }, text: /odd/ },
    { spec: { name: "randomErasing", value: "black" }, text: /"random"/ },
    { spec: { name: "autoAugment", policy: "mnist" }, text: /imagenet, cifar10, svhn/ },
    { spec: { name: "randAugment", magnitude: 31 }, text: /from 0 to 30, got 31/ },
    { spec: { name: "randAugment", fill: "red" }, text: /fill must be/ },
    { spec: { name: "toDtype", dtype: "int8" }, text: /uint8, float32/ },
    { spec: { name: "randomPerspective", distortionScale: 2 }, text: /between 0 and 1, got 2/ },
    { spec: { name: "randomPerspective", p: -1 }, text: /p must lie/ },
    { spec: { name: "elasticTransform", alpha: [1, 2, 3] }, text: /alpha must be one or two numbers/ },
    { spec: { name: "elasticTransform", interpolation: "bicubic" }, text: /nearest.*bilinear/ },
  ])("$spec", ({ spec, text }) => {
    expect(() => transformFromJSON(spec)).toThrow(ArgumentError);
    expect(() => transformFromJSON(spec)).toThrow(text);
  });
  test("unknown names list what there is", () => {
    expect(() => transformFromJSON([{ name: "compose", transforms: [{ name: "solarise" }] }])).toThrow(DataError);
    expect(() => transformFromJSON({ name: "solarise" })).toThrow(/toTensor.*randAugment.*compose/);
  });
  test("floats where bytes are wanted", () => {
    const floats = toTensor().apply(photo);
    for (const transform of [autoAugment(), randAugment(), trivialAugmentWide()])
      expect(() => transform.apply(floats, new Generator(0))).toThrow(/before toTensor/);
  });
});

test("toDtype goes there and back, scaled or not", () => {
  const bytes: Picture = { data: Uint8Array.from({ length: 256 }, (_, i) => i), channels: 1, height: 16, width: 16 };
  for (const scale of [true, false]) {
    const floats = toDtype("float32", { scale }).apply(bytes);
    expect(floats.data[255]).toBe(scale ? 1 : 255);
    expect(toDtype("uint8", { scale }).apply(floats).data).toEqual(bytes.data);
  }
});
