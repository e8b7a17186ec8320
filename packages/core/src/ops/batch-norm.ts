import { ones, zeros } from "../autograd/create.ts";
import { defineOp, run } from "../autograd/define-op.ts";
import { isRecomputing } from "../autograd/grad-mode.ts";
import { copyStrided, release, Tensor } from "../autograd/tensor.ts";
import { hostSegment } from "../autograd/watch.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { clone } from "./view.ts";

/** What batchNorm takes beside the running statistics. */
export interface BatchNormOptions {
  /** A factor for each channel, γ. Default null: 1. */
  weight?: Tensor | null;
  /** Added to each channel, β. Default null: 0. */
  bias?: Tensor | null;
  /** Use and update batch statistics. Default false. */
  training?: boolean;
  /** Share of the NEW value in the running ones; a function is asked once a batch. Default 0.1. */
  momentum?: number | (() => number);
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

type Affine = { input: Tensor; weight?: Tensor; bias?: Tensor };
type Evaluating = Affine & { runningMean: Tensor; runningVar: Tensor };

function layout(shape: Shape) {
  return { batch: shape[0]!, channels: shape[1]!, spatial: shape.slice(2).reduce((a, b) => a * b, 1) };
}

function outputShape(
  given: Partial<Record<"input" | "weight" | "bias" | "runningMean" | "runningVar", { shape: Shape }>>,
): Shape {
  const input = given.input!.shape;
  const operands = [{ name: "input", shape: input, axes: "N, C, …" }];
  if (input.length < 2)
    throw new ShapeError(
      "batchNorm",
      "rank",
      say`input must have at least 2 axes (N, C, …), got ${{ axes: input.length }}.`,
      operands,
    );
  for (const name of ["weight", "bias", "runningMean", "runningVar"] as const) {
    const t = given[name];
    if (t && (t.shape.length !== 1 || t.shape[0] !== input[1]))
      throw new ShapeError(
        "batchNorm",
        "channels",
        `input has ${input[1]} channels, ${name} has ${t.shape.join(" × ")}.`,
        [...operands, { name, shape: t.shape }],
      );
  }
  return input;
}

function gradients(gradOutput: Tensor, channels: number) {
  const make = (shape: Shape) => Tensor.empty(gradOutput.backend, shape);
  return { input: make(gradOutput.shape), weight: make([channels]), bias: make([channels]) };
}

export const batchNormTrainOp = defineOp<
  Affine,
  { eps: number; onStatistics(mean: Tensor, variance: Tensor): void },
  { mean: Tensor; invStd: Tensor }
>({
  name: "batchNorm",
  shape: outputShape,
  saves: ["input", "weight"],
  forward({ input, weight, bias }, { eps, onStatistics }, out) {
    const [mean, invStd, variance] = [0, 1, 2].map(() => Tensor.empty(out.backend, [input.shape[1]!])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    run("batch_norm_train_f32", { ...layout(input.shape), eps }, [input, weight, bias], [out, mean, invStd, variance]);
    onStatistics(mean, variance);
    return { mean, invStd };
  },
  // With x̂ the normalised input and means over N, H, W:  ∂L/∂x = γ/σ·(g − mean(g) − x̂·mean(g·x̂))
  backward(gradOutput, { input, weight, mean, invStd }, { eps }, { shapes }) {
    const grads = gradients(gradOutput, shapes.input[1]!);
    run(
      "batch_norm_train_backward_f32",
      { ...layout(shapes.input), eps },
      [gradOutput, input, weight, mean, invStd],
      [grads.input, grads.weight, grads.bias],
    );
    return grads;
  },
  // The same, the statistics computed again so that they are part of the graph.
  differentiable(gradOutput, { input, weight }, { eps }, { shapes }) {
    const axes = shapes.input.map((_, i) => i).filter((i) => i !== 1);
    const along = perChannel(shapes.input);
    const average = (t: Tensor) => t.mean(axes, { keepdim: true });
    const centred = input.sub(average(input));
    const invStd = average(centred.mul(centred)).add(eps).pow(-0.5);
    const normal = centred.mul(invStd);
    const upstream = weight ? gradOutput.mul(weight.reshape(along)) : gradOutput;
    const kept = upstream.sub(average(upstream)).sub(normal.mul(average(upstream.mul(normal))));
    return { input: kept.mul(invStd), weight: gradOutput.mul(normal).sum(axes), bias: gradOutput.sum(axes) };
  },
});

/** Shape of a value for each channel, as it meets the input. */
function perChannel(input: Shape): number[] {
  return input.map((size, i) => (i === 1 ? size : 1));
}

export const batchNormEvalOp = defineOp<Evaluating, { eps: number }>({
  name: "batchNorm",
  shape: outputShape,
  saves: ["input", "weight", "runningMean", "runningVar"],
  forward({ input, weight, bias, runningMean, runningVar }, { eps }, out) {
    if (out.numel > 0)
      run(
        "batch_norm_eval_f32",
        { ...layout(input.shape), eps },
        [input, weight, bias, runningMean, runningVar],
        [out],
      );
  },
  backward(gradOutput, { input, weight, runningMean, runningVar }, { eps }, { shapes }) {
    const grads = gradients(gradOutput, shapes.input[1]!);
    run(
      "batch_norm_eval_backward_f32",
      { ...layout(shapes.input), eps },
      [gradOutput, input, weight, runningMean, runningVar],
      [grads.input, grads.weight, grads.bias],
    );
    return grads;
  },
  differentiable(gradOutput, { input, weight, runningMean, runningVar }, { eps }, { shapes }) {
    const axes = shapes.input.map((_, i) => i).filter((i) => i !== 1);
    const along = perChannel(shapes.input);
    const invStd = runningVar.reshape(along).add(eps).pow(-0.5);
    const normal = input.sub(runningMean.reshape(along)).mul(invStd);
    const upstream = weight ? gradOutput.mul(weight.reshape(along)) : gradOutput;
    return { input: upstream.mul(invStd), weight: gradOutput.mul(normal).sum(axes), bias: gradOutput.sum(axes) };
  },
});

/** running ← (1 − momentum)·running + momentum·batch, in place. @internal */
export function blend(running: Tensor, batch: Tensor, momentum: number): void {
  const count = running.numel;
  const scaled = Tensor.empty(running.backend, running.shape);
  run("affine_f32", { count, alpha: 1 - momentum, beta: 0 }, [running], [scaled]);
  copyStrided(scaled, running);
  run("affine_f32", { count, alpha: momentum, beta: 0 }, [batch], [scaled]);
  const step = [0, 0, 0, 0, 0, 0, 0, 1];
  run(
    "add_strided_f32",
    { ndim: 8, shape: [1, 1, 1, 1, 1, 1, 1, count], stridesA: step, stridesB: step },
    [scaled],
    [running],
  );
  running.storage.version++;
  release(scaled);
}

/**
 * Batch normalisation: y = (x − mean)/√(var + eps)·weight + bias, one mean and variance per channel over N and space.
 *
 * Training   statistics of this batch (var divides by n); the running ones move towards them by `momentum`, the
 *            variance put in dividing by n − 1.
 * Eval       the running statistics.
 * Shape      input (N, C, …) → the same; weight, bias, runningMean, runningVar (C).
 * Options    weight null, bias null, training false, momentum 0.1, eps 1e-5.
 * Throws     ShapeError "rank", "channels"; ArgumentError "no-statistics" without training and running statistics,
 *            "one-value" in training with one value per channel.
 * Source     Ioffe & Szegedy 2015, algorithm 1; torch.nn.functional.batch_norm.
 *
 * @example
 * const x = tensor([[1], [3]]); // two samples of one channel: mean 2, variance 1
 * await batchNorm(x, null, null, { training: true }).tolist(); // [[-1.000], [1.000]]
 * await batchNorm(x, tensor([1]), tensor([4])).tolist(); // [[0.000], [1.000]]
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  // Nothing at all is accepted without channels, too, as in torch.
  checkKnown("batchNorm", options, { weight: 0, bias: 0, training: 0, momentum: 0, eps: 0 });
  if (input.ndim === 1 && input.numel === 0) return clone(input);
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  const affine = { input, weight: options.weight ?? undefined, bias: options.bias ?? undefined };
  if (!training) {
    if (!runningMean || !runningVar)
      throw new ArgumentError("batchNorm", "no-statistics", "without training, runningMean and runningVar are needed.");
    return batchNormEvalOp({ ...affine, runningMean, runningVar }, { eps });
  }
  outputShape({ ...affine, runningMean: runningMean ?? undefined, runningVar: runningVar ?? undefined });
  const { batch, channels, spatial } = layout(input.shape);
  // Of nothing there are no statistics: the running ones stay, as in torch.
  if (batch * spatial === 0) {
    if (typeof momentum === "function") hostSegment(() => void momentum());
    const like = { device: input.backend };
    return batchNormEvalOp(
      {
        ...affine,
        runningMean: runningMean ?? zeros([channels], like),
        runningVar: runningVar ?? ones([channels], like),
      },
      { eps },
    );
  }
  if (batch * spatial === 1)
    throw new ArgumentError(
      "batchNorm",
      "one-value",
      say`expected more than 1 value per channel when training, got input size ${{ input: input.shape }}. Use a larger batch (dropLast) or eval().`,
    );
  return batchNormTrainOp(affine, {
    eps,
    onStatistics(mean, variance) {
      if (isRecomputing()) return;
      const update = (share: number) => {
        if (runningMean) blend(runningMean, mean, share);
        if (runningVar) blend(runningVar, variance, share);
      };
      if (typeof momentum === "function") hostSegment(() => update(momentum()));
      else update(momentum);
    },
  });
}
