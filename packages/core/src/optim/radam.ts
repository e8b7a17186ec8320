import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add_, mul_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What RAdam takes, for all parameters or for a group; its lr is 1e-3 by default. */
export interface RAdamOptions extends GroupOptions {
  /** Decay of the mean and of the mean square. Default [0.9, 0.999]. */
  betas?: [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** L2 penalty in the gradient. Default 0. */
  weightDecay?: number;
}

/**
 * Adam that waits with dividing until it has seen enough gradients to know their spread: with ρ∞ = 2/(1 − β₂) − 1 and
 * ρₜ = ρ∞ − 2·t·β₂ᵗ/(1 − β₂ᵗ), w ← w − lr·m̂ while ρₜ ≤ 5, then w ← w − lr·r·m̂·√(1 − β₂ᵗ)/(√v + eps) with
 * r = √((ρₜ − 4)(ρₜ − 2)·ρ∞/((ρ∞ − 4)(ρ∞ − 2)·ρₜ)). It needs no warm-up.
 *
 * Defaults lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0.
 * Throws   ArgumentError named after an option that is negative, "betas" outside [0, 1); as Optimizer.
 * Source   Liu et al. 2020 (https://arxiv.org/abs/1908.03265); torch.optim.RAdam.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.RAdam([w], { lr: 0.1 });
 * w.mul(w).sum().backward(); // the gradient is 2, and not divided yet
 * optimizer.step();
 * await w.tolist(); // [0.8]
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(params: Params<RAdamOptions>, options: Partial<RAdamOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 }, options);
  }

  protected override check(group: RAdamOptions): void {
    for (const name of ["lr", "eps", "weightDecay"] as const) this.atLeastZero(name, group[name] ?? 0);
    const { betas = [0.9, 0.999] } = group;
    for (const beta of betas)
      if (!(beta >= 0 && beta < 1))
        throw new ArgumentError("RAdam", "betas", say`betas must lie in [0, 1), got ${{ betas }}.`);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<RAdamOptions>, state: ParamState): void {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = group;
    const [beta1, beta2] = betas;
    const t = (typeof state.step === "number" ? state.step : 0) + 1;
    state.step = t;
    const g = weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
    const mean = this.moment(state, "expAvg", parameter);
    const square = this.moment(state, "expAvgSq", parameter);
    add_(mul_(mean, beta1), g.mul(1 - beta1));
    add_(mul_(square, beta2), g.mul(g).mul(1 - beta2));
    const rate = lr / (1 - beta1 ** t);
    const bias = 1 - beta2 ** t;
    const most = 2 / (1 - beta2) - 1;
    const rho = most - (2 * t * beta2 ** t) / bias;
    if (rho <= 5) {
      sub_(parameter, mean.mul(rate));
      return;
    }
    const rectified = Math.sqrt((((rho - 4) * (rho - 2)) / ((most - 4) * (most - 2))) * (most / rho));
    sub_(parameter, mean.div(square.sqrt().add(eps)).mul(rate * rectified * Math.sqrt(bias)));
  }
}
