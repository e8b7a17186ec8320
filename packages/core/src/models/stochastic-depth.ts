import { ones } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError } from "../errors/errors.ts";
import { Module } from "../nn/index.ts";
import { dropout, mul } from "../ops/index.ts";

/**
 * Drops the whole branch of a sample with probability p in training, and scales the others up: y = x · b / (1 − p), b
 * one number for each sample, 0 with probability p, else 1. In eval mode y = x.
 *
 * Shape    (N, …) → the same; one draw of torch's stream a sample.
 * Throws   ArgumentError "p" outside [0, 1].
 * Source   Huang et al. 2016 (https://arxiv.org/abs/1603.09382); torchvision.ops.StochasticDepth, mode "row".
 *
 * @example
 * manualSeed(0);
 * await new StochasticDepth(0.5).forward(ones([4, 2])).tolist(); // [[0, 0], [0, 0], [2, 2], [0, 0]]
 */
export class StochasticDepth extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
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
