import { type Conv2dOptions, conv2d, conv2dPadded } from "./conv2d.ts";
import { suite } from "./samples.ts";

export const conv2dSuite = suite<Conv2dOptions>(
  "conv2d",
  ([input, weight, bias], options) => conv2d(input, weight!, bias, options),
  [
    { name: "3×3 same", shapes: [[2, 3, 5, 4], [4, 3, 3, 3], [4]], options: { padding: 1 }, output: [2, 4, 5, 4] },
    {
      name: "every parameter differs by axis",
      shapes: [
        [1, 2, 9, 11],
        [3, 2, 3, 2],
      ],
      options: { stride: [2, 1], padding: [1, 2], dilation: [2, 3] },
      output: [1, 3, 4, 12],
    },
    {
      name: "depthwise, strided",
      shapes: [[2, 4, 6, 5], [4, 1, 3, 3], [4]],
      options: { groups: 4, stride: 2 },
      output: [2, 4, 2, 2],
    },
    {
      name: "grouped, kernel 3×2",
      shapes: [
        [1, 4, 5, 4],
        [6, 2, 3, 2],
      ],
      options: { groups: 2 },
      output: [1, 6, 3, 3],
    },
    { name: "batch of one pixel", shapes: [[1, 1, 1, 1], [1, 1, 1, 1], [1]], output: [1, 1, 1, 1] },
    {
      name: "even kernel, same",
      shapes: [
        [1, 2, 4, 5],
        [2, 2, 4, 2],
      ],
      options: { padding: "same", dilation: [1, 2] },
      output: [1, 2, 4, 5],
    },
    {
      name: "kernel larger than the input",
      shapes: [
        [1, 1, 2, 3],
        [2, 1, 5, 4],
      ],
      options: { padding: [2, 1] },
      output: [1, 2, 2, 2],
    },
    { name: "one image without its batch", shapes: [[2, 4, 3], [3, 2, 2, 2], [3]], output: [3, 3, 2], batched: [] },
  ],
  [
    {
      name: "channels",
      shapes: [
        [1, 8, 6, 6],
        [6, 4, 5, 5],
      ],
      code: "channels",
    },
    {
      name: "NHWC",
      shapes: [
        [1, 6, 6, 3],
        [4, 3, 3, 3],
      ],
      code: "channels",
    },
    {
      name: "kernel too large",
      shapes: [
        [1, 1, 2, 2],
        [1, 1, 3, 3],
      ],
      code: "kernel-too-large",
    },
    {
      name: "dilated kernel too large",
      shapes: [
        [1, 1, 4, 9],
        [1, 1, 3, 3],
      ],
      options: { dilation: [2, 1] },
      code: "kernel-too-large",
    },
    {
      name: "two axes",
      shapes: [
        [4, 4],
        [1, 1, 3, 3],
      ],
      code: "rank",
    },
    {
      name: "groups that do not divide",
      shapes: [
        [1, 4, 5, 5],
        [3, 2, 3, 3],
      ],
      options: { groups: 2 },
      code: "groups",
    },
    { name: "a bias for other channels", shapes: [[1, 1, 5, 5], [3, 1, 3, 3], [4]], code: "bias" },
    {
      name: "stride 0",
      shapes: [
        [1, 1, 5, 5],
        [1, 1, 3, 3],
      ],
      options: { stride: [1, 0] },
      code: "stride",
    },
    {
      name: "negative padding",
      shapes: [
        [1, 1, 5, 5],
        [1, 1, 3, 3],
      ],
      options: { padding: -1 },
      code: "padding",
    },
    {
      name: "half a dilation",
      shapes: [
        [1, 1, 5, 5],
        [1, 1, 3, 3],
      ],
      options: { dilation: 1.5 },
      code: "dilation",
    },
    {
      name: "same with a stride",
      shapes: [
        [1, 1, 5, 5],
        [1, 1, 3, 3],
      ],
      options: { padding: "same", stride: 2 },
      code: "same-stride",
    },
  ],
);

type Mode = "reflect" | "replicate" | "circular";

export const conv2dPaddedSuite = suite<Conv2dOptions & { mode: Mode }>(
  "conv2dPadded",
  ([input, weight, bias], { mode, ...options }) => conv2dPadded(input, weight!, bias ?? null, options, mode),
  [
    {
      name: "reflect",
      shapes: [[2, 2, 4, 5], [3, 2, 3, 3], [3]],
      options: { mode: "reflect", padding: [1, 2] },
      output: [2, 3, 4, 7],
    },
    {
      name: "replicate a pixel",
      shapes: [
        [1, 2, 1, 2],
        [2, 2, 3, 3],
      ],
      options: { mode: "replicate", padding: [3, 1] },
      output: [1, 2, 5, 2],
    },
    {
      name: "circular, even kernel, same",
      shapes: [
        [1, 1, 4, 5],
        [2, 1, 2, 4],
      ],
      options: { mode: "circular", padding: "same" },
      output: [1, 2, 4, 5],
    },
  ],
  [
    {
      name: "reflecting more than there is",
      shapes: [
        [1, 1, 2, 2],
        [1, 1, 3, 3],
      ],
      options: { mode: "reflect", padding: 2 },
      code: "too-wide",
    },
  ],
);
