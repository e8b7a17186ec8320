import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Generator } from "../../base/rng/index.ts";
import { DataError } from "../../errors/errors.ts";
import type { ImageShape } from "../dataset.ts";
import { compose } from "./compose.ts";
import { centerCrop, randomCrop } from "./crop.ts";
import { randomHorizontalFlip } from "./flip.ts";
import { transformFromJSON } from "./from-json.ts";
import { fuse } from "./fuse.ts";
import { permuteChannels } from "./permute-channels.ts";
import { normalize, toTensor } from "./pointwise.ts";
import { resize } from "./resize.ts";
import type { Transform } from "./transform.ts";

const golden = JSON.parse(readFileSync(new URL("../../../test/golden/data-loader.json", import.meta.url), "utf8")) as {
  source: string;
  normalize: { mean: number; std: number; values: number[] };
};
const cifar: [number[], number[]] = [
  [0.4914, 0.4822, 0.4465],
  [0.247, 0.2435, 0.2616],
];

function noise([channels, height, width]: ImageShape, seed: number) {
  const random = new Generator(seed);
  return {
    data: Uint8Array.from({ length: channels * height * width }, () => random.random()),
    channels,
    height,
    width,
  };
}

test(`toTensor and normalize: all 256 bytes have the bits of ${golden.source}`, () => {
  const { mean, std, values } = golden.normalize;
  const bytes = { data: Uint8Array.from({ length: 256 }, (_, i) => i), channels: 1, height: 16, width: 16 };
  const out = compose([toTensor(), normalize(mean, std)]).apply(bytes);
  expect(out.data).toEqual(Float32Array.from(values));
});

const pipelines: { name: string; transform: Transform; fused: boolean; shape: ImageShape }[] = [
  { name: "plain", transform: compose([toTensor()]), fused: true, shape: [3, 5, 4] },
  { name: "test time", transform: compose([toTensor(), normalize(...cifar)]), fused: true, shape: [3, 6, 7] },
  {
    name: "CIFAR training",
    transform: compose([randomCrop(8, { padding: 2 }), randomHorizontalFlip(), toTensor(), normalize(...cifar)]),
    fused: true,
    shape: [3, 8, 8],
  },
  {
    name: "floats first",
    transform: compose([
      toTensor(),
      randomHorizontalFlip(),
      randomCrop([4, 6], { padding: [1, 3] }),
      normalize(...cifar),
    ]),
    fused: true,
    shape: [3, 6, 7],
  },
  {
    name: "fill a channel, after normalize",
    transform: compose([toTensor(), normalize(...cifar), randomCrop(7, { padding: 2, fill: [0.1, -0.2, 3] })]),
    fused: true,
    shape: [3, 6, 7],
  },
  {
    name: "fill a byte cannot hold",
    transform: compose([randomCrop(7, { padding: 2, fill: 114.7 }), toTensor()]),
    fused: true,
    shape: [1, 6, 7],
  },
  {
    name: "two crops",
    transform: compose([
      randomCrop(7, { padding: 3 }),
      randomHorizontalFlip(),
      centerCrop([9, 5]),
      toTensor(),
      toTensor(),
    ]),
    fused: true,
    shape: [2, 6, 7],
  },
  {
    name: "reflected",
    transform: compose([randomCrop(8, { padding: 3, paddingMode: "reflect" }), toTensor()]),
    fused: true,
    shape: [1, 6, 7],
  },
  {
    name: "the same flip twice",
    transform: (() => {
      const flip = randomHorizontalFlip();
      return compose([flip, toTensor(), flip]);
    })(),
    fused: true,
    shape: [1, 3, 4],
  },
  {
    name: "two fills",
    transform: compose([randomCrop(7, { padding: 3, fill: 9 }), centerCrop(9), toTensor()]),
    fused: false,
    shape: [2, 6, 7],
  },
  {
    name: "resized",
    transform: compose([resize(9), randomCrop(8), toTensor(), normalize(0.5, 0.25)]),
    fused: false,
    shape: [1, 6, 7],
  },
];

