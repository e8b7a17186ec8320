/** @file Losses of classification and regression, with torch's reductions. */

import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { numel, type Shape, sameShape } from "../base/shape.ts";
import { ArgumentError, DTypeError, ShapeError, say, TargetError } from "../errors/errors.ts";
import { add, compare, div, mul, sub, where } from "./binary.ts";
import { logSoftmax } from "./softmax.ts";
import { mean, sum } from "./sum.ts";
import { affine, neg } from "./unary.ts";
import { reshape } from "./view.ts";

/** What becomes of the single losses: their "mean", their "sum", or "none": each by itself. */
export type Reduction = "mean" | "sum" | "none";

/** Which classes and targets count how much in nllLoss and crossEntropy. */
export interface NllLossOptions {
  /** One factor for each class, (C). Default null: 1. */
  weight?: Tensor | null;
  /** Targets of this value count for nothing. Default −100. */
  ignoreIndex?: number;
  /** Default "mean": over the targets that count, weighted. */
  reduction?: Reduction;
}

/** What crossEntropy takes beside logits and targets. */
export interface CrossEntropyOptions extends NllLossOptions {
  /** 0 … 1: moves this share of the target evenly over all classes. Default 0. */
  labelSmoothing?: number;
}

/** @internal */
export function checkReduction(where: string, reduction: string): void {
  if (reduction !== "mean" && reduction !== "sum" && reduction !== "none")
    throw new ArgumentError(
      where,
      "reduction",
      say`reduction must be "mean", "sum" or "none", got "${{ reduction }}".`,
    );
}

/** Checks what every loss between equal shapes wants. @internal */
export function checkPair(where: string, input: Tensor, target: Tensor, reduction: Reduction): void {
  checkReduction(where, reduction);
  if (!sameShape(input.shape, target.shape))
    throw new ShapeError(
      where,
      "target-shape",
      "input and target must have one shape.",
      [
        { name: "input", shape: input.shape },
        { name: "target", shape: target.shape },
      ],
      "nothing is broadcast here: use unsqueeze, squeeze or reshape.",
    );
}

function checkClassNumbers(target: Tensor): void {
  if (target.dtype !== "int32")
    throw new DTypeError(
      "nllLoss",
      "target-dtype",
      say`targets must be class numbers of dtype int32, got ${{ dtype: target.dtype }}: convert them with to("int32"), or use crossEntropy for probabilities.`,
    );
}

/** Positions around the class axis: input (N, C, d…) or (C). */
function classLayout(input: Shape) {
  return input.length === 1
    ? { batch: 1, classes: input[0]!, spatial: 1 }
    : { batch: input[0]!, classes: input[1]!, spatial: numel(input.slice(2)) };
}

function targetShape(input: Shape): number[] {
  return input.length === 1 ? [] : [input[0]!, ...input.slice(2)];
}

type NllInputs = { logProb: Tensor; targets: Tensor; weight?: Tensor };

/** Loss and weight of every position; the weight is the second half of the result. */
const nllOp: Op<NllInputs, { ignoreIndex: number; onWeights(weights: Tensor): void }> = defineOp<
  NllInputs,
  { ignoreIndex: number; onWeights(weights: Tensor): void }
>({
  name: "nllLoss",
  inputTypes: { targets: "int32" },
  shape({ logProb, targets, weight }) {
    const operands = [
      { name: "input", shape: logProb.shape, axes: "N, C, …" },
      { name: "target", shape: targets.shape },
    ];
    if (logProb.shape.length === 0)
      throw new ShapeError("nllLoss", "rank", say`input must be (C) or (N, C, …), got ${{ axes: 0 }} axes.`, operands);
    const want = targetShape(logProb.shape);
    if (!sameShape(targets.shape, want))
      throw new ShapeError(
        "nllLoss",
        "target-shape",
        say`targets must be ${{ want }} for this input, got ${{ target: targets.shape }}.`,
        operands,
        sameShape(targets.shape, logProb.shape) ? "one-hot? argmax(1) gives the class numbers." : undefined,
      );
    const { classes } = classLayout(logProb.shape);
    if (weight && (weight.shape.length !== 1 || weight.shape[0] !== classes))
      throw new ShapeError(
        "nllLoss",
        "weight",
        say`weight must be [${{ classes }}], one for each class, got ${{ weight: weight.shape }}.`,
        operands,
      );
    return targets.shape;
  },
  saves: ["targets", "weight"],
  forward({ logProb, targets, weight }, { ignoreIndex, onWeights }, out) {
    const weights = Tensor.empty(out.backend, out.shape);
    if (out.numel > 0)
      run("nll_loss_f32", { ...classLayout(logProb.shape), ignoreIndex }, [logProb, targets, weight], [out, weights]);
    onWeights(weights);
  },
  backward: (gradOutput, { targets, weight }, { ignoreIndex }, { shapes }) => ({
    logProb: nllBackwardOp({ gradOutput, targets, weight }, { ignoreIndex, shape: shapes.logProb }),
  }),
  // The class weights are constants, as in torch.
  differentiable: true,
  refused(refusal, { logProb }) {
    const { classes } = classLayout(logProb.shape);
    const [target, position] = refusal.facts;
    return new TargetError(
      "nllLoss",
      "target-range",
      say`target ${{ target }} at position ${{ position }} is outside the ${{ classes }} classes${classes > 0 ? ` 0 … ${classes - 1}` : ""}. Check the labels, or the number of outputs of the last layer.`,
    );
  },
});

