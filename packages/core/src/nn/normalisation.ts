import { ones, zeros } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError } from "../errors/errors.ts";
import { groupNorm, layerNorm } from "../ops/normalise.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * Normalises the last axes of each sample by itself.
 *
 * Keys     weight, bias, both of normalizedShape.
 * Options  eps 1e-5, elementwiseAffine true.
 * Source   Ba et al. 2016; torch.nn.LayerNorm.
 */
export class LayerNorm<const N extends number | readonly number[] = number | readonly number[]> extends Module {
  declare readonly shapeRule: ["layerNorm", N];
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(normalizedShape: N, options: { eps?: number; elementwiseAffine?: boolean } = {}) {
    super();
    this.normalizedShape =
      typeof normalizedShape === "number" ? [normalizedShape] : [...(normalizedShape as readonly number[])];
    const { eps = 1e-5, elementwiseAffine = true } = options;
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    this.bias = elementwiseAffine ? new Parameter(zeros(this.normalizedShape)) : null;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["layerNorm", N], S>): Tensor<Given<["layerNorm", N], S>>;
  forward(input: Unshaped): Tensor;
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
export class GroupNorm<const C extends number = number> extends Module {
  declare readonly shapeRule: ["groupNorm", C];
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(numGroups: number, numChannels: C, options: { eps?: number; affine?: boolean } = {}) {
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

  forward<S extends Shape>(input: Tensor<S> & Fit<["groupNorm", C], S>): Tensor<Given<["groupNorm", C], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}`;
  }
}
