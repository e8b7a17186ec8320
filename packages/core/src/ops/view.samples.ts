import { cat, split, stack } from "./join.ts";
import { type PadOptions, pad } from "./pad.ts";
import { suite } from "./samples.ts";
import {
  clone,
  contiguous,
  expand,
  flatten,
  narrow,
  permute,
  reshape,
  select,
  squeeze,
  transpose,
  unsqueeze,
  view,
} from "./view.ts";

type Dim = { dim: number };

export const viewSuites = [
  suite<{ shape: number[] }>(
    "reshape",
    ([x], { shape }) => reshape(x, shape),
    [
      { name: "joined", shapes: [[2, 3, 4]], options: { shape: [6, 4] }, output: [6, 4], batched: [] },
      { name: "one size left open", shapes: [[2, 6]], options: { shape: [-1, 3] }, output: [4, 3], batched: [] },
    ],
    [{ name: "another number of elements", shapes: [[2, 3]], options: { shape: [4, 2] }, code: "numel" }],
  ),
  suite<{ start?: number; end?: number }>(
    "flatten",
    ([x], { start, end }) => flatten(x, start, end),
    [
      { name: "all", shapes: [[2, 3, 2]], output: [12], batched: [] },
      { name: "but the batch", shapes: [[2, 3, 2]], options: { start: 1 }, output: [2, 6] },
      { name: "the middle", shapes: [[2, 3, 2, 2]], options: { start: 1, end: -2 }, output: [2, 6, 2] },
    ],
    [{ name: "from behind the end", shapes: [[2, 3]], options: { start: 1, end: 0 }, code: "dim" }],
  ),
  suite<{ dims: number[] }>(
    "permute",
    ([x], { dims }) => permute(x, dims),
    [{ name: "to NHWC", shapes: [[2, 3, 4, 5]], options: { dims: [0, 2, 3, 1] }, output: [2, 4, 5, 3] }],
    [{ name: "an axis twice", shapes: [[2, 3]], options: { dims: [0, 0] }, code: "dims" }],
  ),
  suite<{ dims: [number, number] }>("transpose", ([x], { dims }) => transpose(x, ...dims), [
    { name: "the last two", shapes: [[2, 3, 4]], options: { dims: [-1, -2] }, output: [2, 4, 3] },
  ]),
  suite<{ shape: number[] }>(
    "expand",
    ([x], { shape }) => expand(x, shape),
    [
      {
        name: "a column, with a new axis",
        shapes: [[3, 1]],
        options: { shape: [2, -1, 4] },
        output: [2, 3, 4],
        batched: [],
      },
    ],
    [{ name: "an axis that is not 1", shapes: [[3, 2]], options: { shape: [3, 4] }, code: "broadcast" }],
  ),
  suite<Dim & { start: number; length: number }>(
    "narrow",
    ([x], { dim, start, length }) => narrow(x, dim, start, length),
    [
      {
        name: "the middle of an axis",
        shapes: [[2, 5, 3]],
        options: { dim: 1, start: 1, length: 3 },
        output: [2, 3, 3],
      },
      { name: "counted from the end", shapes: [[4, 5]], options: { dim: -1, start: -2, length: 2 }, output: [4, 2] },
    ],
    [{ name: "beyond the axis", shapes: [[2, 5]], options: { dim: 1, start: 3, length: 3 }, code: "range" }],
  ),
  suite<Dim & { index: number }>("select", ([x], { dim, index }) => select(x, dim, index), [
    { name: "one channel", shapes: [[2, 3, 4]], options: { dim: 1, index: -1 }, output: [2, 4] },
  ]),
  suite<{ dim?: number }>("squeeze", ([x], { dim }) => squeeze(x, dim), [
    { name: "one axis", shapes: [[2, 1, 3]], options: { dim: 1 }, output: [2, 3] },
    { name: "every axis of 1", shapes: [[1, 2, 1]], output: [2], batched: [] },
  ]),
  suite<Dim>("unsqueeze", ([x], { dim }) => unsqueeze(x, dim), [
    { name: "at the end", shapes: [[2, 3]], options: { dim: -1 }, output: [2, 3, 1] },
  ]),
  suite<{ shape: number[] }>("view", ([x], { shape }) => view(x.contiguous(), shape), [
    { name: "an open size", shapes: [[2, 3, 4]], options: { shape: [-1, 6] }, output: [4, 6], batched: [] },
  ]),
  suite<object>("contiguous", ([x]) => contiguous(transpose(x, 0, 1)), [
    { name: "a matrix turned", shapes: [[2, 3]], output: [3, 2], batched: [] },
  ]),
  suite<object>("clone", ([x]) => clone(x), [{ name: "a matrix", shapes: [[2, 3]], output: [2, 3] }]),
];

