import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Generator } from "../../base/rng/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { compose } from "./compose.ts";
import { centerCrop, randomCrop } from "./crop.ts";
import { randomHorizontalFlip } from "./flip.ts";
import type { PaddingMode } from "./pixel-map.ts";

const golden = JSON.parse(readFileSync(new URL("../../../test/golden/data-loader.json", import.meta.url), "utf8")) as {
  crops: { seed: number; size: number; padded: number; p: number; draws: [number, number, boolean][] }[];
};

/** A picture whose value tells where it stands: 16·row + column. */
function grid(height: number, width: number, channels = 1) {
  const plane = Array.from({ length: height * width }, (_, i) => 16 * Math.floor(i / width) + (i % width));
  return { data: Uint8Array.from(new Array(channels).fill(plane).flat()), channels, height, width };
}
const rowsOf = ({ data, width, height }: { data: ArrayLike<number>; width: number; height: number }) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => data[y * width + x]!));

describe("randomCrop and randomHorizontalFlip draw what torchvision draws", () => {
  test.each(golden.crops)("seed $seed, $size of $padded, p $p", ({ seed, size, padded, p, draws }) => {
    const source = {
      data: Float32Array.from({ length: padded * padded }, (_, i) => i),
      channels: 1,
      height: padded,
      width: padded,
    };
    const transform = compose([randomCrop(size), randomHorizontalFlip(p)]);
    const random = new Generator(seed);
    for (const [row, column, flipped] of draws) {
      const out = transform.apply(source, random);
      expect(out.data[0]).toBe(row * padded + column + (flipped ? size - 1 : 0));
      expect(out.data[1]! - out.data[0]!).toBe(flipped ? -1 : 1);
    }
  });
  test("a picture of the crop's size draws nothing", () => {
    const random = new Generator(0);
    randomCrop(4).apply(grid(4, 4), random);
    expect(random.random()).toBe(new Generator(0).random());
  });
});

describe("randomCrop pads", () => {
  // [1, 2, 3, 4] with two pixels on each side, as torchvision's Pad documents its modes.
  const modes: [PaddingMode, number[]][] = [
    ["constant", [9, 9, 1, 2, 3, 4, 9, 9]],
    ["edge", [1, 1, 1, 2, 3, 4, 4, 4]],
    ["reflect", [3, 2, 1, 2, 3, 4, 3, 2]],
    ["symmetric", [2, 1, 1, 2, 3, 4, 4, 3]],
  ];
  test.each(modes)("%s", (paddingMode, expected) => {
    const row = { data: Uint8Array.of(1, 2, 3, 4), channels: 1, height: 1, width: 4 };
    const out = randomCrop([1, 8], { padding: [2, 0], paddingMode, fill: 9 }).apply(row);
    expect([...out.data]).toEqual(expected);
  });
  test("left, top, right, bottom; one fill a channel", () => {
    const out = randomCrop([4, 4], { padding: [1, 2, 2, 1], fill: [7, 8] }).apply({
      data: Uint8Array.of(1, 2),
      channels: 2,
      height: 1,
      width: 1,
    });
    expect(rowsOf(out)).toEqual([
      [7, 7, 7, 7],
      [7, 7, 7, 7],
      [7, 1, 7, 7],
      [7, 7, 7, 7],
    ]);
    expect(out.data[16 + 9]).toBe(2);
  });
  test("padIfNeeded makes room on both sides", () => {
    const transform = randomCrop(3, { padIfNeeded: true });
    expect(transform.apply(grid(1, 5), new Generator(0)).height).toBe(3);
    expect(transform.outputShape([1, 1, 5])).toEqual([1, 3, 3]);
  });
  test("refuses what cannot be, with both sizes", () => {
    expect(() => randomCrop(8).apply(grid(5, 9))).toThrow(/8×8 .* 5×9/);
    expect(() => randomCrop(8, { padding: 1 }).outputShape([1, 5, 9])).toThrow(/8×8 .* 7×11/);
    expect(() => randomCrop(8, { padding: [1, 2, 3] })).toThrow(ArgumentError);
    expect(() => randomCrop(8, { padding: -1 })).toThrow(ArgumentError);
    expect(() => randomCrop(4, { padding: 4, paddingMode: "reflect" }).apply(grid(4, 4))).toThrow(/larger picture/);
    expect(() => randomCrop(4, { fill: [1, 2] }).apply(grid(5, 5, 3))).toThrow(/fill has 2 entries, the picture has 3/);
    expect(() => randomHorizontalFlip(1.5)).toThrow(/between 0 and 1, got 1.5/);
  });
});

describe("centerCrop", () => {
  // torchvision: top = int(round((H − h) / 2.0)), with Python's rounding of halves to even.
  test.each([
    { from: [5, 5], size: 2, top: 2, left: 2 }, // 1.5 → 2
    { from: [7, 5], size: [2, 4], top: 2, left: 0 }, // 2.5 → 2, 0.5 → 0
    { from: [4, 8], size: 2, top: 1, left: 3 },
  ])("$size of $from starts at ($top, $left)", ({ from, size, top, left }) => {
    expect(centerCrop(size).apply(grid(from[0]!, from[1]!)).data[0]).toBe(16 * top + left);
  });
  test("pads a smaller picture with 0, the odd pixel right and below", () => {
    const out = centerCrop([2, 4]).apply({ data: Uint8Array.of(5), channels: 1, height: 1, width: 1 });
    expect(rowsOf(out)).toEqual([
      [0, 5, 0, 0],
      [0, 0, 0, 0],
    ]);
  });
});
