/** @file Samples of interpolate.ts, pixel-shuffle.ts and max-unpool2d.ts. */
import { type InterpolateOptions, interpolate } from "./interpolate.ts";
import { maxPool2dWithIndices } from "./max-pool2d.ts";
import { maxUnpool2d } from "./max-unpool2d.ts";
import { pixelShuffle, pixelUnshuffle } from "./pixel-shuffle.ts";
import { suite } from "./samples.ts";

const image = [[2, 2, 3, 4]];

export const resizeSuites = [
  suite<InterpolateOptions>(
    "interpolate",
    ([x], options) => interpolate(x, options),
    [
      { name: "nearest, twice", shapes: image, options: { scaleFactor: 2 }, output: [2, 2, 6, 8] },
      { name: "nearest, three by four", shapes: image, options: { scaleFactor: [3, 4] }, output: [2, 2, 9, 16] },
      { name: "nearest, uneven", shapes: image, options: { size: [5, 3] }, output: [2, 2, 5, 3] },
      {
        name: "nearest-exact",
        shapes: image,
        options: { size: [2, 7], mode: "nearest-exact" },
        output: [2, 2, 2, 7],
      },
      { name: "every second", shapes: [[1, 1, 6, 4]], options: { scaleFactor: 0.5 }, output: [1, 1, 3, 2] },
      { name: "bilinear", shapes: image, options: { size: [5, 2], mode: "bilinear" }, output: [2, 2, 5, 2] },
      {
        name: "bilinear, corners aligned",
        shapes: image,
        options: { size: [7, 1], mode: "bilinear", alignCorners: true },
        output: [2, 2, 7, 1],
      },
      { name: "area", shapes: image, options: { size: [2, 3], mode: "area" }, output: [2, 2, 2, 3] },
    ],
    [
      { name: "three axes", shapes: [[2, 3, 4]], options: { scaleFactor: 2 }, code: "rank" },
      { name: "neither size nor factor", shapes: image, code: "size" },
      { name: "both", shapes: image, options: { size: 3, scaleFactor: 2 }, code: "size" },
      { name: "a mode of its own", shapes: image, options: { size: 3, mode: "lanczos" as "area" }, code: "mode" },
      {
        name: "corners without bilinear",
        shapes: image,
        options: { size: 3, alignCorners: true },
        code: "alignCorners",
      },
      { name: "a factor of 0", shapes: image, options: { scaleFactor: 0 }, code: "scaleFactor" },
      { name: "nothing left", shapes: image, options: { scaleFactor: 0.1 }, code: "empty" },
      { name: "half a pixel", shapes: image, options: { size: [2.5, 3] }, code: "size" },
    ],
  ),
  suite<{ r: number }>(
    "pixelShuffle",
    ([x], { r }) => pixelShuffle(x, r),
    [{ name: "by 2", shapes: [[2, 8, 3, 2]], options: { r: 2 }, output: [2, 2, 6, 4] }],
    [
      { name: "channels that r² does not divide", shapes: [[1, 6, 2, 2]], options: { r: 2 }, code: "channels" },
      { name: "two axes", shapes: [[4, 2]], options: { r: 2 }, code: "rank" },
      { name: "a factor of 0", shapes: [[1, 4, 2, 2]], options: { r: 0 }, code: "upscaleFactor" },
    ],
  ),
  suite<{ r: number }>(
    "pixelUnshuffle",
    ([x], { r }) => pixelUnshuffle(x, r),
    [{ name: "by 3", shapes: [[2, 1, 3, 6]], options: { r: 3 }, output: [2, 9, 1, 2] }],
    [{ name: "a height that r does not divide", shapes: [[1, 1, 4, 6]], options: { r: 3 }, code: "size" }],
  ),
  // Pooled first, so that the indices belong to the values. Windows must not overlap here: see maxUnpool2d on its gradient.
  suite<{ stride: number }>(
    "maxUnpool2d",
    ([x], { stride }) => {
      const { output, indices } = maxPool2dWithIndices(x, 3, { stride });
      return maxUnpool2d(output, indices, 3, { stride, outputSize: x.shape.slice(-2) });
    },
    [
      {
        name: "windows side by side",
        shapes: [[2, 2, 6, 6]],
        values: ["distinct"],
        options: { stride: 3 },
        output: [2, 2, 6, 6],
      },
    ],
  ),
  suite<{ outputSize?: readonly number[] }>(
    "maxUnpool2d's indices",
    ([x, indices], { outputSize }) => maxUnpool2d(x, indices!, 2, { outputSize }),
    [],
    [
      {
        name: "outside the plane",
        shapes: [
          [1, 1, 2, 2],
          [1, 1, 2, 2],
        ],
        values: ["normal", { constant: 16 }],
        code: "index-range",
      },
      {
        name: "of another shape",
        shapes: [
          [1, 1, 2, 2],
          [1, 1, 2, 1],
        ],
        values: ["normal", { constant: 0 }],
        code: "indices",
      },
      {
        name: "for a size that cannot be",
        shapes: [
          [1, 1, 2, 2],
          [1, 1, 2, 2],
        ],
        values: ["normal", { constant: 0 }],
        options: { outputSize: [6, 4] },
        code: "outputSize",
      },
    ],
  ),
];
