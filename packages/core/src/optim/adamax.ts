import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { maximum } from "../ops/binary.ts";
import { add_, copy_, mul_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What Adamax takes, for all parameters or for a group; its lr is 2e-3 by default. */
export interface AdamaxOptions extends GroupOptions {
  /** Decay of the mean and of the largest magnitude. Default [0.9, 0.999]. */
  betas?: [number, number];
  /** Added to every magnitude. Default 1e-8. */
  eps?: number;
  /** L2 penalty in the gradient. Default 0. */
  weightDecay?: number;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/**
 * Adam that divides by the largest recent gradient instead of their root mean square: m ← β₁·m + (1 − β₁)·g,
 * u ← max(β₂·u, |g| + eps), w ← w − lr/(1 − β₁ᵗ)·m/u.
 *
 * Defaults lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0.
 * Throws   ArgumentError named after an option that is negative, "betas" outside [0, 1); as Optimizer.
 * Source   Kingma & Ba 2015 (https://arxiv.org/abs/1412.6980), section 7; torch.optim.Adamax.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.Adamax([w], { lr: 0.1 });
 * w.mul(w).sum().backward(); // the first step is lr long
 * optimizer.step();
 * await w.tolist(); // [0.9]
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(params, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false }, options);
  }

  protected override check(group: AdamaxOptions): void {
    for (const name of ["lr", "eps", "weightDecay"] as const) this.atLeastZero(name, group[name] ?? 0);
    const { betas = [0.9, 0.999] } = group;
    for (const beta of betas)
      if (!(beta >= 0 && beta < 1))
        throw new ArgumentError("Adamax", "betas", say`betas must lie in [0, 1), got ${{ betas }}.`);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<AdamaxOptions>, state: ParamState): void {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, maximize = false } = group;
    const [beta1, beta2] = betas;
    const t = (typeof state.step === "number" ? state.step : 0) + 1;
    state.step = t;
    const downhill = maximize ? gradient.neg() : gradient;
    const g = weightDecay === 0 ? downhill : downhill.add(parameter.mul(weightDecay));
    const mean = this.moment(state, "expAvg", parameter);
    const largest = this.moment(state, "expInf", parameter);
    add_(mul_(mean, beta1), g.mul(1 - beta1));
    copy_(largest, maximum(largest.mul(beta2), g.abs().add(eps)));
    sub_(parameter, mean.div(largest).mul(lr / (1 - beta1 ** t)));
  }
}
