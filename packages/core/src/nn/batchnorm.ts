import { full, ones, zeros } from "../autograd/create.ts";
import { isRecomputing, noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { ShapeRule } from "../base/typed/rules.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { batchNorm, blend } from "../ops/batch-norm.ts";
import type { TrainedNorm } from "../ops/conv-norm-pool.ts";
import { add_ } from "../ops/in-place.ts";
import { checkOptions } from "./given-options.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/** What BatchNorm1d and BatchNorm2d take after the number of features. */
export interface BatchNormOptions {
  /** Added to the variance, same unit as x². Default 1e-5. */
  eps?: number;
  /** Share of the NEW value in the running statistics; null averages over all batches seen. Default 0.1. */
  momentum?: number | null;
  /** Learn weight and bias. Default true. */
  affine?: boolean;
  /** Keep running statistics; without them eval() uses the batch, too. Default true. */
  trackRunningStats?: boolean;
}

/** What BatchNorm1d and BatchNorm2d share; they differ in the inputs they accept. */
export abstract class BatchNorm<const C extends number = number, Rule extends ShapeRule = ShapeRule> extends Module {
  declare readonly shapeRule: Rule;
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  /** Keeps to the running statistics, in training, too: set by freeze(). */
  frozen = false;
  /** Batches seen; the tensor num_batches_tracked says the same. */
  #seen: number | null = null;

  constructor(numFeatures: C, options: BatchNormOptions = {}) {
    super();
    checkOptions(this.constructor.name, options, { eps: 0, momentum: 0, affine: 0, trackRunningStats: 0 });
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    checkSizes(this.constructor.name, { numFeatures });
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    if (!trackRunningStats) return;
    this.registerBuffer("running_mean", zeros([numFeatures]));
    this.registerBuffer("running_var", ones([numFeatures]));
    this.registerBuffer("num_batches_tracked", full([], 0, { dtype: "int32" }));
  }

  get runningMean(): Tensor | undefined {
    return this.buffer("running_mean");
  }

  get runningVar(): Tensor | undefined {
    return this.buffer("running_var");
  }

  get numBatchesTracked(): Tensor | undefined {
    return this.buffer("num_batches_tracked");
  }

  protected abstract checkInput(input: Tensor): void;

  forward<S extends Shape>(input: Tensor<S> & Fit<Rule, S>): Tensor<Given<Rule, S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    this.checkInput(input);
    const { runningMean = null, runningVar = null } = this;
    const learning = this.training && !this.frozen;
    const training = learning || !runningMean;
    const counts = learning && runningMean && !isRecomputing();
    // The average over all batches depends on the count, which only the host knows.
    const momentum = counts ? (this.momentum === null ? () => this.#countBatch() : this.#countBatch()) : 0;
    return batchNorm(input, runningMean, runningVar, {
      weight: this.weight,
      bias: this.bias,
      eps: this.eps,
      training,
      momentum,
    });
  }

  /** What an operation computes with that does this, too; undefined where it is more than a batch's statistics. @internal */
  get inTraining(): TrainedNorm | undefined {
    const { runningMean, runningVar, momentum, eps } = this;
    if (!this.training || this.frozen || momentum === null || !runningMean || !runningVar) return undefined;
    const onStatistics = (mean: Tensor, variance: Tensor) => {
      if (isRecomputing()) return;
      this.#countBatch();
      blend(runningMean, mean, momentum);
      blend(runningVar, variance, momentum);
    };
    return { gamma: this.weight ?? undefined, beta: this.bias ?? undefined, eps, onStatistics };
  }

  /** Counts this batch and returns its share in the running statistics. */
  #countBatch(): number {
    const counter = this.numBatchesTracked!;
    if (this.momentum !== null) {
      noGrad(() => add_(counter, 1));
      return this.momentum;
    }
    // A cumulative average needs the count as a number; it is read once, after construction or loading.
    if (this.#seen === null || counter.storage.version !== this.#version) {
      const read = counter.backend.readSync;
      if (read) this.#seen = read.call(counter.backend, counter.memory, 1)[0]!;
      else this.#seen ??= 0;
    }
    noGrad(() => add_(counter, 1));
    this.#version = counter.storage.version;
    this.#seen += 1;
    return 1 / this.#seen;
  }
  #version = -1;

  override extraRepr(): string {
    return String(this.numFeatures);
  }
}

