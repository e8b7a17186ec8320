/** @file Matrix products, and the linear layer with its gradients. */
import type { ReferenceKernels } from "./types.ts";

export const matmul = {
  matmul_f32(p, [a, b], [output]) {
    const { m, n, k } = p;
    for (let batch = 0; batch < p.batch; batch++) {
      const startA = batch * p.batchStrideA;
      const startB = batch * p.batchStrideB;
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let sum = 0;
          for (let t = 0; t < k; t++) {
            const atA = startA + (p.transposeA ? t * m + row : row * k + t);
            const atB = startB + (p.transposeB ? column * k + t : t * n + column);
            sum += a[atA]! * b[atB]!;
          }
          output[(batch * m + row) * n + column] = sum;
        }
      }
    }
  },

  /** y[r, o] = Σᵢ x[r, i]·w[o, i] + bias[o]. */
  linear_f32({ rows, inFeatures, outFeatures }, [input, weight, bias], [output]) {
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outFeatures; o++) {
        let sum = bias ? bias[o]! : 0;
        for (let i = 0; i < inFeatures; i++) sum += input[r * inFeatures + i]! * weight[o * inFeatures + i]!;
        output[r * outFeatures + o] = sum;
      }
    }
  },

  /** gradInput[r, i] = Σₒ g[r, o]·w[o, i]. */
  linear_backward_input_f32({ rows, inFeatures, outFeatures }, [gradOutput, weight], [gradInput]) {
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < inFeatures; i++) {
        let sum = 0;
        for (let o = 0; o < outFeatures; o++) sum += gradOutput[r * outFeatures + o]! * weight[o * inFeatures + i]!;
        gradInput[r * inFeatures + i] = sum;
      }
    }
  },

  /** gradWeight[o, i] = Σᵣ g[r, o]·x[r, i]. */
  linear_backward_weight_f32({ rows, inFeatures, outFeatures }, [gradOutput, input], [gradWeight]) {
    for (let o = 0; o < outFeatures; o++) {
      for (let i = 0; i < inFeatures; i++) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += gradOutput[r * outFeatures + o]! * input[r * inFeatures + i]!;
        gradWeight[o * inFeatures + i] = sum;
      }
    }
  },
} satisfies Partial<ReferenceKernels>;