/** Linear in gradOutput, so its gradient is the loss again. */
const nllBackwardOp = defineOp<
  { gradOutput: Tensor; targets: Tensor; weight?: Tensor },
  { ignoreIndex: number; shape: Shape }
>({
  name: "nllLossBackward",
  inputTypes: { targets: "int32" },
  shape: (_inputs, { shape }) => shape,
  saves: ["targets", "weight"],
  forward({ gradOutput, targets, weight }, { ignoreIndex, shape }, out) {
    const p = { ...classLayout(shape), ignoreIndex };
    if (out.numel > 0) run("nll_loss_backward_f32", p, [gradOutput, targets, weight], [out]);
  },
  backward: (logProb, { targets, weight }, { ignoreIndex }) => ({
    gradOutput: nllOp({ logProb, targets, weight }, { ignoreIndex, onWeights: () => {} }),
  }),
  differentiable: true,
});

/**
 * Negative log likelihood: −weight[t]·logProb[t] for each target t; the mean divides by the sum of the weights.
 *
 * Shape    input (C) or (N, C, …) of log-probabilities, target () or (N, …) int32 → scalar, or target's shape for
 *          "none".
 * Options  weight null, ignoreIndex −100, reduction "mean".
 * Throws   ShapeError "rank", "target-shape", "weight"; TargetError "target-range" for a target outside the classes;
 *          DTypeError "target-dtype" unless int32; ArgumentError "reduction".
 * Source   torch.nn.functional.nll_loss.
 *
 * @example
 * const logProb = tensor([[-1, -2, -3], [-4, -5, -6]]);
 * await nllLoss(logProb, tensor(Int32Array.of(2, 0))).item(); // 3.5
 */
export function nllLoss(logProb: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  checkKnown("nllLoss", options, { weight: 0, ignoreIndex: 0, reduction: 0 });
  const { weight = null, ignoreIndex = -100, reduction = "mean" } = options;
  checkReduction("nllLoss", reduction);
  checkClassNumbers(target);
  let weights: Tensor | undefined;
  const losses = nllOp(
    { logProb, targets: target, weight: weight ?? undefined },
    { ignoreIndex, onWeights: (w) => (weights = w) },
  );
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : div(sum(losses), sum(weights!));
}

function smoothed(
  logProb: Tensor,
  target: Tensor,
  smoothing: number,
  { weight = null, ignoreIndex = -100, reduction = "mean" }: NllLossOptions,
): Tensor {
  checkClassNumbers(target);
  // (1 − ε)·nll + ε/C·Σ_c −w_c·logProb_c, both over the same positions and, for the mean, the same weights.
  const { batch, classes, spatial } = classLayout(logProb.shape);
  const axis = logProb.ndim === 1 ? 0 : 1;
  let weights: Tensor | undefined;
  const hit = nllOp(
    { logProb, targets: target, weight: weight ?? undefined },
    { ignoreIndex, onWeights: (w) => (weights = w) },
  );
  const alongClasses = logProb.shape.map((size, i) => (i === axis ? size : 1));
  const weighted = weight ? mul(logProb, reshape(weight, alongClasses)) : logProb;
  const counts = compare("ne", target, ignoreIndex);
  const spread = where(counts, neg(sum(weighted, axis)), 0);
  const losses = add(affine(hit, 1 - smoothing, 0), affine(spread, smoothing / classes, 0));
  if (reduction === "none") return losses;
  if (reduction === "sum") return sum(losses);
  return batch * spatial === 0 ? mean(losses) : div(sum(losses), sum(weights!));
}

