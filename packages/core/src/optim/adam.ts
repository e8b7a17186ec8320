import { zerosLike } from "../autograd/create.ts";
import { run } from "../autograd/define-op.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What Adam and AdamW take, for all parameters or for a group; their lr is 1e-3 by default. */
export interface AdamOptions extends GroupOptions {
  /** Decay of the mean and of the mean square. Default [0.9, 0.999]. */
  betas?: [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** Adam: L2 penalty in the gradient, default 0. AdamW: decay of the weights themselves, default 0.01. */
  weightDecay?: number;
  /** Use the largest mean square seen. Default false. */
  amsgrad?: boolean;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/**
 * Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr·m̂/(√v̂ + eps), m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ)
 * being corrected for their start at 0. weightDecay·w is added to g before; amsgrad takes the largest v so far.
 *
 * Defaults lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0, amsgrad false, maximize false.
 * Throws   ArgumentError named after an option that is negative, "betas" outside [0, 1); as Optimizer.
 * Source   Kingma & Ba 2015; amsgrad: Reddi et al. 2018; torch.optim.Adam.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.Adam([w], { lr: 0.1 });
 * w.mul(w).sum().backward(); // the gradient is 2; a first step is lr long, whatever it is
 * optimizer.step();
 * await w.tolist(); // [0.9]
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(
      params,
      {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 0,
        amsgrad: false,
        maximize: false,
      },
      options,
    );
  }

  /** Whether weight decay acts on the weights instead of the gradient. */
  protected get decoupled(): boolean {
    return false;
  }

  protected override check(group: AdamOptions): void {
    const { betas = [0.9, 0.999] } = group;
    this.atLeastZero("lr", group.lr);
    this.atLeastZero("eps", group.eps ?? 0);
    this.atLeastZero("weightDecay", group.weightDecay ?? 0);
    for (const beta of betas)
      if (!(beta >= 0 && beta < 1))
        throw new ArgumentError(this.constructor.name, "betas", say`betas must lie in [0, 1), got ${{ betas }}.`);
  }

  protected override get keepsGradients(): boolean {
    return this.update !== Adam.prototype.update;
  }

  protected update(parameter: Parameter, grad: Tensor, group: ParamGroup<AdamOptions>, state: ParamState): void {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false, maximize = false } = group;
    state.step = (typeof state.step === "number" ? state.step : 0) + 1;
    state.expAvg ??= zerosLike(parameter);
    state.expAvgSq ??= zerosLike(parameter);
    if (amsgrad) state.maxExpAvgSq ??= zerosLike(parameter);
    const [beta1, beta2] = betas;
    const params = {
      count: parameter.numel,
      learningRate: lr,
      beta1,
      beta2,
      oneMinusBeta1: 1 - beta1,
      oneMinusBeta2: 1 - beta2,
      eps,
      weightDecay,
      stepSize: lr / (1 - beta1 ** state.step),
      invBias2Sqrt: 1 / Math.sqrt(1 - beta2 ** state.step),
      decoupled: Number(this.decoupled),
      maximize: Number(maximize),
    };
    run(
      "adam_f32",
      params,
      [grad],
      [parameter, state.expAvg as Tensor, state.expAvgSq as Tensor, amsgrad ? (state.maxExpAvgSq as Tensor) : null],
    );
  }
}

/**
 * Adam with weight decay applied to the weights, w ← w·(1 − lr·weightDecay), instead of to the gradient.
 *
 * Defaults as Adam, but weightDecay 0.01.
 * Throws   as Adam.
 * Source   Loshchilov & Hutter 2019; torch.optim.AdamW.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.AdamW([w], { lr: 0.1, weightDecay: 0.5 });
 * w.mul(w).sum().backward(); // 1·(1 − 0.1·0.5) − 0.1
 * optimizer.step();
 * await w.tolist(); // [0.85]
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { weightDecay: 1e-2, ...options });
  }

  protected override get decoupled(): boolean {
    return true;
  }
}
