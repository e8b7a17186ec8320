import { zerosLike } from "../autograd/create.ts";
import { run } from "../autograd/define-op.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What SGD takes, for all parameters or for a group. */
export interface SGDOptions extends GroupOptions {
  /** Share of the last step's direction that goes on. Default 0. */
  momentum?: number;
  /** Share of the gradient held back from the momentum. Default 0. */
  dampening?: number;
  /** L2 penalty: added to the gradient as weightDecay·w. Default 0. */
  weightDecay?: number;
  /** Look one step ahead; needs momentum and no dampening. Default false. */
  nesterov?: boolean;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/**
 * Stochastic gradient descent: v ← momentum·v + (1 − dampening)·g, w ← w − lr·v (Nesterov: w − lr·(g + momentum·v)).
 * The first step has v = g; weightDecay·w is added to g before.
 *
 * Defaults momentum 0, dampening 0, weightDecay 0, nesterov false, maximize false; lr has none (torch: 1e-3).
 * Throws   ArgumentError named after an option that is negative, "nesterov" without momentum or with dampening; as
 *          Optimizer.
 * Source   Sutskever et al. 2013; torch.optim.SGD, whose lr stands outside the momentum.
 *
 * @example
 * const w = new nn.Parameter(tensor([1]));
 * const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
 * w.mul(w).sum().backward(); // the gradient is 2
 * optimizer.step();
 * await w.tolist(); // [0.8]
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: SGDOptions) {
    super(params, { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false }, options);
  }

  protected override check(group: SGDOptions): void {
    const { lr, momentum = 0, weightDecay = 0, dampening = 0 } = group;
    this.atLeastZero("lr", lr);
    this.atLeastZero("momentum", momentum);
    this.atLeastZero("weightDecay", weightDecay);
    if (group.nesterov && (momentum <= 0 || dampening !== 0))
      throw new ArgumentError(
        "SGD",
        "nesterov",
        say`nesterov needs a momentum > 0 and no dampening, got ${{ momentum }} and ${{ dampening }}: set momentum to 0.9, say, and leave dampening out.`,
      );
  }

  protected override get keepsGradients(): boolean {
    return this.update !== SGD.prototype.update;
  }

  protected update(parameter: Parameter, grad: Tensor, group: ParamGroup<SGDOptions>, state: ParamState): void {
    const { momentum = 0, dampening = 0, weightDecay = 0, nesterov = false, maximize = false, lr } = group;
    const first = momentum !== 0 && !state.momentumBuffer;
    if (first) state.momentumBuffer = zerosLike(parameter);
    const params = {
      count: parameter.numel,
      learningRate: lr,
      momentum,
      dampening,
      weightDecay,
      nesterov: Number(nesterov),
      first: Number(first),
      maximize: Number(maximize),
    };
    run("sgd_f32", params, [grad], [parameter, momentum === 0 ? null : (state.momentumBuffer as Tensor)]);
  }
}
