import type { Tensor } from "../autograd/tensor.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add_, mul_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What RMSprop takes, for all parameters or for a group; its lr is 1e-2 by default. */
export interface RMSpropOptions extends GroupOptions {
  /** Decay of the mean square. Default 0.99. */
  alpha?: number;
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** L2 penalty in the gradient. Default 0. */
  weightDecay?: number;
  /** Share of the last step that goes on: b ← momentum·b + g/(√v + eps), w ← w − lr·b. Default 0. */
  momentum?: number;
  /** Divide by the deviation instead of the root mean square. Default false. */
  centered?: boolean;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/**
 * Steps measured by the gradients' running root mean square: v ← α·v + (1 − α)·g², w ← w − lr·g/(√v + eps); centered
 * subtracts the squared mean of g from v.
 *
 * Defaults lr 1e-2, alpha 0.99, eps 1e-8, weightDecay 0, momentum 0, centered false, maximize false.
 * Throws   ArgumentError named after an option that is negative; as Optimizer.
 * Source   Hinton's lecture 6e, 2012; centered: Graves 2013; torch.optim.RMSprop.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.RMSprop([w]);
 * w.mul(w).sum().backward(); // the gradient is 2, √v is √(0.01·2²) = 0.2
 * optimizer.step();
 * await w.tolist(); // [0.9]
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(
      params,
      {
        lr: 1e-2,
        alpha: 0.99,
        eps: 1e-8,
        weightDecay: 0,
        momentum: 0,
        centered: false,
        maximize: false,
      },
      options,
    );
  }

  protected override check(group: RMSpropOptions): void {
    for (const name of ["lr", "alpha", "eps", "weightDecay", "momentum"] as const)
      this.atLeastZero(name, group[name] ?? 0);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<RMSpropOptions>, state: ParamState): void {
    const { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false, maximize = false } = group;
    state.step = (typeof state.step === "number" ? state.step : 0) + 1;
    const downhill = maximize ? gradient.neg() : gradient;
    const g = weightDecay === 0 ? downhill : downhill.add(parameter.mul(weightDecay));
    const square = this.moment(state, "squareAvg", parameter);
    add_(mul_(square, alpha), g.mul(g).mul(1 - alpha));
    let spread = square;
    if (centered) {
      const average = this.moment(state, "gradAvg", parameter);
      add_(mul_(average, alpha), g.mul(1 - alpha));
      spread = square.sub(average.mul(average));
    }
    const step = g.div(spread.sqrt().add(eps));
    if (momentum === 0) {
      sub_(parameter, step.mul(lr));
      return;
    }
    const buffer = this.moment(state, "momentumBuffer", parameter);
    add_(mul_(buffer, momentum), step);
    sub_(parameter, buffer.mul(lr));
  }
}
