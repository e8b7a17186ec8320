/**
 * @file Batch normalisation of (batch, channels, spatial), one mean and variance per channel:
 * y = x̂·weight + bias,  x̂ = (x − mean)·invStd,  invStd = 1/√(variance + eps).
 */
import type { Params } from "../contract.ts";
import type { ReferenceKernels } from "./types.ts";

type BatchNormParams = Params<"batch_norm_train_f32">;

function eachOfChannel(p: BatchNormParams, channel: number, visit: (at: number) => void): void {
  for (let n = 0; n < p.batch; n++) {
    const start = (n * p.channels + channel) * p.spatial;
    for (let s = 0; s < p.spatial; s++) visit(start + s);
  }
}

function sumOver(p: BatchNormParams, channel: number, term: (at: number) => number): number {
  let sum = 0;
  eachOfChannel(p, channel, (at) => {
    sum += term(at);
  });
  return sum;
}

export const batchNorm = {
  batch_norm_train_f32(p, [input, weight, bias], [output, mean, invStd, variance]) {
    const count = p.batch * p.spatial;
    for (let c = 0; c < p.channels; c++) {
      const mu = sumOver(p, c, (at) => input[at]!) / count;
      const squares = sumOver(p, c, (at) => (input[at]! - mu) ** 2);
      const scale = 1 / Math.sqrt(squares / count + p.eps);
      eachOfChannel(p, c, (at) => {
        output[at] = (input[at]! - mu) * scale * (weight ? weight[c]! : 1) + (bias ? bias[c]! : 0);
      });
      mean[c] = mu;
      invStd[c] = scale;
      variance[c] = squares / (count - 1);
    }
  },

  batch_norm_eval_f32(p, [input, weight, bias, runningMean, runningVar], [output]) {
    for (let c = 0; c < p.channels; c++) {
      const scale = 1 / Math.sqrt(runningVar[c]! + p.eps);
      eachOfChannel(p, c, (at) => {
        output[at] = (input[at]! - runningMean[c]!) * scale * (weight ? weight[c]! : 1) + (bias ? bias[c]! : 0);
      });
    }
  },

  /** mean and invStd depend on every x of the channel: gradInput = w·invStd·(g − mean(g) − x̂·mean(g·x̂)). */
  batch_norm_train_backward_f32(p, [gradOutput, input, weight, mean, invStd], [gradInput, gradWeight, gradBias]) {
    const count = p.batch * p.spatial;
    for (let c = 0; c < p.channels; c++) {
      const normalised = (at: number) => (input[at]! - mean[c]!) * invStd[c]!;
      const sum = sumOver(p, c, (at) => gradOutput[at]!);
      const dot = sumOver(p, c, (at) => gradOutput[at]! * normalised(at));
      const scale = (weight ? weight[c]! : 1) * invStd[c]!;
      eachOfChannel(p, c, (at) => {
        gradInput[at] = scale * (gradOutput[at]! - sum / count - (normalised(at) * dot) / count);
      });
      gradWeight[c] = dot;
      gradBias[c] = sum;
    }
  },

  /** The running values are constants: gradInput = w·invStd·g. */
  batch_norm_eval_backward_f32(
    p,
    [gradOutput, input, weight, runningMean, runningVar],
    [gradInput, gradWeight, gradBias],
  ) {
    for (let c = 0; c < p.channels; c++) {
      const invStd = 1 / Math.sqrt(runningVar[c]! + p.eps);
      gradBias[c] = sumOver(p, c, (at) => gradOutput[at]!);
      gradWeight[c] = sumOver(p, c, (at) => gradOutput[at]! * (input[at]! - runningMean[c]!) * invStd);
      eachOfChannel(p, c, (at) => {
        gradInput[at] = gradOutput[at]! * (weight ? weight[c]! : 1) * invStd;
      });
    }
  },
} satisfies Partial<ReferenceKernels>;
