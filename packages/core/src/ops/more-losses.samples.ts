/** @file Samples of regression-loss.ts and probability-loss.ts. */
import type { Tensor } from "../autograd/tensor.ts";
import { binaryCrossEntropy, klDiv, sigmoidFocalLoss } from "./probability-loss.ts";
import { huberLoss, l1Loss, smoothL1Loss } from "./regression-loss.ts";
import { type SampleInput, suite } from "./samples.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { affine, sigmoid } from "./unary.ts";

type Options = { reduction?: "mean" | "sum" | "none" };
type Loss = (input: Tensor, target: Tensor, options: Options) => Tensor;

const shapes = [
  [3, 4],
  [3, 4],
];
const reductions: readonly SampleInput<Options>[] = [
  { name: "mean", shapes, output: [], batched: [] },
  { name: "sum", shapes, options: { reduction: "sum" }, output: [], batched: [0, 1] },
  { name: "none", shapes, options: { reduction: "none" }, output: [3, 4], batched: [0, 1] },
];
const refusals = [
  {
    name: "a target of another shape",
    shapes: [
      [2, 1],
      [2, 3],
    ],
    code: "target-shape",
  },
  { name: "a reduction of its own", shapes, options: { reduction: "median" as "mean" }, code: "reduction" },
];

const loss = (name: string, op: Loss) =>
  suite<Options>(name, ([x, y], options) => op(x, y!, options), reductions, refusals);

export const moreLossSuites = [
  loss("l1Loss", l1Loss),
  loss("smoothL1Loss", (x, y, options) => smoothL1Loss(x, y, { ...options, beta: 0.6 })),
  loss("huberLoss", (x, y, options) => huberLoss(x, y, { ...options, delta: 0.6 })),
  // Both operands through functions that give what the loss wants, so that the targets' gradients are checked, too.
  loss("binaryCrossEntropy", (x, y, options) => binaryCrossEntropy(sigmoid(x), sigmoid(y), options)),
  loss("klDiv", (x, y, options) => klDiv(logSoftmax(x, -1), softmax(y, -1), options)),
  loss("klDiv of logarithms", (x, y, options) => klDiv(x, logSoftmax(y, -1), { ...options, logTarget: true })),
  loss("sigmoidFocalLoss", (x, y, options) =>
    sigmoidFocalLoss(x, sigmoid(y), { gamma: 1.5, reduction: "mean", ...options }),
  ),
  suite<object>(
    "binaryCrossEntropy's input",
    ([x, y]) => binaryCrossEntropy(affine(x, 0, 2), y!),
    [],
    [{ name: "no probability", shapes, code: "probability" }],
  ),
];
