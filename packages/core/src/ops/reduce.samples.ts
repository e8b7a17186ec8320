import { amax, amin, max, min } from "./extremum.ts";
import type { Dims, ReduceOptions } from "./reduction-types.ts";
import { type ErrorInput, type SampleInput, suite } from "./samples.ts";
import { mean, sum } from "./sum.ts";

type Options = ReduceOptions & { dim?: Dims };

const sums: readonly SampleInput<Options>[] = [
  { name: "everything", shapes: [[2, 3, 2]], output: [] },
  { name: "one axis", shapes: [[2, 3, 4]], options: { dim: 1 }, output: [2, 4] },
  {
    name: "axes apart, kept",
    shapes: [[2, 3, 4]],
    options: { dim: [0, -1], keepdim: true },
    output: [1, 3, 1],
    batched: [],
  },
  { name: "a scalar", shapes: [[]], output: [], batched: [] },
];
const badAxis: readonly ErrorInput<Options>[] = [
  { name: "an axis that does not exist", shapes: [[2, 3]], options: { dim: 2 }, code: "dim" },
];

const largest: readonly SampleInput<Options>[] = [
  { name: "everything", shapes: [[2, 3, 2]], values: ["distinct"], output: [], batched: [] },
  { name: "one axis", shapes: [[2, 3, 4]], values: ["distinct"], options: { dim: 1 }, output: [2, 4] },
  {
    name: "two axes, kept",
    shapes: [[2, 3, 4]],
    values: ["distinct"],
    options: { dim: [0, 2], keepdim: true },
    output: [1, 3, 1],
    batched: [],
  },
];
const noElements: readonly ErrorInput<Options>[] = [
  ...badAxis,
  { name: "nothing to choose from", shapes: [[2, 0]], options: { dim: 1 }, code: "empty" },
];

const along: readonly SampleInput<{ dim: number; keepdim?: boolean }>[] = [
  { name: "the last axis", shapes: [[3, 4]], values: ["distinct"], options: { dim: -1 }, output: [3] },
  {
    name: "the middle axis, kept",
    shapes: [[2, 3, 2]],
    values: ["distinct"],
    options: { dim: 1, keepdim: true },
    output: [2, 1, 2],
  },
];

export const reduceSuites = [
  suite<Options>("sum", ([x], { dim, ...options }) => sum(x, dim, options), sums, badAxis),
  suite<Options>(
    "mean",
    ([x], { dim, ...options }) => mean(x, dim, options),
    sums.map((s) => (s.name === "everything" ? { ...s, batched: [] } : s)),
    badAxis,
  ),
  suite<Options>("amax", ([x], { dim, ...options }) => amax(x, dim, options), largest, noElements),
  suite<Options>("amin", ([x], { dim, ...options }) => amin(x, dim, options), largest, noElements),
  suite<{ dim: number; keepdim?: boolean }>("max", ([x], { dim, ...options }) => max(x, dim, options).values, along),
  suite<{ dim: number; keepdim?: boolean }>("min", ([x], { dim, ...options }) => min(x, dim, options).values, along),
];
