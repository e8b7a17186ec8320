import { full, zerosLike } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add, compare, where } from "../ops/binary.ts";
import { add_, mul_, sub_ } from "../ops/in-place.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What LARS takes, for all parameters or for a group. */
export interface LARSOptions extends GroupOptions {
  /** Share of the last step that goes on. Default 0.9. */
  momentum?: number;
  /** L2 penalty in the gradient; not for biases and norms. Default 0. */
  weightDecay?: number;
  /** Length of a step in terms of the weights' own length. Default 0.001. */
  trustCoefficient?: number;
  /** Added to the norms that are divided by. Default 1e-8. */
  eps?: number;
}

const norm = (t: Tensor): Tensor => t.mul(t).sum().sqrt();

/**
 * SGD whose step is measured by the layer: for large batches.
 *
 * λ = trustCoefficient·‖w‖/(‖g‖ + weightDecay·‖w‖ + eps), 1 where a norm is 0;
 * v ← momentum·v + lr·λ·(g + weightDecay·w), w ← w − v.
 *
 * Parameters of one axis (biases, batch norms) take plain SGD steps without decay, as is usual.
 *
 * Defaults momentum 0.9, weightDecay 0, trustCoefficient 0.001, eps 1e-8; lr has none.
 * Throws   ArgumentError named after an option that is negative; as Optimizer.
 * Source   You, Gitman & Ginsburg 2017 (https://arxiv.org/abs/1708.03888); torch has none.
 *
 * @example
 * const w = new nn.Parameter(tensor([[3, 4]])); // 5 long
 * const optimizer = new optim.LARS([w], { lr: 1 });
 * w.grad = tensor([[30, 40]]); // the step is 0.001·5 long, however long this is
 * optimizer.step();
 * await w.tolist(); // [[2.997, 3.996]]
 */
export class LARS extends Optimizer<LARSOptions> {
  constructor(params: Params<LARSOptions>, options: LARSOptions) {
    super(params, { momentum: 0.9, weightDecay: 0, trustCoefficient: 0.001, eps: 1e-8 }, options);
  }

  protected override check(group: LARSOptions): void {
    this.atLeastZero("lr", group.lr);
    for (const name of ["momentum", "weightDecay", "trustCoefficient", "eps"] as const)
      this.atLeastZero(name, group[name] ?? 0);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<LARSOptions>, state: ParamState): void {
    const { lr, momentum = 0.9, weightDecay = 0, trustCoefficient = 0.001, eps = 1e-8 } = group;
    let step = gradient.mul(lr);
    if (parameter.ndim > 1) {
      const [own, slope] = [norm(parameter), norm(gradient)];
      const trust = own.mul(trustCoefficient).div(add(slope.add(own.mul(weightDecay)), eps));
      // On the device: nothing is read.
      const usable = compare("gt", own.mul(slope), 0);
      const factor = where(usable, trust, full([], 1, { device: parameter.backend }));
      step = gradient.add(parameter.mul(weightDecay)).mul(factor).mul(lr);
    }
    state.momentumBuffer ??= zerosLike(parameter);
    const velocity = state.momentumBuffer as Tensor;
    add_(mul_(velocity, momentum), step);
    sub_(parameter, velocity);
  }
}
