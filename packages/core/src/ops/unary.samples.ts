import type { Tensor } from "../autograd/tensor.ts";
import { Generator } from "../base/rng/index.ts";
import { pow } from "./binary.ts";
import { dropout, dropout2d } from "./dropout.ts";
import { expm1, log1p } from "./log1p.ts";
import { type SampleInput, suite } from "./samples.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import {
  abs,
  affine,
  clamp,
  exp,
  gelu,
  leakyRelu,
  log,
  neg,
  reciprocal,
  relu,
  sigmoid,
  sign,
  silu,
  sqrt,
  tanh,
} from "./unary.ts";

/** What any function of one element is tried on. */
function elements(values: "normal" | "positive" | "distinct"): SampleInput<object>[] {
  return [
    { name: "three axes", shapes: [[2, 3, 4]], values: [values], output: [2, 3, 4] },
    { name: "a scalar", shapes: [[]], values: [values], output: [], batched: [] },
    { name: "an odd length", shapes: [[13]], values: [values], output: [13] },
  ];
}

const unary = (name: string, op: (x: Tensor) => Tensor, values: "normal" | "positive" | "distinct" = "normal") =>
  suite<object>(name, ([x]) => op(x), elements(values));

export const unarySuites = [
  unary("neg", neg),
  unary("exp", exp),
  unary("log", log, "positive"),
  unary("sqrt", sqrt, "positive"),
  unary("abs", abs, "distinct"),
  unary("sign", sign, "distinct"),
  unary("reciprocal", reciprocal, "positive"),
  unary("clamp", (x) => clamp(x, -0.7, 0.9), "distinct"),
  unary("affine", (x) => affine(x, -1.5, 0.25)),
  unary("pow 3", (x) => pow(x, 3)),
  unary("pow 0.5", (x) => pow(x, 0.5), "positive"),
  unary("relu", relu, "distinct"),
  unary("leakyRelu", (x) => leakyRelu(x, 0.2), "distinct"),
  unary("leakyRelu, negative slope", (x) => leakyRelu(x, -0.5), "distinct"),
  unary("sigmoid", sigmoid),
  unary("tanh", tanh),
  unary("gelu", (x) => gelu(x)),
  unary("gelu, tanh", (x) => gelu(x, { approximate: "tanh" })),
  unary("silu", silu),
];

const axes: readonly SampleInput<{ dim: number }>[] = [
  { name: "rows", shapes: [[3, 5]], options: { dim: 1 }, output: [3, 5] },
  { name: "the middle axis", shapes: [[2, 4, 3]], options: { dim: -2 }, output: [2, 4, 3] },
  { name: "the first axis", shapes: [[4, 2]], options: { dim: 0 }, output: [4, 2], batched: [] },
];
const badAxis = [{ name: "an axis that does not exist", shapes: [[2, 3]], options: { dim: 2 }, code: "dim" }];

export const softmaxSuite = suite<{ dim: number }>("softmax", ([x], { dim }) => softmax(x, dim), axes, badAxis);
export const logSoftmaxSuite = suite<{ dim: number }>(
  "logSoftmax",
  ([x], { dim }) => logSoftmax(x, dim),
  axes,
  badAxis,
);

export const log1pSuites = [
  suite<object>("log1p", ([x]) => log1p(x), [
    { name: "above 0", shapes: [[2, 3]], values: ["positive"], output: [2, 3] },
  ]),
  suite<object>("expm1", ([x]) => expm1(x), [{ name: "both signs", shapes: [[2, 3]], output: [2, 3] }]),
];

// A generator made anew for each call drops the same elements each time.
export const dropoutSuites = [
  suite<{ p: number }>(
    "dropout",
    ([x], { p }) => dropout(x, { p, generator: new Generator(3) }),
    [
      { name: "some", shapes: [[4, 5]], options: { p: 0.3 }, output: [4, 5] },
      { name: "none", shapes: [[4]], options: { p: 0 }, output: [4] },
      { name: "all", shapes: [[4]], options: { p: 1 }, output: [4] },
    ],
    [{ name: "p above 1", shapes: [[2]], options: { p: 1.5 }, code: "p" }],
  ),
  suite<{ p: number }>("dropout2d", ([x], { p }) => dropout2d(x, { p, generator: new Generator(3) }), [
    { name: "some channels", shapes: [[2, 4, 2, 2]], options: { p: 0.4 }, output: [2, 4, 2, 2] },
  ]),
];