function checkChannels(name: string, input: Tensor, numFeatures: number, ranks: readonly number[], axes: string): void {
  const operands = [{ name: "input", shape: input.shape, axes }];
  if (!ranks.includes(input.ndim))
    throw new ShapeError(
      name,
      "rank",
      say`input must have ${ranks.join(" or ")} axes, got ${{ axes: input.ndim }}.`,
      operands,
      ranks.includes(4)
        ? "use BatchNorm1d for (N, C) and (N, C, L); unsqueeze(0) adds a batch axis."
        : "use BatchNorm2d for pictures.",
    );
  if (input.shape[1] !== numFeatures)
    throw new ShapeError(
      name,
      "channels",
      say`input has ${{ channels: input.shape[1] }} channels, the layer ${{ numFeatures }}.`,
      operands,
      `make the layer with numFeatures ${input.shape[1]}.`,
    );
}

/**
 * Batch normalisation after a dense layer, or over sequences: one mean and variance for each feature, over N (and L).
 *
 * y = (x − mean) / √(var + eps) · weight + bias
 *
 * Shape    (N, C) or (N, C, L) → the same.
 * Keys     weight, bias (C), running_mean, running_var (C), num_batches_tracked ().
 * Options  eps 1e-5, momentum 0.1, affine true, trackRunningStats true; training and evaluation as in BatchNorm2d.
 * Throws   ArgumentError "numFeatures" unless a whole number ≥ 1; in forward ShapeError "rank" unless 2 or 3 axes,
 *          "channels", ArgumentError "one-value" in training with one value for each feature.
 * Source   Ioffe & Szegedy 2015 (https://arxiv.org/abs/1502.03167); torch.nn.BatchNorm1d.
 *
 * @example
 * const norm = new nn.BatchNorm1d(2);
 * await norm.forward(tensor([[1, 10], [3, 30]])).tolist(); // [[-1.0, -1.0], [1.0, 1.0]]
 * await norm.runningMean!.tolist(); // [0.2, 2]
 */
export class BatchNorm1d<const C extends number = number> extends BatchNorm<C, ["batchNorm1d", C]> {
  protected checkInput(input: Tensor): void {
    checkChannels("BatchNorm1d", input, this.numFeatures, [2, 3], "N, C or N, C, L");
  }
}

/**
 * Batch normalisation over N, H, W of a 4-D input, one mean and variance per channel.
 *
 * y = (x − mean) / √(var + eps) · weight + bias
 *
 * Training   mean and var of this batch (var divides by n = N·H·W); then, with r the running value,
 *            r ← (1 − momentum)·r + momentum·batch, where the variance put into r divides by n − 1.
 * Eval       the running values; the batch is not looked at.
 * Shape      (N, C, H, W) → the same; weight, bias, running_mean, running_var (C).
 * Keys       weight, bias, running_mean, running_var, num_batches_tracked.
 * Options    eps 1e-5 (added to the variance, same unit as x²); momentum 0.1 = share of the NEW value
 *            (Keras's 0.99 is the share of the old one), null for the average over all batches.
 * Throws     ShapeError "rank" unless 4-D, "channels" if C differs; ArgumentError "one-value" in training if n = 1.
 * Source     Ioffe & Szegedy 2015, algorithm 1 (https://arxiv.org/abs/1502.03167); torch.nn.BatchNorm2d.
 *
 * @example
 * new nn.BatchNorm2d(64).forward(randn([8, 64, 4, 4])).shape; // [8, 64, 4, 4]
 */
export class BatchNorm2d<const C extends number = number> extends BatchNorm<C, ["batchNorm2d", C]> {
  protected checkInput(input: Tensor): void {
    checkChannels("BatchNorm2d", input, this.numFeatures, [4], "N, C, H, W");
  }
}
