import { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose2d.ts";
import { suite } from "./samples.ts";

export const convTranspose2dSuite = suite<ConvTranspose2dOptions>(
  "convTranspose2d",
  ([input, weight, bias], options) => convTranspose2d(input, weight!, bias, options),
  [
    { name: "doubling", shapes: [[2, 3, 3, 2], [3, 2, 2, 2], [2]], options: { stride: 2 }, output: [2, 2, 6, 4] },
    {
      name: "every parameter differs by axis",
      shapes: [[1, 2, 3, 4], [2, 3, 3, 2], [3]],
      options: { stride: [3, 2], padding: [1, 0], outputPadding: [2, 1], dilation: [1, 2] },
      output: [1, 3, 9, 10],
    },
    {
      name: "grouped",
      shapes: [
        [1, 4, 3, 3],
        [4, 3, 2, 3],
      ],
      options: { groups: 2, padding: [1, 2] },
      output: [1, 6, 2, 1],
    },
  ],
  [
    {
      name: "channels",
      shapes: [
        [1, 3, 4, 4],
        [2, 3, 3, 3],
      ],
      code: "channels",
    },
    {
      name: "output padding not below the stride",
      shapes: [
        [1, 1, 4, 4],
        [1, 1, 3, 3],
      ],
      options: { stride: 2, outputPadding: 2 },
      code: "output-padding",
    },
    {
      name: "all cut away",
      shapes: [
        [1, 1, 2, 2],
        [1, 1, 2, 2],
      ],
      options: { padding: 2 },
      code: "too-small",
    },
    { name: "a bias for other channels", shapes: [[1, 1, 3, 3], [1, 2, 2, 2], [1]], code: "bias" },
  ],
);
