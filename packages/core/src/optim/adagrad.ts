import { full } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What Adagrad takes, for all parameters or for a group; its lr is 1e-2 by default. */
export interface AdagradOptions extends GroupOptions {
  /** The learning rate falls as lr/(1 + (step − 1)·lrDecay). Default 0. */
  lrDecay?: number;
  /** L2 penalty in the gradient. Default 0. */
  weightDecay?: number;
  /** Start of the sum of squares. Default 0. */
  initialAccumulatorValue?: number;
  /** Added to the root of the sum. Default 1e-10. */
  eps?: number;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/**
 * Steps that shrink as gradients add up, for each weight by itself: s ← s + g²,
 * w ← w − lr/(1 + (t − 1)·lrDecay)·g/(√s + eps).
 *
 * Defaults lr 1e-2, lrDecay 0, weightDecay 0, initialAccumulatorValue 0, eps 1e-10, maximize false.
 * Throws   ArgumentError named after an option that is negative; as Optimizer.
 * Source   Duchi et al. 2011; torch.optim.Adagrad.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.Adagrad([w], { lr: 0.1, initialAccumulatorValue: 12 });
 * w.mul(w).sum().backward(); // the gradient is 2, √(12 + 2²) is 4
 * optimizer.step();
 * await w.tolist(); // [0.95]
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(
      params,
      {
        lr: 1e-2,
        lrDecay: 0,
        weightDecay: 0,
        initialAccumulatorValue: 0,
        eps: 1e-10,
        maximize: false,
      },
      options,
    );
  }

  protected override check(group: AdagradOptions): void {
    for (const name of ["lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps"] as const)
      this.atLeastZero(name, group[name] ?? 0);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<AdagradOptions>, state: ParamState): void {
    const { lr, lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10, maximize = false } = group;
    state.step = (typeof state.step === "number" ? state.step : 0) + 1;
    const downhill = maximize ? gradient.neg() : gradient;
    const g = weightDecay === 0 ? downhill : downhill.add(parameter.mul(weightDecay));
    state.sum ??= full(parameter.shape, initialAccumulatorValue, { device: parameter.backend });
    const total = state.sum as Tensor;
    add_(total, g.mul(g));
    sub_(parameter, g.div(total.sqrt().add(eps)).mul(lr / (1 + (state.step - 1) * lrDecay)));
  }
}