function soft(
  logProb: Tensor,
  target: Tensor,
  smoothing: number,
  { weight = null, reduction = "mean" }: NllLossOptions,
): Tensor {
  const { batch, classes, spatial } = classLayout(logProb.shape);
  const axis = logProb.ndim === 1 ? 0 : 1;
  if (!sameShape(logProb.shape, target.shape))
    throw new ShapeError(
      "crossEntropy",
      "target-shape",
      "targets given as probabilities must have the input's shape.",
      [
        { name: "input", shape: logProb.shape },
        { name: "target", shape: target.shape },
      ],
      target.ndim < logProb.ndim ? 'class numbers are int32: to("int32").' : undefined,
    );
  if (weight && (weight.ndim !== 1 || weight.shape[0] !== classes))
    throw new ShapeError(
      "crossEntropy",
      "weight",
      say`weight must be [${{ classes }}], one for each class, got ${{ weight: weight.shape }}.`,
    );
  const goal = smoothing > 0 ? affine(target, 1 - smoothing, smoothing / classes) : target;
  const alongClasses = logProb.shape.map((size, i) => (i === axis ? size : 1));
  const weighted = weight ? mul(logProb, reshape(weight, alongClasses)) : logProb;
  const losses = neg(sum(mul(weighted, goal), axis));
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : affine(sum(losses), 1 / (batch * spatial), 0);
}

/**
 * Cross-entropy of logits: −log softmax(x)[t], the loss of classification. Of targets p that are probabilities
 * −Σ_c p_c·log softmax(x)_c.
 *
 * Shape    input (C) or (N, C, …) of logits; target class numbers, int32, () or (N, …), or probabilities, float32, of
 *          input's shape → scalar, or one loss for each position for "none".
 * Options  weight null (C), ignoreIndex −100 (class numbers), labelSmoothing 0, reduction "mean" (of class numbers over
 *          those that count, weighted; of probabilities over N and space).
 * Throws   ShapeError "rank", "target-shape", "weight"; TargetError "target-range"; DTypeError "target-dtype" unless
 *          int32 or float32; ArgumentError "label-smoothing" outside [0, 1], "reduction".
 * Source   torch.nn.functional.cross_entropy; smoothing as in Szegedy et al. 2016.
 *
 * @example
 * const logits = tensor([[2, 1, 0]]);
 * await crossEntropy(logits, tensor(Int32Array.of(0))).item(); // 0.4076
 * await crossEntropy(logits, tensor([[0.5, 0.5, 0]])).item(); // 0.9076
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkKnown("crossEntropy", options, { labelSmoothing: 0, weight: 0, ignoreIndex: 0, reduction: 0 });
  const { labelSmoothing = 0, ...plain } = options;
  checkReduction("crossEntropy", plain.reduction ?? "mean");
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(
      "crossEntropy",
      "label-smoothing",
      say`labelSmoothing must lie in [0, 1], got ${{ labelSmoothing }}.`,
    );
  if (input.ndim === 0)
    throw new ShapeError("crossEntropy", "rank", say`input must be (C) or (N, C, …), got ${{ axes: 0 }} axes.`, [
      { name: "input", shape: input.shape },
    ]);
  const logProb = logSoftmax(input, input.ndim === 1 ? 0 : 1);
  if (target.dtype === "float32") return soft(logProb, target, labelSmoothing, options);
  return labelSmoothing > 0 ? smoothed(logProb, target, labelSmoothing, options) : nllLoss(logProb, target, plain);
}

/**
 * (x − y)², averaged, summed or as it is. Shapes must be equal: torch only warns and broadcasts, which hides mistakes.
 *
 * Shape    input and target alike → scalar, or the same for "none".
 * Options  reduction "mean".
 * Throws   ShapeError "target-shape"; ArgumentError "reduction".
 * Source   torch.nn.functional.mse_loss.
 *
 * @example
 * await mseLoss(tensor([1, 2]), tensor([3, 2])).item(); // 2
 */
export function mseLoss(input: Tensor, target: Tensor, options: { reduction?: Reduction } = {}): Tensor {
  checkKnown("mseLoss", options, { reduction: 0 });
  const { reduction = "mean" } = options;
  checkPair("mseLoss", input, target, reduction);
  const difference = sub(input, target);
  const squares = mul(difference, difference);
  return reduction === "none" ? squares : reduction === "sum" ? sum(squares) : mean(squares);
}
