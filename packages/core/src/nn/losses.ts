/** @file More losses as modules; formulas and errors stand with the functions in ops/. */
import type { Tensor } from "../autograd/tensor.ts";
import { checkReduction, type Reduction } from "../ops/losses.ts";
import {
  type BceOptions,
  binaryCrossEntropy,
  checkKlReduction,
  type FocalOptions,
  type KlDivOptions,
  klDiv,
  sigmoidFocalLoss,
} from "../ops/probability-loss.ts";
import {
  checkBeta,
  checkDelta,
  huberLoss,
  l1Loss,
  type ReductionOptions,
  smoothL1Loss,
} from "../ops/regression-loss.ts";
import { checkOptions } from "./given-options.ts";
import { Module } from "./module.ts";

/**
 * |x − y|, averaged over all elements: the mean absolute error.
 *
 * Shape    input and target alike → scalar, or their shape for reduction "none".
 * Options  reduction "mean".
 * Throws   ArgumentError "reduction" at construction; ShapeError "target-shape" in forward.
 * Source   torch.nn.L1Loss.
 *
 * @example
 * await new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])).item(); // 1
 */
export class L1Loss extends Module {
  readonly reduction: Reduction;

  constructor(options: ReductionOptions = {}) {
    super();
    checkOptions("L1Loss", options, { reduction: 0 });
    this.reduction = options.reduction ?? "mean";
    checkReduction("L1Loss", this.reduction);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, { reduction: this.reduction });
  }
}

/**
 * d²/(2·beta) where |d| < beta, else |d| − beta/2, with d = x − y, averaged: smooth at 0, and outliers count like in
 * L1Loss.
 *
 * Shape    input and target alike → scalar, or their shape for reduction "none".
 * Options  beta 1 (0 is L1Loss), reduction "mean".
 * Throws   ArgumentError "reduction", "beta" (below 0) at construction; ShapeError "target-shape" in forward.
 * Source   Girshick 2015 (https://arxiv.org/abs/1504.08083); torch.nn.SmoothL1Loss.
 *
 * @example
 * await new nn.SmoothL1Loss({ reduction: "none" }).forward(tensor([0.5, 3]), zeros([2])).tolist(); // [0.125, 2.5]
 */
export class SmoothL1Loss extends Module {
  readonly options: ReductionOptions & { beta?: number };

  constructor(options: ReductionOptions & { /** Where the parabola ends. Default 1. */ beta?: number } = {}) {
    super();
    checkOptions("SmoothL1Loss", options, { reduction: 0, beta: 0 });
    checkReduction("SmoothL1Loss", options.reduction ?? "mean");
    checkBeta("SmoothL1Loss", options.beta ?? 1);
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/**
 * d²/2 where |d| ≤ delta, else delta·(|d| − delta/2), with d = x − y, averaged: delta times SmoothL1Loss of beta =
 * delta.
 *
 * Shape    input and target alike → scalar, or their shape for reduction "none".
 * Options  delta 1, reduction "mean".
 * Throws   ArgumentError "reduction", "delta" (unless > 0) at construction; ShapeError "target-shape" in forward.
 * Source   Huber 1964; torch.nn.HuberLoss.
 *
 * @example
 * await new nn.HuberLoss({ delta: 2, reduction: "none" }).forward(tensor([1, 3]), zeros([2])).tolist(); // [0.5, 4]
 */
export class HuberLoss extends Module {
  readonly options: ReductionOptions & { delta?: number };

  constructor(options: ReductionOptions & { /** Where the parabola ends. Default 1. */ delta?: number } = {}) {
    super();
    checkOptions("HuberLoss", options, { reduction: 0, delta: 0 });
    checkReduction("HuberLoss", options.reduction ?? "mean");
    checkDelta("HuberLoss", options.delta ?? 1);
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/**
 * −w·(t·log x + (1 − t)·log(1 − x)), averaged: binary cross-entropy of probabilities x, their logarithms at least −100.
 * For logits take BCEWithLogitsLoss, which is exact where this one is not.
 *
 * Shape    input and target alike, both 0 … 1 → scalar, or their shape for reduction "none".
 * Keys     weight, when given.
 * Options  weight w none (a factor that broadcasts), reduction "mean".
 * Throws   ArgumentError "reduction" at construction; in forward ShapeError "target-shape", TargetError "probability"
 *          for an input outside [0, 1] (not on WebGPU, which would have to be waited for).
 * Source   torch.nn.BCELoss.
 *
 * @example
 * await new nn.BCELoss().forward(tensor([0.5, 0.75]), tensor([1, 1])).item(); // 0.4904
 */
export class BCELoss extends Module {
  readonly options: BceOptions;

  constructor(options: BceOptions = {}) {
    super();
    checkOptions("BCELoss", options, { weight: 0, reduction: 0 });
    checkReduction("BCELoss", options.reduction ?? "mean");
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.buffer("weight") });
  }
}

/**
 * t·(log t − x), averaged: how far the distribution eˣ is from the target t. The input holds log-probabilities.
 *
 * Shape    input and target alike → scalar, or their shape for reduction "none".
 * Options  reduction "mean", over all elements; "batchmean" divides the sum by N, which is the divergence itself.
 *          logTarget false: whether the target holds logarithms, too.
 * Throws   ArgumentError "reduction" at construction; ShapeError "target-shape" in forward.
 * Source   Kullback & Leibler 1951; torch.nn.KLDivLoss.
 *
 * @example
 * const logProb = log(tensor([[0.5, 0.5]]));
 * await new nn.KLDivLoss({ reduction: "batchmean" }).forward(logProb, tensor([[0.25, 0.75]])).item(); // 0.1308
 */
export class KLDivLoss extends Module {
  readonly options: KlDivOptions;

  constructor(options: KlDivOptions = {}) {
    super();
    checkOptions("KLDivLoss", options, { reduction: 0, logTarget: 0 });
    checkKlReduction("KLDivLoss", options.reduction ?? "mean");
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/**
 * −αₜ·(1 − pₜ)^gamma·log pₜ of logits, where pₜ is the probability given to what is true, αₜ = alpha for a target of 1
 * and 1 − alpha for 0: binary cross-entropy in which easy examples count little. For few positives among many
 * negatives.
 *
 * Shape    input and target alike, targets 0 or 1 → their shape, or scalar for reduction "mean" and "sum".
 * Options  alpha 0.25 (below 0: no weighting), gamma 2, reduction "none".
 * Throws   ArgumentError "reduction" at construction, "gamma" (below 0) in forward; ShapeError "target-shape" in
 *          forward.
 * Source   Lin et al. 2017 (https://arxiv.org/abs/1708.02002); torchvision.ops.sigmoid_focal_loss.
 *
 * @example
 * await new nn.SigmoidFocalLoss().forward(tensor([0, Math.log(3)]), tensor([1, 1])).tolist(); // [0.0433, 0.0045]
 */
export class SigmoidFocalLoss extends Module {
  readonly options: FocalOptions;

  constructor(options: FocalOptions = {}) {
    super();
    checkOptions("SigmoidFocalLoss", options, { alpha: 0, gamma: 0, reduction: 0 });
    checkReduction("SigmoidFocalLoss", options.reduction ?? "none");
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return sigmoidFocalLoss(input, target, this.options);
  }
}
