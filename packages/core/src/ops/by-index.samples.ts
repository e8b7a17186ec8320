import { gather, indexSelect, scatter, scatterAdd } from "./by-index.ts";
import { clamp } from "./clamp.ts";
import { type ErrorInput, type SampleInput, type SampleValues, suite } from "./samples.ts";

type Dim = { dim: number };

const from = (n: number): readonly SampleValues[] => ["normal", { classes: n }];
const badIndices: readonly ErrorInput<Dim>[] = [
  {
    name: "an index behind the axis",
    shapes: [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    values: ["normal", { constant: 3 }],
    options: { dim: 1 },
    code: "index-range",
  },
  {
    name: "indices as floats",
    shapes: [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    options: { dim: 1 },
    code: "dtype",
  },
  {
    name: "an index of fewer axes",
    shapes: [[2, 3], [2], [2]],
    values: from(2),
    options: { dim: 0 },
    code: "index-shape",
  },
];

/** Every place is named once at most: which of several stays is no matter of gradients. */
const scattered: readonly SampleInput<Dim>[] = [
  {
    name: "one column of each row",
    shapes: [
      [4, 3],
      [4, 1],
      [4, 1],
    ],
    values: from(3),
    options: { dim: 1 },
    output: [4, 3],
    batched: [0, 1, 2],
  },
  {
    name: "the middle axis, a corner",
    shapes: [
      [2, 3, 5],
      [2, 1, 4],
      [2, 2, 4],
    ],
    values: from(3),
    options: { dim: 1 },
    output: [2, 3, 5],
    batched: [0, 1, 2],
  },
];

export const byIndexSuites = [
  suite<Dim>(
    "gather",
    ([x, index], { dim }) => gather(x, dim, index!),
    [
      {
        name: "entries named several times",
        shapes: [
          [3, 4],
          [3, 6],
        ],
        values: from(4),
        options: { dim: -1 },
        output: [3, 6],
        batched: [0, 1],
      },
      {
        name: "the first axis, a corner",
        shapes: [
          [3, 4, 5],
          [2, 3, 4],
        ],
        values: from(3),
        options: { dim: 0 },
        output: [2, 3, 4],
        batched: [],
      },
    ],
    badIndices,
  ),
  suite<Dim>("scatter", ([x, index, source], { dim }) => scatter(x, dim, index!, source!), scattered, badIndices),
  suite<Dim>("scatter a number", ([x, index], { dim }) => scatter(x, dim, index!, 2.5), [
    ...scattered.map((sample) => ({ ...sample, shapes: sample.shapes.slice(0, 2), batched: [0, 1] })),
  ]),
  suite<Dim>("scatterAdd", ([x, index, source], { dim }) => scatterAdd(x, dim, index!, source!), [
    ...scattered,
    {
      name: "places named several times",
      shapes: [
        [2, 3, 2],
        [2, 7, 2],
        [2, 7, 2],
      ],
      values: from(3),
      options: { dim: 1 },
      output: [2, 3, 2],
      batched: [0, 1, 2],
    },
  ]),
  suite<Dim>(
    "indexSelect by a tensor",
    ([x, indices], { dim }) => indexSelect(x, dim, indices!),
    [
      {
        name: "channels, some twice",
        shapes: [[2, 3, 4], [7]],
        values: from(3),
        options: { dim: 1 },
        output: [2, 7, 4],
      },
      { name: "the last axis", shapes: [[2, 5], [3]], values: from(5), options: { dim: -1 }, output: [2, 3] },
    ],
    [
      {
        name: "an index behind the axis",
        shapes: [[2, 3], [2]],
        values: ["normal", { constant: 3 }],
        options: { dim: 1 },
        code: "index-range",
      },
      {
        name: "a table of indices",
        shapes: [
          [2, 3],
          [2, 2],
        ],
        values: from(2),
        options: { dim: 1 },
        code: "index-shape",
      },
    ],
  ),
  suite<object>("clamp between tensors", ([x, low, high]) => clamp(x, low!, high!.add(0.03)), [
    {
      name: "bounds that broadcast",
      shapes: [[4, 6], [6], [4, 1]],
      values: ["distinct", "distinct", "distinct"],
      output: [4, 6],
      batched: [0, 2],
    },
  ]),
];
