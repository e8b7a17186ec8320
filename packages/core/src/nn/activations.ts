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
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Unshaped } from "./typed-layer.ts";

/** x where x > 0, else alpha·(eˣ − 1); alpha 1. torch.nn.ELU. */
export class ELU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
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

/** elu with the constants that keep mean and variance. torch.nn.SELU. */
export class SELU extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return selu(input);
  }
}

/** x cut to [minVal, maxVal], −1 and 1. torch.nn.Hardtanh. */
export class Hardtanh extends Module {
  declare readonly shapeRule: ["keep"];
  readonly minVal: number;
  readonly maxVal: number;

  constructor(minVal = -1, maxVal = 1) {
    super();
    checkRange("Hardtanh", minVal, maxVal);
    this.minVal = minVal;
    this.maxVal = maxVal;
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

/** min(max(x, 0), 6). torch.nn.ReLU6. */
export class ReLU6 extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return relu6(input);
  }
}

/** min(max(x + 3, 0), 6)/6. torch.nn.Hardsigmoid. */
export class Hardsigmoid extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return hardsigmoid(input);
  }
}

/** x·hardsigmoid(x). torch.nn.Hardswish. */
export class Hardswish extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return hardswish(input);
  }
}

/** x·tanh(log(1 + eˣ)). torch.nn.Mish. */
export class Mish extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return mish(input);
  }
}

/** log(1 + e^{beta·x})/beta; beta 1, threshold 20. torch.nn.Softplus. */
export class Softplus extends Module {
  declare readonly shapeRule: ["keep"];
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return softplus(input, this.beta, this.threshold);
  }
}

/** log σ(x). torch.nn.LogSigmoid. */
export class LogSigmoid extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return logSigmoid(input);
  }
}

/**
 * x where x > 0, else w·x with learned slopes.
 *
 * Keys     weight (numParameters): 1 for all channels, or one each.
 * Init     every slope `init`, default 0.25.
 * Source   He et al. 2015; torch.nn.PReLU.
 */
export class PReLU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly weight: Parameter;

  constructor(numParameters = 1, init = 0.25) {
    super();
    checkSizes("PReLU", { numParameters });
    this.weight = new Parameter(full([numParameters], init));
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

/** softmax(−x) along `dim`; torch's guess when left out: 0 for 0, 1 and 3 axes, else 1. torch.nn.Softmin. */
export class Softmin extends Module {
  declare readonly shapeRule: ["keep"];
  readonly dim: number | undefined;

  constructor(options: { dim?: number } = {}) {
    super();
    this.dim = options.dim;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return softmin(input, this.dim ?? (input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1));
  }
}
