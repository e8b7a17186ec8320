/** @file Activations as layers; the formulas stand with the functions in ops/. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";
import { checkApproximate, gelu, leakyRelu, relu, sigmoid, silu, tanh } from "../ops/unary.ts";
import { Module } from "./module.ts";
import type { Unshaped } from "./typed-layer.ts";

/** f(x) = max(0, x). torch.nn.ReLU. */
export class ReLU extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return relu(input);
  }
}

/** x where x > 0, else negativeSlope·x; default slope 0.01. torch.nn.LeakyReLU. */
export class LeakyReLU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return leakyRelu(input, this.negativeSlope);
  }

  override extraRepr(): string {
    return String(this.negativeSlope);
  }
}

/** 1/(1 + e⁻ˣ). torch.nn.Sigmoid. */
export class Sigmoid extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return sigmoid(input);
  }
}

/** torch.nn.Tanh. */
export class Tanh extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return tanh(input);
  }
}

/** x·Φ(x). torch.nn.GELU. */
export class GELU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly approximate: "none" | "tanh";

  constructor(options: { approximate?: "none" | "tanh" } = {}) {
    super();
    this.approximate = checkApproximate("GELU", options.approximate ?? "none");
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return gelu(input, { approximate: this.approximate });
  }
}

/** x·sigmoid(x). torch.nn.SiLU. */
export class SiLU extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return silu(input);
  }
}

interface DimOptions {
  /** The axis that sums to 1. Give it; torch's guess when left out is kept: 0 for 0, 1 and 3 axes, else 1. */
  dim?: number;
}

function axisOf(input: Tensor, dim: number | undefined): number {
  return dim ?? (input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1);
}

/** Logits into probabilities along `dim`. torch.nn.Softmax. */
export class Softmax extends Module {
  declare readonly shapeRule: ["keep"];
  readonly dim: number | undefined;

  constructor(options: DimOptions = {}) {
    super();
    this.dim = options.dim;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return softmax(input, axisOf(input, this.dim));
  }

  override extraRepr(): string {
    return this.dim === undefined ? "" : `dim ${this.dim}`;
  }
}

/** Logarithms of softmax. torch.nn.LogSoftmax. */
export class LogSoftmax extends Module {
  declare readonly shapeRule: ["keep"];
  readonly dim: number | undefined;

  constructor(options: DimOptions = {}) {
    super();
    this.dim = options.dim;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return logSoftmax(input, axisOf(input, this.dim));
  }
}
