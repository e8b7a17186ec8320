import { zerosLike } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add_, mul_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What Adadelta takes, for all parameters or for a group; its lr is 1 by default. */
export interface AdadeltaOptions extends GroupOptions {
  /** Decay of both mean squares. Default 0.9. */
  rho?: number;
  /** Added under both roots. Default 1e-6. */
  eps?: number;
  /** L2 penalty in the gradient. Default 0. */
  weightDecay?: number;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/**
 * Steps in the unit of the weights, which find their own size: v ← ρ·v + (1 − ρ)·g², Δ = √(u + eps)/√(v + eps)·g,
 * u ← ρ·u + (1 − ρ)·Δ², w ← w − lr·Δ.
 *
 * Defaults lr 1, rho 0.9, eps 1e-6, weightDecay 0, maximize false.
 * Throws   ArgumentError named after an option that is negative, "rho" outside [0, 1]; as Optimizer.
 * Source   Zeiler 2012; torch.optim.Adadelta.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.Adadelta([w]);
 * w.mul(w).sum().backward(); // Δ = √1e-6/√(0.1·2²)·2
 * optimizer.step();
 * await w.tolist(); // [0.9968]
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(params: Params<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super(params, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false }, options);
  }

  protected override check(group: AdadeltaOptions): void {
    for (const name of ["lr", "eps", "weightDecay"] as const) this.atLeastZero(name, group[name] ?? 0);
    const { rho = 0.9 } = group;
    if (!(rho >= 0 && rho <= 1))
      throw new ArgumentError("Adadelta", "rho", say`rho must lie in [0, 1], got ${{ rho }}.`);
  }

  protected update(
    parameter: Parameter,
    gradient: Tensor,
    group: ParamGroup<AdadeltaOptions>,
    state: ParamState,
  ): void {
    const { lr, rho = 0.9, eps = 1e-6, weightDecay = 0, maximize = false } = group;
    state.step = (typeof state.step === "number" ? state.step : 0) + 1;
    const downhill = maximize ? gradient.neg() : gradient;
    const g = weightDecay === 0 ? downhill : downhill.add(parameter.mul(weightDecay));
    state.squareAvg ??= zerosLike(parameter);
    const square = state.squareAvg as Tensor;
    state.accDelta ??= zerosLike(parameter);
    const moved = state.accDelta as Tensor;
    add_(mul_(square, rho), g.mul(g).mul(1 - rho));
    const delta = moved.add(eps).sqrt().div(square.add(eps).sqrt()).mul(g);
    sub_(parameter, delta.mul(lr));
    add_(mul_(moved, rho), delta.mul(delta).mul(1 - rho));
  }
}
