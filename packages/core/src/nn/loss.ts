/** @file Losses as modules; formulas and errors stand with the functions in ops/losses.ts. */
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError } from "../errors/errors.ts";
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
import { Module } from "./module.ts";

/** −log softmax(logits)[target], averaged: the loss of classification. torch.nn.CrossEntropyLoss. */
export class CrossEntropyLoss extends Module {
  readonly options: CrossEntropyOptions;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    checkReduction("CrossEntropyLoss", options.reduction ?? "mean");
    const { labelSmoothing = 0 } = options;
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
      throw new ArgumentError(
        "CrossEntropyLoss",
        "label-smoothing",
        `labelSmoothing must lie in [0, 1], got ${labelSmoothing}.`,
      );
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.buffer("weight") });
  }
}

/** The same on log-probabilities. torch.nn.NLLLoss. */
export class NLLLoss extends Module {
  readonly options: NllLossOptions;

  constructor(options: NllLossOptions = {}) {
    super();
    checkReduction("NLLLoss", options.reduction ?? "mean");
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.buffer("weight") });
  }
}

/** Mean squared error. torch.nn.MSELoss. */
export class MSELoss extends Module {
  readonly reduction: Reduction;

  constructor(options: { reduction?: Reduction } = {}) {
    super();
    this.reduction = options.reduction ?? "mean";
    checkReduction("MSELoss", this.reduction);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, { reduction: this.reduction });
  }
}

/** Binary cross-entropy of logits: for yes/no outputs that do not exclude each other. torch.nn.BCEWithLogitsLoss. */
export class BCEWithLogitsLoss extends Module {
  readonly options: BceWithLogitsOptions;

  constructor(options: BceWithLogitsOptions = {}) {
    super();
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
