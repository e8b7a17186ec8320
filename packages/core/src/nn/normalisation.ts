import { ones, zeros } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { groupNorm, layerNorm } from "../ops/normalise.ts";
import { checkOptions } from "./given-options.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * y = (x − mean) / √(var + eps) · weight + bias, mean and var (divided by n) over the last axes of each sample by
 * itself.
 *
 * Shape    (…, *normalizedShape) → the same; a number stands for a list of one.
 * Keys     weight, bias, both of normalizedShape.
 * Options  eps 1e-5, elementwiseAffine true (learn weight and bias).
 * Init     weight 1, bias 0.
 * Throws   ShapeError "normalized-shape" in forward when the input does not end in it.
 * Source   Ba et al. 2016 (https://arxiv.org/abs/1607.06450); torch.nn.LayerNorm.
 *
 * @example
 * await new nn.LayerNorm(2).forward(tensor([[1, 3], [10, 30]])).tolist(); // [[-1.0, 1.0], [-1.0, 1.0]]
 */
export class LayerNorm<const N extends number | readonly number[] = number | readonly number[]> extends Module {
  declare readonly shapeRule: ["layerNorm", N];
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(
    normalizedShape: N,
    options: {
      /** Added to the variance. Default 1e-5. */
      eps?: number;
      /** Learn weight and bias. Default true. */
      elementwiseAffine?: boolean;
    } = {},
  ) {
    super();
    checkOptions("LayerNorm", options, { eps: 0, elementwiseAffine: 0 });
    this.normalizedShape =
      typeof normalizedShape === "number" ? [normalizedShape] : [...(normalizedShape as readonly number[])];
    const { length } = this.normalizedShape;
    if (length === 0)
      throw new ArgumentError(
        "LayerNorm",
        "normalizedShape",
        say`normalizedShape must name at least 1 axis, got ${{ axes: length }}.`,
      );
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
 * y = (x − mean) / √(var + eps) · weight + bias, mean and var (divided by n) over each group of channels of each sample
 * by itself: batch norm's stand-in for small batches. numGroups is the first argument.
 *
 * Shape    (N, numChannels, …) → the same.
 * Keys     weight, bias (numChannels).
 * Options  eps 1e-5, affine true (learn weight and bias).
 * Init     weight 1, bias 0.
 * Throws   ArgumentError "numGroups", "numChannels", "groups" (numGroups must divide numChannels) at construction; in
 *          forward ShapeError "rank", "channels", ArgumentError "one-value".
 * Source   Wu & He 2018 (https://arxiv.org/abs/1803.08494); torch.nn.GroupNorm.
 *
 * @example
 * await new nn.GroupNorm(2, 4).forward(tensor([[1, 3, 10, 30]])).tolist(); // [[-1.0, 1.0, -1.0, 1.0]]
 * new nn.GroupNorm(4, 16).forward(randn([2, 16, 8, 8])).shape; // [2, 16, 8, 8]
 */
export class GroupNorm<const C extends number = number> extends Module {
  declare readonly shapeRule: ["groupNorm", C];
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(
    numGroups: number,
    numChannels: C,
    options: {
      /** Added to the variance. Default 1e-5. */
      eps?: number;
      /** Learn weight and bias. Default true. */
      affine?: boolean;
    } = {},
  ) {
    super();
    checkOptions("GroupNorm", options, { eps: 0, affine: 0 });
    checkSizes("GroupNorm", { numGroups, numChannels });
    if (numChannels % numGroups !== 0)
      throw new ArgumentError(
        "GroupNorm",
        "groups",
        say`numGroups ${{ numGroups }} must divide numChannels ${{ numChannels }}.`,
      );
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
    const { numChannels } = this;
    if (input.ndim > 1 && input.shape[1] !== numChannels)
      throw new ShapeError(
        "GroupNorm",
        "channels",
        say`input has ${{ channels: input.shape[1] }} channels, the layer ${{ numChannels }}.`,
        [{ name: "input", shape: input.shape, axes: "N, C, …" }],
        `make the layer with numChannels ${input.shape[1]}.`,
      );
    return groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}`;
  }
}
