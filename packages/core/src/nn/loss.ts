/** @file Losses as modules; formulas and errors stand with the functions in ops/losses.ts. */
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { type BceWithLogitsOptions, binaryCrossEntropyWithLogits } from "../ops/binary-loss.ts";
import {
  type CrossEntropyOptions,
  checkReduction,
  crossEntropy,
  mseLoss,
  type NllLossOptions,
  nllLoss,
  type Reduction,
} from "../ops/losses.ts";
import { checkOptions } from "./given-options.ts";
import { Module } from "./module.ts";

/**
 * −log softmax(x)[t] = log Σⱼ e^{xⱼ} − x_t, averaged over the batch: the loss of classification. It takes logits;
 * softmax is part of it.
 *
 * Shape    input (C) or (N, C, …) logits; target int32 class numbers () or (N, …), or float32 probabilities of input's
 *          shape → scalar, or () or (N, …) for reduction "none".
 * Keys     weight (C), when given: a factor for each class.
 * Options  weight none, ignoreIndex −100 (targets that count for nothing), labelSmoothing 0, reduction "mean" (over the
 *          targets that count, weighted).
 * Throws   ArgumentError "reduction", "label-smoothing" at construction; in forward ShapeError "rank", "target-shape",
 *          "weight", DTypeError "target-dtype", TargetError "target-range" for a number that is no class.
 * Source   torch.nn.CrossEntropyLoss.
 *
 * @example
 * const logits = tensor([[2, 0, 0]]);
 * await new nn.CrossEntropyLoss().forward(logits, tensor([0], { dtype: "int32" })).item(); // 0.2395
 * await new nn.CrossEntropyLoss().forward(logits, tensor([1], { dtype: "int32" })).item(); // 2.2395
 */
export class CrossEntropyLoss extends Module {
  readonly options: CrossEntropyOptions;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    checkOptions("CrossEntropyLoss", options, { labelSmoothing: 0, weight: 0, ignoreIndex: 0, reduction: 0 });
    checkReduction("CrossEntropyLoss", options.reduction ?? "mean");
    const { labelSmoothing = 0 } = options;
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
      throw new ArgumentError(
        "CrossEntropyLoss",
        "label-smoothing",
        say`labelSmoothing must lie in [0, 1], got ${{ labelSmoothing }}.`,
      );
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.buffer("weight") });
  }
}

/**
 * −weight[t]·x[t], averaged over the batch: the negative log-likelihood. The input holds log-probabilities, as
 * LogSoftmax gives them; CrossEntropyLoss is both in one.
 *
 * Shape    input (C) or (N, C, …), target int32 () or (N, …) → scalar, or target's shape for reduction "none".
 * Keys     weight (C), when given: a factor for each class.
 * Options  weight none, ignoreIndex −100, reduction "mean": the sum divided by the weights of the targets that count.
 * Throws   ArgumentError "reduction" at construction; in forward ShapeError "rank", "target-shape", "weight",
 *          DTypeError "target-dtype", TargetError "target-range".
 * Source   torch.nn.NLLLoss.
 *
 * @example
 * const logProb = log(tensor([[0.25, 0.75]]));
 * await new nn.NLLLoss().forward(logProb, tensor([1], { dtype: "int32" })).item(); // 0.2877
 */
export class NLLLoss extends Module {
  readonly options: NllLossOptions;

  constructor(options: NllLossOptions = {}) {
    super();
    checkOptions("NLLLoss", options, { weight: 0, ignoreIndex: 0, reduction: 0 });
    checkReduction("NLLLoss", options.reduction ?? "mean");
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.buffer("weight") });
  }
}

/**
 * (x − y)², averaged over all elements: the mean squared error.
 *
 * Shape    input and target alike → scalar, or their shape for reduction "none".
 * Options  reduction "mean".
 * Throws   ArgumentError "reduction" at construction; ShapeError "target-shape" in forward: torch only warns and
 *          broadcasts, which hides mistakes.
 * Source   torch.nn.MSELoss.
 *
 * @example
 * await new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item(); // 2
 */
export class MSELoss extends Module {
  readonly reduction: Reduction;

  constructor(options: { /** Default "mean". */ reduction?: Reduction } = {}) {
    super();
    checkOptions("MSELoss", options, { reduction: 0 });
    this.reduction = options.reduction ?? "mean";
    checkReduction("MSELoss", this.reduction);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, { reduction: this.reduction });
  }
}

/**
 * −w·(p·t·log σ(x) + (1 − t)·log(1 − σ(x))), averaged: binary cross-entropy of logits, for yes/no outputs that do not
 * exclude each other. It is exact where BCELoss after a Sigmoid is not.
 *
 * Shape    input and target alike, targets 0 … 1 → scalar, or their shape for reduction "none".
 * Keys     weight, pos_weight, when given.
 * Options  weight w none and posWeight p none (factors that broadcast; p > 1 favours recall), reduction "mean".
 * Throws   ArgumentError "reduction" at construction; ShapeError "target-shape" in forward.
 * Source   torch.nn.BCEWithLogitsLoss.
 *
 * @example
 * await new nn.BCEWithLogitsLoss().forward(tensor([0, Math.log(3)]), tensor([1, 1])).item(); // 0.4904
 */
export class BCEWithLogitsLoss extends Module {
  readonly options: BceWithLogitsOptions;

  constructor(options: BceWithLogitsOptions = {}) {
    super();
    checkOptions("BCEWithLogitsLoss", options, { weight: 0, posWeight: 0, reduction: 0 });
    checkReduction("BCEWithLogitsLoss", options.reduction ?? "mean");
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
    if (options.posWeight) this.registerBuffer("pos_weight", options.posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, {
      ...this.options,
      weight: this.buffer("weight"),
      posWeight: this.buffer("pos_weight"),
    });
  }
}
