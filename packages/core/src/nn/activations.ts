/** @file More activations as layers; the formulas stand with the functions in ops/activations.ts. */
import { full } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import {
  checkRange,
  elu,
  hardsigmoid,
  hardswish,
  hardtanh,
  logSigmoid,
  mish,
  relu6,
  selu,
  softmin,
  softplus,
} from "../ops/activations.ts";
import { prelu } from "../ops/prelu.ts";
import { withFirst } from "./given-options.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Unshaped } from "./typed-layer.ts";

/**
 * y = x where x > 0, else alpha·(eˣ − 1): never below −alpha, and the mean of a layer stays nearer to 0 than with ReLU.
 *
 * Shape    any → the same.
 * Options  alpha 1.
 * Source   Clevert et al. 2016 (https://arxiv.org/abs/1511.07289); torch.nn.ELU.
 *
 * @example
 * await new nn.ELU().forward(tensor([-1, 0, 2])).tolist(); // [-0.6321, 0, 2]
 */
export class ELU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly alpha: number;

  constructor(alpha: number | { /** Default 1. */ alpha?: number } = 1) {
    super();
    this.alpha = withFirst("ELU", "alpha", { alpha: 0 }, alpha).alpha ?? 1;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return elu(input, this.alpha);
  }

  override extraRepr(): string {
    return String(this.alpha);
  }
}

/**
 * y = s·x where x > 0, else s·α·(eˣ − 1), s ≈ 1.0507 and α ≈ 1.6733: layer after layer the activations keep mean 0 and
 * variance 1 when the weights have variance 1/fan-in: init.kaimingNormal_(weight, { nonlinearity: "linear" }).
 *
 * Shape    any → the same.
 * Source   Klambauer et al. 2017 (https://arxiv.org/abs/1706.02515); torch.nn.SELU.
 *
 * @example
 * await new nn.SELU().forward(tensor([-1, 0, 1])).tolist(); // [-1.1113, 0, 1.0507]
 */
export class SELU extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return selu(input);
  }
}

/**
 * y = min(max(x, minVal), maxVal). The gradient is 0 outside and at both borders.
 *
 * Shape    any → the same.
 * Options  minVal −1, maxVal 1.
 * Throws   ArgumentError "range" unless minVal < maxVal.
 * Source   torch.nn.Hardtanh.
 *
 * @example
 * await new nn.Hardtanh().forward(tensor([-3, 0.5, 2])).tolist(); // [-1, 0.5, 1]
 */
export class Hardtanh extends Module {
  declare readonly shapeRule: ["keep"];
  readonly minVal: number;
  readonly maxVal: number;

  constructor(
    minVal: number | { /** Default −1. */ minVal?: number /** Default 1. */; maxVal?: number } = -1,
    maxVal = 1,
  ) {
    super();
    const { minVal: low = -1, maxVal: high = maxVal } = withFirst(
      "Hardtanh",
      "minVal",
      { minVal: 0, maxVal: 0 },
      minVal,
    );
    checkRange("Hardtanh", low, high);
    this.minVal = low;
    this.maxVal = high;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return hardtanh(input, this.minVal, this.maxVal);
  }

  override extraRepr(): string {
    return `${this.minVal}, ${this.maxVal}`;
  }
}

/**
 * y = min(max(x, 0), 6): ReLU with a ceiling, which survives numbers of few bits. MobileNetV2's activation.
 *
 * Shape    any → the same.
 * Source   Sandler et al. 2018 (https://arxiv.org/abs/1801.04381); torch.nn.ReLU6.
 *
 * @example
 * await new nn.ReLU6().forward(tensor([-1, 3, 8])).tolist(); // [0, 3, 6]
 */
export class ReLU6 extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return relu6(input);
  }
}

/**
 * y = min(max(x + 3, 0), 6)/6: sigmoid in straight lines, without eˣ.
 *
 * Shape    any → the same.
 * Source   Howard et al. 2019 (https://arxiv.org/abs/1905.02244); torch.nn.Hardsigmoid.
 *
 * @example
 * await new nn.Hardsigmoid().forward(tensor([-4, 0, 1.5, 4])).tolist(); // [0, 0.5, 0.75, 1]
 */
export class Hardsigmoid extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return hardsigmoid(input);
  }
}

