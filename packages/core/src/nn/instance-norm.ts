import { full, ones, zeros } from "../autograd/create.ts";
import { isRecomputing, noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { batchNorm } from "../ops/batch-norm.ts";
import { add, mul } from "../ops/binary.ts";
import { copy_ } from "../ops/in-place.ts";
import { instanceNorm } from "../ops/normalise.ts";
import { mean } from "../ops/sum.ts";
import { expand, reshape, unsqueeze } from "../ops/view.ts";
import { checkOptions } from "./given-options.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/** What InstanceNorm2d takes after the number of channels. */
export interface InstanceNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Share of the NEW value in the running statistics. Default 0.1. */
  momentum?: number;
  /** Learn weight and bias. Default false, unlike BatchNorm2d. */
  affine?: boolean;
  /** Keep running statistics, which eval() then uses. Default false. */
  trackRunningStats?: boolean;
}

/**
 * Normalises each channel of each sample by itself: contrast is taken out of a picture.
 *
 * y = (x − mean) / √(var + eps) · weight + bias
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same.
 * Keys     weight, bias (C) with affine; running_mean, running_var (C), num_batches_tracked () with trackRunningStats.
 * Options  eps 1e-5, momentum 0.1, affine false, trackRunningStats false.
 * Throws   ArgumentError "numFeatures" unless a whole number ≥ 1; in forward ShapeError "rank", "channels",
 *          ArgumentError "one-value" for maps of one pixel.
 * Source   Ulyanov et al. 2016 (https://arxiv.org/abs/1607.08022); torch.nn.InstanceNorm2d.
 *
 * @example
 * const pictures = tensor([[[[1, 3]]], [[[10, 30]]]]); // 1 × 2 pixels, pale and strong
 * await new nn.InstanceNorm2d(1).forward(pictures).tolist(); // [[[[-1.0, 1.0]]], [[[-1.0, 1.0]]]]
 */
export class InstanceNorm2d<const C extends number = number> extends Module {
  declare readonly shapeRule: ["instanceNorm2d", C];
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(numFeatures: C, options: InstanceNormOptions = {}) {
    super();
    checkOptions("InstanceNorm2d", options, { eps: 0, momentum: 0, affine: 0, trackRunningStats: 0 });
    checkSizes("InstanceNorm2d", { numFeatures });
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    if (!trackRunningStats) return;
    this.registerBuffer("running_mean", zeros([numFeatures]));
    this.registerBuffer("running_var", ones([numFeatures]));
    // torch has it here too, and never counts.
    this.registerBuffer("num_batches_tracked", full([], 0, { dtype: "int32" }));
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["instanceNorm2d", C], S>): Tensor<Given<["instanceNorm2d", C], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    const operands = [{ name: "input", shape: input.shape, axes: input.ndim === 3 ? "C, H, W" : "N, C, H, W" }];
    if (input.ndim !== 3 && input.ndim !== 4)
      throw new ShapeError(
        "InstanceNorm2d",
        "rank",
        say`input must be (N, C, H, W) or (C, H, W), got ${{ axes: input.ndim }} axes.`,
        operands,
      );
    const channels = input.shape[input.ndim - 3];
    if (channels !== this.numFeatures)
      throw new ShapeError(
        "InstanceNorm2d",
        "channels",
        say`input has ${{ channels }} channels, the layer ${{ numFeatures: this.numFeatures }}.`,
        operands,
      );
    const batch = input.ndim === 3 ? unsqueeze(input, 0) : input;
    return reshape(this.#normalise(batch), input.shape);
  }

  #normalise(input: Tensor): Tensor {
    const { weight, bias, eps, momentum } = this;
    const [runningMean, runningVar] = [this.buffer("running_mean"), this.buffer("running_var")];
    if (!runningMean || !runningVar) return instanceNorm(input, weight, bias, eps);
    if (!this.training) return batchNorm(input, runningMean, runningVar, { weight, bias, eps });
    const [n = 0, c = 0, h = 0, w = 0] = input.shape;
    if (n === 0) return input;
    // One "channel" for each map; the running statistics are repeated for each sample and averaged again.
    const repeated = (t: Tensor) => reshape(expand(t, [n, c]), [n * c]).clone();
    const [means, variances] = [repeated(runningMean), repeated(runningVar)];
    const maps = batchNorm(reshape(input, [1, n * c, h, w]), means, variances, { training: true, momentum, eps });
    if (!isRecomputing())
      noGrad(() => {
        copy_(runningMean, mean(reshape(means, [n, c]), 0));
        copy_(runningVar, mean(reshape(variances, [n, c]), 0));
      });
    const scaled = reshape(maps, input.shape);
    const perChannel = (t: Tensor) => reshape(t, [c, 1, 1]);
    return weight && bias ? add(mul(scaled, perChannel(weight)), perChannel(bias)) : scaled;
  }

  override extraRepr(): string {
    return String(this.numFeatures);
  }
}