describe("fuse", () => {
  test.each(pipelines)("$name: the bits of the step-by-step way", ({ transform, fused, shape }) => {
    const run = fuse(transform, shape);
    expect(run !== undefined).toBe(fused);
    if (!run) return;
    const [channels, height, width] = transform.outputShape(shape);
    for (let seed = 0; seed < 40; seed++) {
      const picture = noise(shape, seed);
      const pixels = Uint8Array.of(1, 2, 3, ...picture.data); // starts at 3
      const out = new Float32Array(2 + channels * height * width).fill(-7);
      run(pixels, 3, new Generator(seed), out, 2);
      const expected = transform.apply(picture, new Generator(seed));
      expect(out.subarray(2)).toEqual(expected.data);
      expect([expected.channels, expected.height, expected.width]).toEqual([channels, height, width]);
      expect([...out.subarray(0, 2)]).toEqual([-7, -7]);
    }
  });
  test("normalize before toTensor is left to the step that refuses it", () => {
    const wrong = compose([normalize(0.5, 0.5), toTensor()]);
    expect(fuse(wrong, [1, 2, 2])).toBeUndefined();
    expect(() => wrong.apply(noise([1, 2, 2], 0))).toThrow(/put toTensor\(\) before it/);
  });
});

describe("JSON", () => {
  test.each(pipelines)("$name: comes back the same", ({ transform, shape }) => {
    const again = transformFromJSON(JSON.parse(JSON.stringify(transform)));
    expect(again.toJSON()).toEqual(transform.toJSON());
    expect(again.apply(noise(shape, 1), new Generator(5))).toEqual(transform.apply(noise(shape, 1), new Generator(5)));
  });
  test("a list is a pipeline", () => {
    expect(transformFromJSON([{ name: "toTensor" }, { name: "centerCrop", size: 3 }]).outputShape([1, 5, 5])).toEqual([
      1, 3, 3,
    ]);
  });
  test.each([
    { spec: { name: "rotate" }, text: /"rotate" is no transform: it must be one of toTensor, normalize/ },
    { spec: { name: "constructor" }, text: /no transform/ },
    { spec: null, text: /no transform/ },
    { spec: 3, text: /no transform/ },
    { spec: { name: "resize" }, text: /size must be a number/ },
    { spec: { name: "resize", size: "large" }, text: /size must be a number/ },
    { spec: { name: "resize", size: 3, antialias: "no" }, text: /antialias must be true or false/ },
    { spec: { name: "normalize", mean: [0], std: [0] }, text: /std must be positive/ },
    { spec: { name: "randomHorizontalFlip", p: null }, text: /between 0 and 1/ },
    { spec: [{ name: "compose", transforms: [{ name: "oops" }] }], text: /"oops"/ },
  ])("refuses $spec", ({ spec, text }) => {
    expect(() => transformFromJSON(spec)).toThrow(text);
  });
  test("an unknown name is a DataError", () => {
    expect(() => transformFromJSON({ name: "rotate" })).toThrow(DataError);
  });
});

test("normalize refuses means that do not fit, with both counts", () => {
  expect(() => compose([toTensor(), normalize(...cifar)]).outputShape([1, 28, 28])).toThrow(
    /mean has 3 entries, the picture has 1/,
  );
});

describe("permuteChannels", () => {
  const bgr = permuteChannels([2, 1, 0]);
  test("red and blue change places, in bytes and floats, and it comes back from its JSON", () => {
    for (const data of [Uint8Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 2, 3, 4, 5, 6)]) {
      const picture = { data, channels: 3, height: 1, width: 2 };
      const out = transformFromJSON(bgr.toJSON()).apply(picture);
      expect([...out.data]).toEqual([5, 6, 3, 4, 1, 2]);
      expect(out.data.constructor).toBe(data.constructor);
    }
  });
  test("refuses what is no permutation, and pictures of another count", () => {
    for (const order of [[], [1, 2, 3], [0, 0], [0.5], "012", undefined])
      expect(() => transformFromJSON({ name: "permuteChannels", order })).toThrow(/each of 0, 1/);
    expect(() => bgr.apply({ data: Uint8Array.of(1), channels: 1, height: 1, width: 1 })).toThrow(
      /of 3 channels, the picture has 1/,
    );
  });
});
