/** @file Losses between probabilities: binary cross-entropy, Kullback–Leibler divergence, focal loss. */

import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, say, TargetError } from "../errors/errors.ts";
import { add, compare, div, maximum, mul, pow, sub, where } from "./binary.ts";
import { binaryCrossEntropyWithLogits } from "./binary-loss.ts";
import { composed } from "./composed.ts";
import { amax, amin } from "./extremum.ts";
import { log1p } from "./log1p.ts";
import { checkPair, type Reduction } from "./losses.ts";
import { reduced } from "./regression-loss.ts";
import { sum } from "./sum.ts";
import { affine, clamp, exp, log, neg, sigmoid } from "./unary.ts";

/** Weights of binaryCrossEntropy, and what becomes of the losses. */
export interface BceOptions {
  /** A factor for each element, broadcast. Default null: 1. */
  weight?: Tensor | null;
  /** Default "mean". */
  reduction?: Reduction;
}

/** −Infinity becomes −100, so that one impossible element does not make the whole loss infinite. */
const floored = (t: Tensor): Tensor => maximum(t, -100);

const bceOp = composed<{ input: Tensor; target: Tensor }, null>({
  name: "binaryCrossEntropy",
  shape: ({ input }) => input.shape,
  saves: ["input", "target"],
  value: ({ input: x, target: t }) => neg(add(mul(t, floored(log(x))), mul(affine(t, -1, 1), floored(log1p(neg(x)))))),
  // ∂/∂x = (x − t)/(x·(1 − x)), the divisor at least 1e-12; ∂/∂t = log(1 − x) − log x, not floored, as torch has it.
  backward(gradOutput, { input: x, target: t }, _p, { needs }) {
    const grads: { input?: Tensor; target?: Tensor } = {};
    if (needs.input) grads.input = div(mul(gradOutput, sub(x, t)), maximum(mul(x, affine(x, -1, 1)), 1e-12));
    if (needs.target) {
      const slope = sub(log1p(neg(x)), log(x));
      grads.target = where(compare("eq", gradOutput, 0), 0, mul(gradOutput, slope));
    }
    return grads;
  },
});

/** Refuses values that are no probabilities, where the backend can be read at once; WebGPU cannot. */
function checkProbabilities(name: string, input: Tensor): void {
  const { backend } = input;
  if (!backend.readSync || input.numel === 0) return;
  const outer = input.detach();
  const read = (t: Tensor) => backend.readSync!(t.memory, 1)[0]!;
  const [low, high] = [read(amin(outer)), read(amax(outer))];
  if (!(low >= 0 && high <= 1))
    throw new TargetError(
      name,
      "probability",
      say`every input must lie in [0, 1], got values from ${{ low }} to ${{ high }}. For logits use binaryCrossEntropyWithLogits.`,
    );
}

/**
 * −w·(t·log x + (1 − t)·log(1 − x)) of probabilities x, w = weight; logarithms are at least −100.
 * For logits binaryCrossEntropyWithLogits is exact where this is not.
 *
 * Shape    input and target alike; weight broadcasts → scalar, or input's shape for "none".
 * Options  weight null, reduction "mean".
 * Throws   ShapeError "target-shape", "broadcast"; TargetError "probability" for an input outside [0, 1]; ArgumentError
 *          "reduction".
 * Source   torch.nn.functional.binary_cross_entropy.
 *
 * @example
 * await binaryCrossEntropy(tensor([0.5, 0.9]), tensor([1, 0]), { reduction: "none" }).tolist(); // [0.6931, 2.3026]
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  checkKnown("binaryCrossEntropy", options, { weight: 0, reduction: 0 });
  const { weight, reduction = "mean" } = options;
  checkPair("binaryCrossEntropy", input, target, reduction);
  checkProbabilities("binaryCrossEntropy", input);
  const losses = bceOp({ input, target }, null);
  return reduced(weight ? mul(losses, weight) : losses, reduction);
}

/** What klDiv takes its target for, and what becomes of the losses. */
export interface KlDivOptions {
  /** Default "mean", over all elements; "batchmean" divides the sum by N, which is what the mathematics means. */
  reduction?: Reduction | "batchmean";
  /** The target holds logarithms, too. Default false. */
  logTarget?: boolean;
}

type KlInputs = { input: Tensor; target: Tensor };

