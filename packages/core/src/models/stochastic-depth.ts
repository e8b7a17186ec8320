import { ones } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError } from "../errors/errors.ts";
import { Module } from "../nn/index.ts";
import { dropout, mul } from "../ops/index.ts";

/**
 * In training, drops the whole branch of each sample with probability p and scales the others by 1/(1 − p).
 *
 * Shape    (N, …) → the same; one draw of torch's stream a sample.
 * Throws   ArgumentError "p" outside [0, 1].
 * Source   Huang et al. 2016 (https://arxiv.org/abs/1603.09382); torchvision.ops.StochasticDepth, mode "row".
 */
export class StochasticDepth extends Module {
  readonly p: number;

  constructor(p: number) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError("StochasticDepth", "p", `p must lie in [0, 1], got ${p}.`);
    this.p = p;
  }

  forward(input: Tensor): Tensor {
    if (!this.training || this.p === 0) return input;
    const one = ones(
      input.shape.map((size, i) => (i === 0 ? size : 1)),
      { device: input.backend },
    );
    return mul(input, dropout(one, { p: this.p }));
  }
}
