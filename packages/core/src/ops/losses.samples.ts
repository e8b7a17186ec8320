import { binaryCrossEntropyWithLogits } from "./binary-loss.ts";
import {
  type CrossEntropyOptions,
  crossEntropy,
  mseLoss,
  type NllLossOptions,
  nllLoss,
  type Reduction,
} from "./losses.ts";
import { type ErrorInput, type SampleInput, suite } from "./samples.ts";

const classes = (n: number) => ["normal", { classes: n }, "positive"] as const;

/** Logits, targets and maybe class weights; class weights are constants. */
const byNumber: readonly SampleInput<NllLossOptions>[] = [
  { name: "mean", shapes: [[4, 3], [4]], values: classes(3), output: [], batched: [] },
  { name: "weighted mean", shapes: [[4, 3], [4], [3]], values: classes(3), constants: [2], output: [], batched: [] },
  {
    name: "sum, one class ignored",
    shapes: [[5, 3], [5]],
    values: classes(3),
    options: { reduction: "sum", ignoreIndex: 1 },
    output: [],
    batched: [0, 1],
  },
  {
    name: "each pixel",
    shapes: [[2, 3, 2, 2], [2, 2, 2], [3]],
    values: classes(3),
    constants: [2],
    options: { reduction: "none" },
    output: [2, 2, 2],
    batched: [0, 1],
  },
  { name: "one sample", shapes: [[4], []], values: classes(4), output: [], batched: [] },
];
const badTargets: readonly ErrorInput<NllLossOptions>[] = [
  {
    name: "a target outside the classes",
    shapes: [[2, 3], [2]],
    values: ["normal", { constant: 3 }],
    code: "target-range",
  },
  { name: "a negative target", shapes: [[2, 3], [2]], values: ["normal", { constant: -1 }], code: "target-range" },
  { name: "fewer targets", shapes: [[3, 4], [2]], values: classes(4), code: "target-shape" },
  { name: "weights for other classes", shapes: [[3, 4], [3], [3]], values: classes(4), code: "weight" },
  {
    name: "a reduction of its own",
    shapes: [[3, 4], [3]],
    values: classes(4),
    options: { reduction: "median" as Reduction },
    code: "reduction",
  },
];

export const nllLossSuite = suite<NllLossOptions>(
  "nllLoss",
  ([input, target, weight], options) => nllLoss(input, target!, { ...options, weight }),
  byNumber,
  badTargets,
);

export const crossEntropySuite = suite<CrossEntropyOptions>(
  "crossEntropy",
  ([input, target, weight], options) => crossEntropy(input, target!, { ...options, weight }),
  [
    ...byNumber,
    {
      name: "smoothed, weighted, one class ignored",
      shapes: [[5, 3], [5], [3]],
      values: classes(3),
      constants: [2],
      options: { labelSmoothing: 0.2, ignoreIndex: 2 },
      output: [],
      batched: [],
    },
    {
      name: "smoothed, each pixel",
      shapes: [
        [2, 3, 2],
        [2, 2],
      ],
      values: classes(3),
      options: { labelSmoothing: 0.3, reduction: "none" },
      output: [2, 2],
      batched: [0, 1],
    },
    {
      name: "probabilities",
      shapes: [
        [3, 4],
        [3, 4],
      ],
      values: ["normal", "positive"],
      output: [],
      batched: [],
    },
    {
      name: "probabilities, smoothed, weighted",
      shapes: [[2, 3, 2], [2, 3, 2], [3]],
      values: ["normal", "positive", "positive"],
      constants: [2],
      options: { labelSmoothing: 0.1, reduction: "sum" },
      output: [],
      batched: [0, 1],
    },
  ],
  [
    ...badTargets,
    {
      name: "smoothing above 1",
      shapes: [[2, 3], [2]],
      values: classes(3),
      options: { labelSmoothing: 1.1 },
      code: "label-smoothing",
    },
    {
      name: "probabilities of another shape",
      shapes: [
        [2, 3],
        [2, 4],
      ],
      code: "target-shape",
    },
  ],
);

type Reduced = { reduction?: Reduction };

const reductions: readonly SampleInput<Reduced>[] = [
  {
    name: "mean",
    shapes: [
      [3, 2],
      [3, 2],
    ],
    output: [],
    batched: [],
  },
  {
    name: "sum",
    shapes: [
      [2, 3, 2],
      [2, 3, 2],
    ],
    options: { reduction: "sum" },
    output: [],
    batched: [0, 1],
  },
  { name: "each element", shapes: [[4], [4]], options: { reduction: "none" }, output: [4], batched: [0, 1] },
];
const otherShape: readonly ErrorInput<Reduced>[] = [
  { name: "a target that would broadcast", shapes: [[3, 1], [3]], code: "target-shape" },
];

export const mseLossSuite = suite<Reduced>(
  "mseLoss",
  ([input, target], options) => mseLoss(input, target!, options),
  reductions,
  otherShape,
);

export const bceWithLogitsSuite = suite<Reduced>(
  "binaryCrossEntropyWithLogits",
  ([input, target, weight, posWeight], options) =>
    binaryCrossEntropyWithLogits(input, target!, { ...options, weight, posWeight }),
  [
    ...reductions.map((sample) => ({ ...sample, values: ["distinct", "positive"] as const })),
    {
      name: "both weights",
      shapes: [[3, 4], [3, 4], [4], [4]],
      values: ["distinct", "positive", "positive", "positive"],
      output: [] as number[],
      batched: [],
    },
  ],
  otherShape,
);
