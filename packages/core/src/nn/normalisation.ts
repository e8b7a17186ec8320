import { ones, zeros } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError } from "../errors/errors.ts";
import { groupNorm, layerNorm } from "../ops/normalise.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/**
 * Normalises the last axes of each sample by itself.
 *
 * Keys     weight, bias, both of normalizedShape.
 * Options  eps 1e-5, elementwiseAffine true.
 * Source   Ba et al. 2016; torch.nn.LayerNorm.
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(
    normalizedShape: number | readonly number[],
    options: { eps?: number; elementwiseAffine?: boolean } = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    const { eps = 1e-5, elementwiseAffine = true } = options;
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    this.bias = elementwiseAffine ? new Parameter(zeros(this.normalizedShape)) : null;
  }

  forward(input: Tensor): Tensor {
    return layerNorm(input, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `[${this.normalizedShape.join(", ")}]`;
  }
}

/**
 * Normalises groups of channels of each sample by themselves: batch norm's stand-in for small batches.
 *
 * Keys     weight, bias (numChannels).
 * Options  eps 1e-5, affine true.
 * Source   Wu & He 2018; torch.nn.GroupNorm.
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(numGroups: number, numChannels: number, options: { eps?: number; affine?: boolean } = {}) {
    super();
    checkSizes("GroupNorm", { numGroups, numChannels });
    if (numChannels % numGroups !== 0)
      throw new ArgumentError("GroupNorm", "groups", `numGroups ${numGroups} must divide numChannels ${numChannels}.`);
    const { eps = 1e-5, affine = true } = options;
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([numChannels])) : null;
    this.bias = affine ? new Parameter(zeros([numChannels])) : null;
  }

  forward(input: Tensor): Tensor {
    return groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}`;
  }
}
