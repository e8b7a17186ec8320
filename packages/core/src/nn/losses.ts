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
import { Module } from "./module.ts";

/** |x − y|. torch.nn.L1Loss. */
export class L1Loss extends Module {
  readonly reduction: Reduction;

  constructor(options: ReductionOptions = {}) {
    super();
    this.reduction = options.reduction ?? "mean";
    checkReduction("L1Loss", this.reduction);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, { reduction: this.reduction });
  }
}

/** A parabola below `beta` (1), straight above. torch.nn.SmoothL1Loss. */
export class SmoothL1Loss extends Module {
  readonly options: ReductionOptions & { beta?: number };

  constructor(options: ReductionOptions & { beta?: number } = {}) {
    super();
    checkReduction("SmoothL1Loss", options.reduction ?? "mean");
    checkBeta("SmoothL1Loss", options.beta ?? 1);
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** d²/2 up to `delta` (1), straight above. torch.nn.HuberLoss. */
export class HuberLoss extends Module {
  readonly options: ReductionOptions & { delta?: number };

  constructor(options: ReductionOptions & { delta?: number } = {}) {
    super();
    checkReduction("HuberLoss", options.reduction ?? "mean");
    checkDelta("HuberLoss", options.delta ?? 1);
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/** Binary cross-entropy of probabilities; for logits use BCEWithLogitsLoss. torch.nn.BCELoss. */
export class BCELoss extends Module {
  readonly options: BceOptions;

  constructor(options: BceOptions = {}) {
    super();
    checkReduction("BCELoss", options.reduction ?? "mean");
    this.options = options;
    if (options.weight) this.registerBuffer("weight", options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.buffer("weight") });
  }
}

/** How far e^input is from the target distribution; reduction "batchmean" is the mathematical one. torch.nn.KLDivLoss. */
export class KLDivLoss extends Module {
  readonly options: KlDivOptions;

  constructor(options: KlDivOptions = {}) {
    super();
    checkKlReduction("KLDivLoss", options.reduction ?? "mean");
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** Binary cross-entropy of logits that turns easy examples down. Lin et al. 2017; sigmoidFocalLoss. */
export class SigmoidFocalLoss extends Module {
  readonly options: FocalOptions;

  constructor(options: FocalOptions = {}) {
    super();
    checkReduction("SigmoidFocalLoss", options.reduction ?? "none");
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return sigmoidFocalLoss(input, target, this.options);
  }
}
