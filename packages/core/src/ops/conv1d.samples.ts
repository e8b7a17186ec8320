import { type Conv1dOptions, type ConvTranspose1dOptions, conv1d, convTranspose1d } from "./conv1d.ts";
import { suite } from "./samples.ts";

export const conv1dSuites = [
  suite<Conv1dOptions>(
    "conv1d",
    ([x, weight, bias], options) => conv1d(x, weight!, bias, options),
    [
      {
        name: "stride, padding and dilation",
        shapes: [[2, 4, 9], [6, 2, 3], [6]],
        options: { stride: 2, padding: 1, dilation: 2, groups: 2 },
        output: [2, 6, 4],
      },
      {
        name: "even kernel, same",
        shapes: [
          [1, 2, 5],
          [3, 2, 4],
        ],
        options: { padding: "same" },
        output: [1, 3, 5],
      },
      {
        name: "one sequence without its batch",
        shapes: [
          [2, 5],
          [3, 2, 2],
        ],
        output: [3, 4],
        batched: [],
      },
    ],
    [
      {
        name: "channels",
        shapes: [
          [1, 3, 8],
          [3, 2, 3],
        ],
        code: "channels",
      },
      {
        name: "pictures",
        shapes: [
          [1, 2, 8, 8],
          [3, 2, 3],
        ],
        code: "rank",
      },
      {
        name: "kernel longer than the input",
        shapes: [
          [1, 2, 8],
          [3, 2, 9],
        ],
        code: "kernel-too-large",
      },
      {
        name: "a stride of two numbers",
        shapes: [
          [1, 2, 8],
          [3, 2, 3],
        ],
        options: { stride: [1, 1] },
        code: "stride",
      },
    ],
  ),
  suite<ConvTranspose1dOptions>(
    "convTranspose1d",
    ([x, weight, bias], options) => convTranspose1d(x, weight!, bias, options),
    [
      {
        name: "every parameter",
        shapes: [[2, 4, 3], [4, 3, 2], [6]],
        options: { stride: 3, padding: 1, outputPadding: 2, dilation: 2, groups: 2 },
        output: [2, 6, 9],
      },
      {
        name: "one sequence without its batch",
        shapes: [
          [2, 4],
          [2, 3, 3],
        ],
        output: [3, 6],
        batched: [],
      },
    ],
    [
      {
        name: "channels",
        shapes: [
          [1, 3, 4],
          [2, 3, 3],
        ],
        code: "channels",
      },
    ],
  ),
];
