/** @file Negative log-likelihood of target classes: logProb (batch, classes, spatial), targets (batch, spatial). */
import type { Params } from "../contract.ts";
import { type ReferenceKernels, RefusedData } from "./types.ts";

/** Every position with the place of its target in logProb; −1 where the target is ignored. */
function eachTarget(
  p: Params<"nll_loss_f32">,
  targets: Int32Array,
  visit: (position: number, at: number, target: number) => void,
): void {
  for (let position = 0; position < p.batch * p.spatial; position++) {
    const target = targets[position]!;
    const n = Math.floor(position / p.spatial);
    if (target === p.ignoreIndex) visit(position, -1, target);
    else if (target < 0 || target >= p.classes) throw new RefusedData(1, [target, position]);
    else visit(position, (n * p.classes + target) * p.spatial + (position % p.spatial), target);
  }
}

export const loss = {
  nll_loss_f32(p, [logProb, targets, weight], [output, weights]) {
    eachTarget(p, targets, (position, at, target) => {
      const w = at < 0 ? 0 : weight ? weight[target]! : 1;
      weights[position] = w;
      output[position] = at < 0 ? 0 : -w * logProb[at]!;
    });
  },
  nll_loss_backward_f32(p, [gradOutput, targets, weight], [gradInput]) {
    gradInput.fill(0, 0, p.batch * p.classes * p.spatial);
    eachTarget(p, targets, (position, at, target) => {
      if (at >= 0) gradInput[at] = -(weight ? weight[target]! : 1) * gradOutput[position]!;
    });
  },
} satisfies Partial<ReferenceKernels>;
