import type { Dims, ReduceOptions, VarianceOptions } from "./reduction-types.ts";
import { cumprod, cumsum, prod } from "./running.ts";
import { type SampleInput, suite } from "./samples.ts";
import { sort, topk } from "./sort.ts";
import { logsumexp, norm, normalize, std, variance } from "./statistics.ts";

const along: readonly SampleInput<{ dim?: number; descending?: boolean }>[] = [
  { name: "the last axis", shapes: [[3, 5]], values: ["distinct"], output: [3, 5] },
  {
    name: "the middle axis, descending",
    shapes: [[2, 4, 3]],
    values: ["distinct"],
    options: { dim: 1, descending: true },
    output: [2, 4, 3],
  },
];

const spreads: readonly SampleInput<VarianceOptions & { dim?: Dims }>[] = [
  { name: "everything", shapes: [[2, 3, 2]], output: [], batched: [] },
  { name: "one axis, of all there are", shapes: [[2, 4]], options: { dim: 1, correction: 0 }, output: [2] },
  {
    name: "two axes, kept",
    shapes: [[2, 3, 4]],
    options: { dim: [0, 2], keepdim: true },
    output: [1, 3, 1],
    batched: [],
  },
];

const norms: readonly SampleInput<{ p?: number; dim?: Dims } & ReduceOptions>[] = [
  { name: "Euclidean", shapes: [[2, 3]], output: [], batched: [] },
  { name: "Euclidean, rows", shapes: [[2, 3]], options: { dim: 1 }, output: [2] },
  { name: "of magnitudes", shapes: [[2, 3]], values: ["distinct"], options: { p: 1, dim: 1 }, output: [2] },
  {
    name: "the largest magnitude, kept",
    shapes: [[2, 3, 2]],
    values: ["positive"],
    options: { p: Number.POSITIVE_INFINITY, dim: [1, 2], keepdim: true },
    output: [2, 1, 1],
  },
  {
    name: "a power of three",
    shapes: [[2, 3]],
    values: ["distinct"],
    options: { p: 3, dim: 0 },
    output: [3],
    batched: [],
  },
];

export const sortSuites = [
  suite<{ dim?: number; descending?: boolean }>("sort", ([x], { dim, ...rest }) => sort(x, dim, rest).values, along),
  suite<{ k: number; dim?: number; largest?: boolean }>(
    "topk",
    ([x], { k, dim, largest }) => topk(x, k, dim, { largest }).values,
    [
      { name: "of the last axis", shapes: [[3, 5]], values: ["distinct"], options: { k: 2 }, output: [3, 2] },
      {
        name: "the smallest of the middle axis",
        shapes: [[2, 4, 3]],
        values: ["distinct"],
        options: { k: 3, dim: 1, largest: false },
        output: [2, 3, 3],
      },
    ],
    [
      { name: "more than there are", shapes: [[2, 3]], options: { k: 4 }, code: "k" },
      { name: "an axis that does not exist", shapes: [[2, 3]], options: { k: 1, dim: 2 }, code: "dim" },
    ],
  ),
  suite<{ dim: number }>("cumsum", ([x], { dim }) => cumsum(x, dim), [
    { name: "the last axis", shapes: [[2, 5]], options: { dim: -1 }, output: [2, 5] },
    { name: "the first axis", shapes: [[3, 2, 2]], options: { dim: 0 }, output: [3, 2, 2] },
  ]),
  suite<{ dim: number }>("cumprod", ([x], { dim }) => cumprod(x, dim), [
    { name: "the last axis", shapes: [[2, 4]], options: { dim: -1 }, output: [2, 4] },
    { name: "the middle axis", shapes: [[2, 3, 2]], options: { dim: 1 }, output: [2, 3, 2] },
  ]),
  suite<{ dim: number }>("cumprod of some zeros", ([x], { dim }) => cumprod(x.mul(x.gt(0)), dim), [
    { name: "the last axis", shapes: [[3, 4]], values: ["distinct"], options: { dim: 1 }, output: [3, 4] },
  ]),
  suite<{ dim?: number } & ReduceOptions>("prod", ([x], { dim, ...rest }) => prod(x, dim, rest), [
    { name: "everything", shapes: [[2, 3]], output: [] },
    { name: "one axis, kept", shapes: [[2, 3, 2]], options: { dim: 1, keepdim: true }, output: [2, 1, 2] },
  ]),
  suite<{ dim?: number } & ReduceOptions>("prod of some zeros", ([x], { dim }) => prod(x.mul(x.gt(0)), dim), [
    {
      name: "rows with none, one and several",
      shapes: [[6, 3]],
      values: ["distinct"],
      options: { dim: 1 },
      output: [6],
    },
  ]),
  suite<VarianceOptions & { dim?: Dims }>("variance", ([x], { dim, ...rest }) => variance(x, dim, rest), spreads),
  suite<VarianceOptions & { dim?: Dims }>("std", ([x], { dim, ...rest }) => std(x, dim, rest), spreads),
  suite<{ p?: number; dim?: Dims } & ReduceOptions>("norm", ([x], { p, dim, ...rest }) => norm(x, p, dim, rest), norms),
  suite<{ p?: number; dim?: number }>("normalize", ([x], { p, dim }) => normalize(x, p, dim), [
    { name: "the second axis", shapes: [[2, 3, 2]], output: [2, 3, 2] },
    { name: "magnitudes of rows", shapes: [[3, 4]], values: ["distinct"], options: { p: 1, dim: -1 }, output: [3, 4] },
  ]),
  suite<{ dim: Dims } & ReduceOptions>("logsumexp", ([x], { dim, ...rest }) => logsumexp(x, dim, rest), [
    { name: "the last axis", shapes: [[3, 4]], options: { dim: -1 }, output: [3] },
    { name: "two axes, kept", shapes: [[2, 3, 2]], options: { dim: [1, 2], keepdim: true }, output: [2, 1, 1] },
  ]),
];