const klOp = composed<KlInputs, { logTarget: boolean }>({
  name: "klDiv",
  shape: ({ input }) => input.shape,
  saves: ["input", "target"],
  value({ input: x, target: t }, { logTarget }) {
    if (logTarget) return mul(exp(t), sub(t, x));
    // 0·log 0 is 0.
    const entropy = where(compare("eq", t, 0), 0, mul(t, log(t)));
    return sub(entropy, mul(t, x));
  },
  backward(gradOutput, { input: x, target: t }, { logTarget }, { needs }) {
    const p = logTarget ? exp(t) : t;
    const grads: { input?: Tensor; target?: Tensor } = {};
    if (needs.input) grads.input = neg(mul(gradOutput, p));
    if (needs.target) {
      const slope = logTarget ? mul(p, affine(sub(t, x), 1, 1)) : affine(sub(log(t), x), 1, 1);
      grads.target = mul(gradOutput, slope);
    }
    return grads;
  },
});

/** @internal */
export function checkKlReduction(name: string, reduction: string): void {
  if (!["mean", "sum", "none", "batchmean"].includes(reduction))
    throw new ArgumentError(
      name,
      "reduction",
      say`reduction must be "mean", "sum", "none" or "batchmean", got "${{ reduction }}".`,
    );
}

/**
 * t·(log t − x): how far the distribution eˣ is from the target t. The input holds logarithms (logSoftmax), with
 * logTarget the target, too: eᵗ·(t − x).
 *
 * Shape    input and target alike → scalar, or the same for "none".
 * Options  reduction "mean" (over all elements), logTarget false.
 * Throws   ShapeError "target-shape"; ArgumentError "reduction".
 * Source   Kullback & Leibler 1951; torch.nn.functional.kl_div. For a target of 0 the target's own gradient is −∞
 *          (torch: NaN).
 *
 * @example
 * const [p, target] = [tensor([[0.25, 0.75]]), tensor([[0.5, 0.5]])];
 * await klDiv(p.log(), target, { reduction: "batchmean" }).item(); // 0.1438
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  checkKnown("klDiv", options, { reduction: 0, logTarget: 0 });
  const { reduction = "mean", logTarget = false } = options;
  checkKlReduction("klDiv", reduction);
  checkPair("klDiv", input, target, "none");
  const losses = klOp({ input, target }, { logTarget });
  return reduction === "batchmean" ? affine(sum(losses), 1 / (input.shape[0] ?? 1), 0) : reduced(losses, reduction);
}

/** How sigmoidFocalLoss weighs classes and easy examples, and what becomes of the losses. */
export interface FocalOptions {
  /** Share of the positive class, 1 − alpha of the negative; negative: no weighting. Default 0.25. */
  alpha?: number;
  /** How strongly easy examples are turned down. Default 2. */
  gamma?: number;
  /** Default "none", as in torchvision. */
  reduction?: Reduction;
}

/**
 * Binary cross-entropy of logits times (1 − p)^gamma, p being the probability given to what is true: easy examples
 * count little. Positive targets are also weighted by alpha, negative ones by 1 − alpha.
 *
 * Shape    input and target alike; targets 0 or 1 (or between) → the same, or a scalar for "mean" and "sum".
 * Options  alpha 0.25 (negative: no weighting), gamma 2, reduction "none".
 * Throws   ShapeError "target-shape"; ArgumentError "gamma" below 0, "reduction".
 * Source   Lin et al. 2017; torchvision.ops.sigmoid_focal_loss.
 *
 * @example
 * await sigmoidFocalLoss(tensor([0, 4]), tensor([1, 1])).tolist(); // [0.0433, 0.0000]
 */
export function sigmoidFocalLoss(input: Tensor, target: Tensor, options: FocalOptions = {}): Tensor {
  checkKnown("sigmoidFocalLoss", options, { alpha: 0, gamma: 0, reduction: 0 });
  const { alpha = 0.25, gamma = 2, reduction = "none" } = options;
  checkPair("sigmoidFocalLoss", input, target, reduction);
  if (!(gamma >= 0)) throw new ArgumentError("sigmoidFocalLoss", "gamma", say`gamma must be ≥ 0, got ${{ gamma }}.`);
  const p = sigmoid(input);
  // 1 − (p·t + (1 − p)·(1 − t)) = p + t − 2·p·t; kept off 0, where a root (gamma < 1) has an infinite slope.
  const missed = clamp(sub(add(p, target), affine(mul(p, target), 2, 0)), 1e-30);
  const losses = mul(binaryCrossEntropyWithLogits(input, target, { reduction: "none" }), pow(missed, gamma));
  if (alpha < 0) return reduced(losses, reduction);
  return reduced(mul(losses, affine(target, 2 * alpha - 1, 1 - alpha)), reduction);
}