/**
 * y = x·min(max(x + 3, 0), 6)/6: SiLU without eˣ, MobileNetV3's activation.
 *
 * Shape    any → the same.
 * Source   Howard et al. 2019 (https://arxiv.org/abs/1905.02244); torch.nn.Hardswish.
 *
 * @example
 * await new nn.Hardswish().forward(tensor([-4, 1.5, 4])).tolist(); // [0, 1.125, 4]
 */
export class Hardswish extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return hardswish(input);
  }
}

/**
 * y = x·tanh(log(1 + eˣ)): close to SiLU.
 *
 * Shape    any → the same.
 * Source   Misra 2019 (https://arxiv.org/abs/1908.08681); torch.nn.Mish.
 *
 * @example
 * await new nn.Mish().forward(tensor([-1, 0, 1])).tolist(); // [-0.3034, 0, 0.8651]
 */
export class Mish extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return mish(input);
  }
}

/**
 * y = log(1 + e^{beta·x})/beta: a smooth ReLU, always positive. Where beta·x > threshold it is x itself.
 *
 * Shape    any → the same.
 * Options  beta 1, threshold 20.
 * Throws   ArgumentError "beta" in forward when beta is 0 or not finite.
 * Source   torch.nn.Softplus.
 *
 * @example
 * await new nn.Softplus().forward(tensor([-1, 0, 30])).tolist(); // [0.3133, 0.6931, 30]
 */
export class Softplus extends Module {
  declare readonly shapeRule: ["keep"];
  readonly beta: number;
  readonly threshold: number;

  constructor(
    beta: number | { /** Default 1. */ beta?: number /** Default 20. */; threshold?: number } = 1,
    threshold = 20,
  ) {
    super();
    const options = withFirst("Softplus", "beta", { beta: 0, threshold: 0 }, beta);
    this.beta = options.beta ?? 1;
    this.threshold = options.threshold ?? threshold;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return softplus(input, this.beta, this.threshold);
  }
}

/**
 * y = log σ(x) = −log(1 + e⁻ˣ), exact where σ(x) itself rounds to 0.
 *
 * Shape    any → the same.
 * Source   torch.nn.LogSigmoid.
 *
 * @example
 * await new nn.LogSigmoid().forward(tensor([-200, 0])).tolist(); // [-200, -0.6931]
 */
export class LogSigmoid extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return logSigmoid(input);
  }
}

/**
 * y = x where x > 0, else w·x: a leaky ReLU that learns its slopes.
 *
 * Shape    (N, C, …) → the same.
 * Keys     weight (numParameters): one slope for all channels, or one for each of them (axis 1).
 * Options  numParameters 1, init 0.25.
 * Init     every slope `init`.
 * Throws   ArgumentError "numParameters" unless a whole number ≥ 1; ShapeError "channels" in forward.
 * Source   He et al. 2015 (https://arxiv.org/abs/1502.01852); torch.nn.PReLU.
 *
 * @example
 * await new nn.PReLU().forward(tensor([-4, 2])).tolist(); // [-1, 2]
 */
export class PReLU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly weight: Parameter;

  constructor(
    numParameters: number | { /** Default 1. */ numParameters?: number /** Default 0.25. */; init?: number } = 1,
    init = 0.25,
  ) {
    super();
    const { numParameters: count = 1, init: slope = init } = withFirst(
      "PReLU",
      "numParameters",
      { numParameters: 0, init: 0 },
      numParameters,
    );
    checkSizes("PReLU", { numParameters: count });
    this.weight = new Parameter(full([count], slope));
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return prelu(input, this.weight);
  }

  override extraRepr(): string {
    return String(this.weight.numel);
  }
}

/**
 * yᵢ = e^{−xᵢ}/Σⱼ e^{−xⱼ} along `dim`: softmax(−x), so the smallest gets most.
 *
 * Shape    any → the same.
 * Options  dim, the axis that sums to 1; left out it is torch's guess: 0 for 0, 1 and 3 axes, else 1.
 * Throws   ShapeError "dim" in forward when the axis does not exist.
 * Source   torch.nn.Softmin.
 *
 * @example
 * await new nn.Softmin({ dim: 1 }).forward(tensor([[0, Math.log(3)]])).tolist(); // [[0.75, 0.25]]
 */
export class Softmin extends Module {
  declare readonly shapeRule: ["keep"];
  readonly dim: number | undefined;

  constructor(dim: number | { /** The axis that sums to 1; left out it is torch's guess. */ dim?: number } = {}) {
    super();
    this.dim = withFirst("Softmin", "dim", { dim: 0 }, dim).dim;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return softmin(input, this.dim ?? (input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1));
  }
}
