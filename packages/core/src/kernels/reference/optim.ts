/** @file One step of an optimiser over one parameter, in place. */
import type { ReferenceKernels } from "./types.ts";

export const optim = {
  /**
   * g ← ±grad + weightDecay·param;  b ← momentum·b + (1 − dampening)·g, on the first step b ← g;
   * param ← param − lr·(nesterov: g + momentum·b, else b). Source: torch.optim.SGD.
   */
  sgd_f32(p, [grad], [param, momentumBuffer]) {
    for (let i = 0; i < p.count; i++) {
      let g = (p.maximize ? -grad[i]! : grad[i]!) + p.weightDecay * param[i]!;
      if (p.momentum !== 0 && momentumBuffer) {
        const b = p.first ? g : p.momentum * momentumBuffer[i]! + (1 - p.dampening) * g;
        momentumBuffer[i] = b;
        g = p.nesterov ? g + p.momentum * b : b;
      }
      param[i] = param[i]! - p.learningRate * g;
    }
  },

  /**
   * m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;  param ← param − stepSize·m / (√v·invBias2Sqrt + eps).
   * Weight decay goes into g (Adam) or, decoupled, shrinks param by lr·weightDecay (AdamW). With maxExpAvgSq
   * (amsgrad) the largest v so far takes v's place. Source: torch.optim.Adam and AdamW.
   */
  adam_f32(p, [grad], [param, expAvg, expAvgSq, maxExpAvgSq]) {
    for (let i = 0; i < p.count; i++) {
      let g = p.maximize ? -grad[i]! : grad[i]!;
      let x = param[i]!;
      if (p.decoupled) x *= 1 - p.learningRate * p.weightDecay;
      else g += p.weightDecay * x;
      const m = p.beta1 * expAvg[i]! + p.oneMinusBeta1 * g;
      const v = p.beta2 * expAvgSq[i]! + p.oneMinusBeta2 * g * g;
      expAvg[i] = m;
      expAvgSq[i] = v;
      let second = v;
      if (maxExpAvgSq) {
        second = Math.max(maxExpAvgSq[i]!, v);
        maxExpAvgSq[i] = second;
      }
      param[i] = x - (p.stepSize * m) / (Math.sqrt(second) * p.invBias2Sqrt + p.eps);
    }
  },
} satisfies Partial<ReferenceKernels>;
