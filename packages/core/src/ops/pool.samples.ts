import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  type OutputSize,
} from "./adaptive-pool2d.ts";
import { type AvgPool2dOptions, avgPool2d } from "./avg-pool2d.ts";
import { type MaxPool2dOptions, maxPool2d, maxPool2dWithIndices } from "./max-pool2d.ts";
import { type ErrorInput, suite } from "./samples.ts";

type Kernel = { kernel: number | number[] };

const errors: readonly ErrorInput<Kernel & MaxPool2dOptions & AvgPool2dOptions>[] = [
  { name: "window too large", shapes: [[1, 1, 2, 4]], options: { kernel: 3 }, code: "kernel-too-large" },
  { name: "two axes", shapes: [[4, 4]], options: { kernel: 2 }, code: "rank" },
  { name: "no pixels", shapes: [[1, 1, 0, 4]], options: { kernel: 2 }, code: "empty" },
  {
    name: "padding over half a window",
    shapes: [[1, 1, 4, 4]],
    options: { kernel: [2, 4], padding: [2, 1] },
    code: "padding",
  },
  { name: "stride 0", shapes: [[1, 1, 4, 4]], options: { kernel: 2, stride: 0 }, code: "stride" },
  { name: "window 0", shapes: [[1, 1, 4, 4]], options: { kernel: [0, 1] }, code: "kernelSize" },
];

export const maxPool2dSuite = suite<Kernel & MaxPool2dOptions>(
  "maxPool2d",
  ([input], { kernel, ...options }) => maxPool2d(input, kernel, options),
  [
    { name: "halving", shapes: [[2, 2, 4, 6]], values: ["distinct"], options: { kernel: 2 }, output: [2, 2, 2, 3] },
    {
      name: "every parameter differs by axis",
      shapes: [[1, 2, 8, 7]],
      values: ["distinct"],
      options: { kernel: [2, 3], stride: [1, 2], padding: [1, 0], dilation: [3, 2] },
      output: [1, 2, 7, 2],
    },
    {
      name: "overlapping, ceil",
      shapes: [[1, 1, 6, 5]],
      values: ["distinct"],
      options: { kernel: 3, stride: 2, padding: 1, ceilMode: true },
      output: [1, 1, 4, 3],
    },
    {
      name: "one image",
      shapes: [[2, 4, 4]],
      values: ["distinct"],
      options: { kernel: [4, 1] },
      output: [2, 1, 4],
      batched: [],
    },
  ],
  [...errors, { name: "dilation 0", shapes: [[1, 1, 4, 4]], options: { kernel: 2, dilation: 0 }, code: "dilation" }],
);

export const avgPool2dSuite = suite<Kernel & AvgPool2dOptions>(
  "avgPool2d",
  ([input], { kernel, ...options }) => avgPool2d(input, kernel, options),
  [
    { name: "halving", shapes: [[2, 2, 4, 6]], options: { kernel: 2 }, output: [2, 2, 2, 3] },
    {
      name: "every parameter differs by axis",
      shapes: [[1, 2, 6, 7]],
      options: { kernel: [2, 3], stride: [1, 2], padding: [1, 0] },
      output: [1, 2, 7, 3],
    },
    {
      name: "padding not counted, ceil",
      shapes: [[1, 2, 6, 5]],
      options: { kernel: [3, 2], stride: 2, padding: 1, ceilMode: true, countIncludePad: false },
      output: [1, 2, 4, 3],
    },
    {
      name: "a divisor of one's own",
      shapes: [[1, 1, 5, 4]],
      options: { kernel: [2, 3], divisorOverride: 5 },
      output: [1, 1, 2, 1],
    },
  ],
  [
    ...errors,
    { name: "divisor 0", shapes: [[1, 1, 4, 4]], options: { kernel: 2, divisorOverride: 0 }, code: "divisor" },
  ],
);

const adaptiveErrors: readonly ErrorInput<{ size: OutputSize }>[] = [
  { name: "two axes", shapes: [[4, 4]], options: { size: 1 }, code: "rank" },
  { name: "half a pixel", shapes: [[1, 1, 4, 4]], options: { size: [1, 0.5] }, code: "outputSize" },
];

export const adaptiveAvgPool2dSuite = suite<{ size: OutputSize }>(
  "adaptiveAvgPool2d",
  ([input], { size }) => adaptiveAvgPool2d(input, size),
  [
    { name: "global", shapes: [[2, 3, 4, 5]], options: { size: 1 }, output: [2, 3, 1, 1] },
    { name: "windows overlap", shapes: [[1, 2, 7, 5]], options: { size: [3, 2] }, output: [1, 2, 3, 2] },
    {
      name: "larger than the input, height kept",
      shapes: [[1, 1, 3, 2]],
      options: { size: [null, 5] },
      output: [1, 1, 3, 5],
    },
  ],
  adaptiveErrors,
);

export const adaptiveMaxPool2dSuite = suite<{ size: OutputSize }>(
  "adaptiveMaxPool2d",
  ([input], { size }) => adaptiveMaxPool2d(input, size),
  [
    {
      name: "windows overlap",
      shapes: [[2, 2, 7, 5]],
      values: ["distinct"],
      options: { size: [3, 2] },
      output: [2, 2, 3, 2],
    },
    {
      name: "larger than the input",
      shapes: [[1, 1, 2, 3]],
      values: ["distinct"],
      options: { size: [3, 5] },
      output: [1, 1, 3, 5],
    },
  ],
  adaptiveErrors,
);

/** The values that come with indices. */
export const poolWithIndicesSuites = [
  suite<Kernel & MaxPool2dOptions>(
    "maxPool2dWithIndices",
    ([input], { kernel, ...options }) => maxPool2dWithIndices(input, kernel, options).output,
    [
      {
        name: "windows that overlap, dilated",
        shapes: [[2, 2, 7, 6]],
        values: ["distinct"],
        options: { kernel: [2, 3], stride: [2, 1], padding: [1, 0], dilation: [3, 2] },
        output: [2, 2, 3, 2],
      },
    ],
  ),
  suite<{ size: OutputSize }>(
    "adaptiveMaxPool2dWithIndices",
    ([input], { size }) => adaptiveMaxPool2dWithIndices(input, size).output,
    [
      {
        name: "windows overlap",
        shapes: [[2, 2, 7, 5]],
        values: ["distinct"],
        options: { size: [3, 2] },
        output: [2, 2, 3, 2],
      },
    ],
  ),
];