export const joinSuites = [
  suite<Dim>(
    "cat",
    (inputs, { dim }) => cat(inputs, dim),
    [
      {
        name: "channels",
        shapes: [
          [2, 3, 2],
          [2, 1, 2],
          [2, 2, 2],
        ],
        options: { dim: 1 },
        output: [2, 6, 2],
        batched: [0, 1, 2],
      },
      {
        name: "batches",
        shapes: [
          [2, 3],
          [4, 3],
        ],
        options: { dim: 0 },
        output: [6, 3],
        batched: [],
      },
    ],
    [
      {
        name: "other sizes elsewhere",
        shapes: [
          [2, 3],
          [3, 2],
        ],
        options: { dim: 1 },
        code: "sizes",
      },
      { name: "other ranks", shapes: [[2, 3], [2]], options: { dim: 0 }, code: "sizes" },
    ],
  ),
  suite<Dim>("stack", (inputs, { dim }) => stack(inputs, dim), [
    {
      name: "a new last axis",
      shapes: [
        [2, 3],
        [2, 3],
      ],
      options: { dim: -1 },
      output: [2, 3, 2],
      batched: [0, 1],
    },
  ]),
  suite<Dim & { size: number | number[]; piece: number }>(
    "split",
    ([x], { size, dim, piece }) => split(x, size, dim)[piece]!,
    [
      { name: "a smaller last piece", shapes: [[2, 5]], options: { size: 3, dim: 1, piece: 1 }, output: [2, 2] },
      { name: "given sizes", shapes: [[2, 6]], options: { size: [1, 3, 2], dim: -1, piece: 1 }, output: [2, 3] },
    ],
    [
      {
        name: "sizes that do not add up",
        shapes: [[2, 5]],
        options: { size: [2, 2], dim: 1, piece: 0 },
        code: "sizes",
      },
    ],
  ),
];

export const padSuite = suite<PadOptions & { sizes: number[] }>(
  "pad",
  ([x], { sizes, ...options }) => pad(x, sizes, options),
  [
    {
      name: "a constant, four sides",
      shapes: [[2, 2, 3]],
      options: { sizes: [1, 0, 2, 3], value: 0.5 },
      output: [2, 7, 4],
    },
    { name: "cropped on one side", shapes: [[2, 1, 4, 3]], options: { sizes: [-1, 2, 1, -2] }, output: [2, 1, 3, 4] },
    { name: "reflected", shapes: [[2, 3, 4]], options: { mode: "reflect", sizes: [3, 1, 0, 2] }, output: [2, 5, 8] },
    { name: "replicated", shapes: [[2, 3, 2]], options: { mode: "replicate", sizes: [2, 3] }, output: [2, 3, 7] },
    {
      name: "wrapped around",
      shapes: [[2, 3, 4]],
      options: { mode: "circular", sizes: [4, 1, 2, 3] },
      output: [2, 8, 9],
    },
    {
      name: "a volume, reflected",
      shapes: [[2, 2, 3, 4]],
      options: { mode: "reflect", sizes: [1, 2, 0, 1, 1, 1] },
      output: [2, 4, 4, 7],
    },
    {
      name: "a volume, wrapped around",
      shapes: [[2, 2, 3, 2]],
      options: { mode: "circular", sizes: [1, 2, 0, 1, 2, 1] },
      output: [2, 5, 4, 5],
    },
    {
      name: "wrapped after cropping",
      shapes: [[1, 4, 4]],
      options: { mode: "circular", sizes: [-1, 1, 1, -2] },
      output: [1, 3, 4],
    },
  ],
  [
    {
      name: "reflecting all of an axis",
      shapes: [[1, 2, 3]],
      options: { mode: "reflect", sizes: [3, 0] },
      code: "too-wide",
    },
    { name: "cropping more than there is", shapes: [[1, 2, 3]], options: { sizes: [-2, -2] }, code: "negative" },
    { name: "three numbers", shapes: [[1, 2, 3]], options: { sizes: [1, 1, 1] }, code: "padding" },
  ],
);
