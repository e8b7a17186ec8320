/** @file Softmax and its logarithm along the middle axis of [outer, size, inner], and their gradients. */
import { eachLine } from "./reduce.ts";
import type { ReferenceKernels } from "./types.ts";

export const softmax = {
  /** yᵢ = e^(xᵢ − max) / Σ e^(xₖ − max); without the maximum e^x would overflow. */
  softmax_f32(p, [input], [output]) {
    eachLine(p, (start, step) => {
      let max = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < p.size; k++) max = Math.max(max, input[start + k * step]!);
      let sum = 0;
      for (let k = 0; k < p.size; k++) {
        const e = Math.exp(input[start + k * step]! - max);
        output[start + k * step] = e;
        sum += e;
      }
      for (let k = 0; k < p.size; k++) output[start + k * step] = output[start + k * step]! / sum;
    });
  },

  /** ∂yₖ/∂xᵢ = yₖ·(δᵢₖ − yᵢ), so gradInputᵢ = yᵢ·(gᵢ − Σ gₖ·yₖ). */
  softmax_backward_f32(p, [gradOutput, output], [gradInput]) {
    eachLine(p, (start, step) => {
      let sum = 0;
      for (let k = 0; k < p.size; k++) sum += gradOutput[start + k * step]! * output[start + k * step]!;
      for (let k = 0; k < p.size; k++) {
        const at = start + k * step;
        gradInput[at] = output[at]! * (gradOutput[at]! - sum);
      }
    });
  },

  /** yᵢ = xᵢ − max − log Σ e^(xₖ − max). */
  log_softmax_f32(p, [input], [output]) {
    eachLine(p, (start, step) => {
      let max = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < p.size; k++) max = Math.max(max, input[start + k * step]!);
      let sum = 0;
      for (let k = 0; k < p.size; k++) sum += Math.exp(input[start + k * step]! - max);
      const logSum = Math.log(sum);
      for (let k = 0; k < p.size; k++) output[start + k * step] = input[start + k * step]! - max - logSum;
    });
  },

  /** ∂yₖ/∂xᵢ = δᵢₖ − e^yᵢ, so gradInputᵢ = gᵢ − e^yᵢ·Σ gₖ. */
  log_softmax_backward_f32(p, [gradOutput, output], [gradInput]) {
    eachLine(p, (start, step) => {
      let sum = 0;
      for (let k = 0; k < p.size; k++) sum += gradOutput[start + k * step]!;
      for (let k = 0; k < p.size; k++) {
        const at = start + k * step;
        gradInput[at] = gradOutput[at]! - Math.exp(output[at]!) * sum;
      }
    });
  },
} satisfies Partial<ReferenceKernels>;
