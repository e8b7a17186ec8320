import { zerosLike } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { add_, mul_, sub_ } from "../ops/in-place.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape, transpose } from "../ops/view.ts";
import { type GroupOptions, Optimizer, type ParamGroup, type ParamState, type Params } from "./optimizer.ts";

/** What Muon takes, for all parameters or for a group; its lr is 1e-3 by default. */
export interface MuonOptions extends GroupOptions {
  /** Decay of the weights themselves. Default 0.1. */
  weightDecay?: number;
  /** Share of the old direction in the new one. Default 0.95. */
  momentum?: number;
  /** Look one step ahead. Default true. */
  nesterov?: boolean;
  /** a, b, c of x ← a·x + (b·xxᵀ + c·(xxᵀ)²)·x. Default [3.4445, −4.775, 2.0315]. */
  nsCoefficients?: [number, number, number];
  /** The least norm that is divided by. Default 1e-7. */
  eps?: number;
  /** Iterations. Default 5. */
  nsSteps?: number;
}

/** Newton–Schulz: pushes all singular values of a (rows, columns) matrix towards 1. Float32, where torch takes bfloat16. */
function orthogonalised(
  matrix: Tensor,
  steps: number,
  [a, b, c]: readonly [number, number, number],
  eps: number,
): Tensor {
  const tall = matrix.size(0) > matrix.size(1);
  let x = tall ? transpose(matrix, 0, 1).contiguous() : matrix;
  x = x.div(x.mul(x).sum().sqrt().clamp(eps));
  for (let i = 0; i < steps; i++) {
    const gram = matmul(x, transpose(x, 0, 1));
    const update = gram.mul(b).add(matmul(gram, gram).mul(c));
    x = x.mul(a).add(matmul(update, x));
  }
  return tall ? transpose(x, 0, 1) : x;
}

/**
 * Momentum whose every step is an orthogonal matrix: for the matrices of hidden layers, convolutions flattened to
 * (O, C·kH·kW). Biases, norms and usually the last layer belong to another optimiser, such as AdamW.
 *
 * v ← momentum·v + (1 − momentum)·g, u = orthogonalised((1 − momentum)·g + momentum·v),
 * w ← w·(1 − lr·weightDecay) − lr·√max(1, rows/columns)·u.
 *
 * Defaults lr 1e-3, weightDecay 0.1, momentum 0.95, nesterov true, nsSteps 5.
 * Throws   ShapeError "rank" for a parameter of fewer than 2 axes; ArgumentError named after an option that is
 *          negative, "nsSteps" outside 1 … 99; as Optimizer.
 * Source   Jordan 2024 (https://kellerjordan.github.io/posts/muon/); torch.optim.Muon (2.9).
 *
 * @example
 * const weights = [...model.parameters()];
 * const muon = new optim.Muon(weights.filter((w) => w.ndim > 1), { lr: 0.02 });
 * const adamW = new optim.AdamW(weights.filter((w) => w.ndim === 1));
 * [muon, adamW].map(({ paramGroups }) => paramGroups[0]!.params.length); // [1, 1]
 */
export class Muon extends Optimizer<MuonOptions> {
  constructor(params: Params<MuonOptions>, options: Partial<MuonOptions> = {}) {
    super(
      params,
      {
        lr: 1e-3,
        weightDecay: 0.1,
        momentum: 0.95,
        nesterov: true,
        nsCoefficients: [3.4445, -4.775, 2.0315],
        eps: 1e-7,
        nsSteps: 5,
      },
      options,
    );
    for (const { params: parameters } of this.paramGroups)
      for (const parameter of parameters)
        if (parameter.ndim < 2)
          throw new ShapeError(
            "Muon",
            "rank",
            say`wants matrices, got a parameter of ${{ axes: parameter.ndim }} axes.`,
            [{ name: "parameter", shape: parameter.shape }],
            "give biases and norms to AdamW.",
          );
  }

  protected override check(group: MuonOptions): void {
    for (const name of ["lr", "weightDecay", "momentum", "eps"] as const) this.atLeastZero(name, group[name] ?? 0);
    const { nsSteps = 5 } = group;
    if (!Number.isInteger(nsSteps) || nsSteps < 1 || nsSteps >= 100)
      throw new ArgumentError("Muon", "nsSteps", say`nsSteps must be a whole number from 1 to 99, got ${{ nsSteps }}.`);
  }

  protected update(parameter: Parameter, gradient: Tensor, group: ParamGroup<MuonOptions>, state: ParamState): void {
    const { lr, weightDecay = 0.1, momentum = 0.95, nesterov = true, eps = 1e-7, nsSteps = 5 } = group;
    if (parameter.numel === 0) return;
    state.momentumBuffer ??= zerosLike(parameter);
    const buffer = state.momentumBuffer as Tensor;
    add_(mul_(buffer, momentum), gradient.mul(1 - momentum));
    const direction = nesterov ? gradient.mul(1 - momentum).add(buffer.mul(momentum)) : buffer;
    const rows = parameter.size(0);
    const columns = parameter.numel / rows;
    const update = orthogonalised(
      reshape(direction, [rows, columns]),
      nsSteps,
      group.nsCoefficients ?? [3.4445, -4.775, 2.0315],
      eps,
    );
    mul_(parameter, 1 - lr * weightDecay);
    sub_(parameter, reshape(update, parameter.shape).mul(lr * Math.sqrt(Math.max(1, rows / columns))));
  }
}
