import type { Tensor } from "../autograd/tensor.ts";
import {
  elu,
  hardsigmoid,
  hardswish,
  hardtanh,
  logSigmoid,
  mish,
  relu6,
  selu,
  softmin,
  softplus,
} from "./activations.ts";
import { prelu } from "./prelu.ts";
import { type SampleInput, suite } from "./samples.ts";

// "distinct" values never fall on 0, ±1, ±3 or 6, where slopes jump.
const elements: readonly SampleInput<object>[] = [
  { name: "three axes", shapes: [[4, 5, 6]], values: ["distinct"], output: [4, 5, 6] },
  { name: "a scalar", shapes: [[]], values: ["distinct"], output: [], batched: [] },
  { name: "an odd length", shapes: [[13]], values: ["distinct"], output: [13] },
];

const unary = (name: string, op: (x: Tensor) => Tensor) => suite<object>(name, ([x]) => op(x), elements);

export const activationSuites = [
  unary("elu", (x) => elu(x, 0.7)),
  unary("selu", selu),
  unary("hardtanh", (x) => hardtanh(x, -0.8, 1.3)),
  unary("relu6", relu6),
  unary("hardsigmoid", hardsigmoid),
  unary("hardswish", hardswish),
  unary("mish", mish),
  unary("softplus", (x) => softplus(x, 2, 5)),
  unary("logSigmoid", logSigmoid),
  suite<{ low: number; high: number }>(
    "hardtanh's range",
    ([x], { low, high }) => hardtanh(x, low, high),
    [],
    [{ name: "turned round", shapes: [[2]], options: { low: 1, high: -1 }, code: "range" }],
  ),
  suite<{ dim: number }>(
    "softmin",
    ([x], { dim }) => softmin(x, dim),
    [{ name: "the middle axis", shapes: [[2, 4, 3]], options: { dim: 1 }, output: [2, 4, 3] }],
    [{ name: "an axis that does not exist", shapes: [[2, 3]], options: { dim: 2 }, code: "dim" }],
  ),
  suite<object>(
    "prelu",
    ([x, weight]) => prelu(x, weight!),
    [
      { name: "one slope", shapes: [[2, 3, 4], [1]], values: ["distinct"], output: [2, 3, 4] },
      { name: "a slope each", shapes: [[2, 3, 2, 2], [3]], values: ["distinct"], output: [2, 3, 2, 2] },
      { name: "a vector", shapes: [[5], [1]], values: ["distinct"], output: [5] },
    ],
    [
      { name: "slopes for other channels", shapes: [[2, 3], [4]], code: "channels" },
      {
        name: "slopes of two axes",
        shapes: [
          [2, 3],
          [3, 1],
        ],
        code: "rank",
      },
    ],
  ),
];
