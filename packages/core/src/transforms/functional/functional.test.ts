import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { farthest, type GoldenCase, goldenArray, goldenPicture } from "../../../test/golden-pictures.ts";
import { type Picture, resize } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import * as F from "./index.ts";

const golden = JSON.parse(readFileSync(new URL("../../../test/golden/transforms.json", import.meta.url), "utf8")) as {
  source: string;
  functional: GoldenCase[];
};

interface Options {
  readonly factor: number;
  readonly bits: number;
  readonly threshold: number;
  readonly channels: 1 | 3;
  readonly kernelSize: number[];
  readonly sigma: number[];
  readonly angle: number;
  readonly translate: number[];
  readonly scale: number;
  readonly shear: number[];
  readonly size: number[];
  readonly interpolation?: "bilinear";
  readonly verticalFlip?: boolean;
}

/** Pictures of one size as the channels of one. */
function joined(pictures: readonly Picture[]): Picture {
  const data = Uint8Array.from(pictures.flatMap((picture) => [...picture.data]));
  return { ...pictures[0]!, data, channels: pictures.length * pictures[0]!.channels };
}

const calls: Record<string, (picture: Picture, options: Options) => Picture> = {
  adjustBrightness: (p, { factor }) => F.adjustBrightness(p, factor),
  adjustContrast: (p, { factor }) => F.adjustContrast(p, factor),
  adjustSaturation: (p, { factor }) => F.adjustSaturation(p, factor),
  adjustSharpness: (p, { factor }) => F.adjustSharpness(p, factor),
  adjustHue: (p, { factor }) => F.adjustHue(p, factor),
  autocontrast: F.autocontrast,
  equalize: F.equalize,
  invert: F.invert,
  posterize: (p, { bits }) => F.posterize(p, bits),
  solarize: (p, { threshold }) => F.solarize(p, threshold),
  rgbToGrayscale: (p, { channels }) => F.rgbToGrayscale(p, channels),
  gaussianBlur: (p, { kernelSize, sigma }) => F.gaussianBlur(p, kernelSize, sigma),
  rotate: (p, { angle, ...options }) => F.rotate(p, angle, options),
  affine: (p, { angle, translate, scale, shear, ...options }) => F.affine(p, angle, translate, scale, shear, options),
  fiveCrop: (p, { size }) => joined(F.fiveCrop(p, size)),
  tenCrop: (p, { size, verticalFlip }) =>
    joined(F.tenCrop(p, size, verticalFlip === undefined ? {} : { verticalFlip })),
  resize: (p, { size, ...options }) => resize(size, options).apply(p),
};

// Sums of a few dozen products, added up in another order than torch adds them, in units of a value of 1.
const FLOAT32 = 2 ** -19;

describe(`the functional transforms give the values of ${golden.source}`, () => {
  test.each(golden.functional)("$fn $options of $kind $input, floats $floats", (c) => {
    const out = calls[c.fn]!(goldenPicture(c), c.options as unknown as Options);
    const expected = goldenArray(c);
    expect([out.channels, out.height, out.width]).toEqual(c.shape);
    expect(out.data.constructor).toBe(expected.constructor);
    if (c.floats) expect(farthest(expected, out.data)).toBeLessThan(FLOAT32);
    else {
      // Bytes are the same. Only torch's plain bicubic may fall to the other side of a half: its float32 positions stray.
      const strays = [...out.data].filter((value, i) => value !== expected[i]).length;
      expect(strays).toBeLessThanOrEqual(c.fn === "resize" && c.options.interpolation === "bicubic" ? 1 : 0);
    }
  });
});

describe("refusals", () => {
  const picture: Picture = { data: new Uint8Array(2 * 12), channels: 2, height: 3, width: 4 };
  const colour: Picture = { data: new Float32Array(3 * 12), channels: 3, height: 3, width: 4 };
  const line: [number, number][] = [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
  ];
  const cases: [string, () => Picture, RegExp][] = [
    ["a negative factor", () => F.adjustBrightness(colour, -1), /number from 0, got -1/],
    ["two channels", () => F.adjustSaturation(picture, 1), /1 or 3 channels .* has 2/],
    ["a hue beyond half a turn", () => F.adjustHue(colour, 0.6), /between -0.5 and 0.5, got 0.6/],
    ["a crop larger than the picture", () => F.fiveCrop(colour, [2, 5])[0], /cannot cut 2×5 .* 3×4/],
    ["a crop of nothing", () => F.tenCrop(colour, 0)[0], /size must be a whole number from 1/],
    ["three points", () => F.perspective(colour, [[0, 0]], [[0, 0]]), /four points/],
    ["points on a line", () => F.perspective(colour, line, line), /no three points/],
    [
      "too few moves",
      () => F.elastic(colour, { x: new Float32Array(3), y: new Float32Array(12) }),
      /3·4 = 12 .* got 3/,
    ],
    ["nine bits", () => F.posterize(colour, 9), /0 to 8, got 9/],
    ["equalize of floats", () => F.equalize(colour), /before toTensor/],
    ["a threshold of bytes for floats", () => F.solarize(colour, 128), /at most 1, got 128/],
    ["an even kernel", () => F.gaussianBlur(colour, 4), /odd/],
    ["a kernel over the picture", () => F.gaussianBlur(colour, 7), /7×7 .* 4×3/],
    ["sigma 0", () => F.gaussianBlur(colour, 3, 0), /above 0/],
    [
      "fill for other channels",
      () => F.rotate(picture, 3, { fill: [1, 2, 3] }),
      /fill has 3 entries, the picture has 2/,
    ],
    [
      "cubic rotation",
      () => F.rotate(picture, 3, { interpolation: "bicubic" as "bilinear" }),
      /"nearest" or "bilinear"/,
    ],
    ["no angle", () => F.rotate(picture, Number.NaN), /angle/],
    ["scale 0", () => F.affine(picture, 0, [0, 0], 0, [0, 0]), /above 0, got 0/],
    ["one shift", () => F.affine(picture, 0, [0], 1, [0, 0]), /translate must be 2 numbers/],
  ];
  test.each(cases)("%s", (_, call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(message);
  });
});

test("a picture of floats is posterized to 2^bits levels", () => {
  const out = F.posterize({ data: Float32Array.of(0, 0.49, 0.5, 1), channels: 1, height: 2, width: 2 }, 1);
  expect([...out.data]).toEqual([0, 0, 0.5, 0.5]);
});
