import { zerosLike } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add_, mul_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What NAdam takes, for all parameters or for a group; its lr is 2e-3 by default. */
export interface NAdamOptions extends GroupOptions {
  /** Decay of the mean and of the mean square. Default [0.9, 0.999]. */
  betas?: [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** L2 penalty in the gradient. Default 0. */
  weightDecay?: number;
  /** How slowly the momentum rises to β₁. Default 4e-3. */
  momentumDecay?: number;
}

/**
 * Adam with Nesterov's momentum: the step looks one ahead, w ← w − lr·(μₜ₊₁·m̂ + (1 − μₜ)·ĝ)/(√v̂ + eps), with
 * μₜ = β₁·(1 − ½·0.96^{t·momentumDecay}), ĝ = g/(1 − μ₁…μₜ), m̂ = m/(1 − μ₁…μₜ₊₁) and v̂ = v/(1 − β₂ᵗ).
 *
 * Defaults lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0, momentumDecay 4e-3.
 * Throws   ArgumentError named after an option that is negative, "betas" outside [0, 1); as Optimizer.
 * Source   Dozat 2016; torch.optim.NAdam.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.NAdam([w], { lr: 0.1 });
 * w.mul(w).sum().backward(); // the gradient is 2
 * optimizer.step();
 * await w.tolist(); // [0.8944]
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(params: Params<NAdamOptions>, options: Partial<NAdamOptions> = {}) {
    super(params, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3 }, options);
  }

  protected override check(group: NAdamOptions): void {
    for (const name of ["lr", "eps", "weightDecay", "momentumDecay"] as const) this.atLeastZero(name, group[name] ?? 0);
    const { betas = [0.9, 0.999] } = group;
    for (const beta of betas)
      if (!(beta >= 0 && beta < 1))
        throw new ArgumentError("NAdam", "betas", say`betas must lie in [0, 1), got ${{ betas }}.`);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<NAdamOptions>, state: ParamState): void {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, momentumDecay = 4e-3 } = group;
    const [beta1, beta2] = betas;
    const t = (typeof state.step === "number" ? state.step : 0) + 1;
    state.step = t;
    const momentum = (step: number) => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
    const [now, next] = [momentum(t), momentum(t + 1)];
    const product = (typeof state.muProduct === "number" ? state.muProduct : 1) * now;
    state.muProduct = product;
    const g = weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
    state.expAvg ??= zerosLike(parameter);
    const mean = state.expAvg as Tensor;
    state.expAvgSq ??= zerosLike(parameter);
    const square = state.expAvgSq as Tensor;
    add_(mul_(mean, beta1), g.mul(1 - beta1));
    add_(mul_(square, beta2), g.mul(g).mul(1 - beta2));
    const spread = square
      .mul(1 / (1 - beta2 ** t))
      .sqrt()
      .add(eps);
    sub_(parameter, g.div(spread).mul((lr * (1 - now)) / (1 - product)));
    sub_(parameter, mean.div(spread).mul((lr * next) / (1 - product * next)));
  }
}
