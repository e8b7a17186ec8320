/** @file Activations as layers; the formulas stand with the functions in ops/. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";
import { checkApproximate, gelu, leakyRelu, relu, sigmoid, silu, tanh } from "../ops/unary.ts";
import { checkOptions, withFirst } from "./given-options.ts";
import { Module } from "./module.ts";
import type { Unshaped } from "./typed-layer.ts";

/**
 * y = max(0, x), element by element. The gradient is 1 above 0, else 0, at 0 itself, too; NaN stays NaN.
 *
 * Shape    any → the same.
 * Source   Nair & Hinton 2010; torch.nn.ReLU.
 *
 * @example
 * await new nn.ReLU().forward(tensor([-2, 0, 3])).tolist(); // [0, 0, 3]
 */
export class ReLU extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return relu(input);
  }
}

/**
 * y = x where x > 0, else negativeSlope·x: units below 0 still learn.
 *
 * Shape    any → the same.
 * Options  negativeSlope 0.01.
 * Source   Maas et al. 2013; torch.nn.LeakyReLU.
 *
 * @example
 * await new nn.LeakyReLU(0.1).forward(tensor([-2, 0, 3])).tolist(); // [-0.2, 0, 3]
 */
export class LeakyReLU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly negativeSlope: number;

  constructor(negativeSlope: number | { /** Default 0.01. */ negativeSlope?: number } = 0.01) {
    super();
    this.negativeSlope =
      withFirst("LeakyReLU", "negativeSlope", { negativeSlope: 0 }, negativeSlope).negativeSlope ?? 0.01;
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

/**
 * y = σ(x) = 1/(1 + e⁻ˣ), between 0 and 1: a probability for each element by itself. BCEWithLogitsLoss contains it.
 *
 * Shape    any → the same.
 * Source   torch.nn.Sigmoid.
 *
 * @example
 * await new nn.Sigmoid().forward(tensor([0, Math.log(3)])).tolist(); // [0.5, 0.75]
 */
export class Sigmoid extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return sigmoid(input);
  }
}

/**
 * y = tanh x = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), between −1 and 1.
 *
 * Shape    any → the same.
 * Source   torch.nn.Tanh.
 *
 * @example
 * await new nn.Tanh().forward(tensor([-1, 0, 1])).tolist(); // [-0.7616, 0, 0.7616]
 */
export class Tanh extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return tanh(input);
  }
}

/**
 * y = x·Φ(x), where Φ(x) is the share of a standard normal below x: a smooth ReLU.
 *
 * Shape    any → the same.
 * Options  approximate "none"; "tanh" takes x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), as the first models did.
 * Throws   ArgumentError "approximate" for another word.
 * Source   Hendrycks & Gimpel 2016 (https://arxiv.org/abs/1606.08415); torch.nn.GELU.
 *
 * @example
 * await new nn.GELU().forward(tensor([-1, 0, 1])).tolist(); // [-0.1587, 0, 0.8413]
 * await new nn.GELU({ approximate: "tanh" }).forward(tensor([-1, 0, 1])).tolist(); // [-0.1588, 0, 0.8412]
 */
export class GELU extends Module {
  declare readonly shapeRule: ["keep"];
  readonly approximate: "none" | "tanh";

  constructor(options: { /** "tanh": the older formula. Default "none". */ approximate?: "none" | "tanh" } = {}) {
    super();
    checkOptions("GELU", options, { approximate: 0 });
    this.approximate = checkApproximate("GELU", options.approximate ?? "none");
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return gelu(input, { approximate: this.approximate });
  }
}

/**
 * y = x·σ(x) = x/(1 + e⁻ˣ), also called swish: EfficientNet's activation.
 *
 * Shape    any → the same.
 * Source   Elfwing et al. 2017 (https://arxiv.org/abs/1702.03118); torch.nn.SiLU.
 *
 * @example
 * await new nn.SiLU().forward(tensor([-1, 0, 1])).tolist(); // [-0.2689, 0, 0.7311]
 */
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

/**
 * yᵢ = e^{xᵢ}/Σⱼ e^{xⱼ} along `dim`: logits into probabilities, positive and with the sum 1. CrossEntropyLoss wants the
 * logits themselves, so a model that is trained with it does not end in this layer.
 *
 * Shape    any → the same.
 * Options  dim, the axis that sums to 1. Give it; left out it is torch's guess: 0 for 0, 1 and 3 axes, else 1.
 * Throws   ShapeError "dim" in forward when the axis does not exist.
 * Source   torch.nn.Softmax.
 *
 * @example
 * await new nn.Softmax({ dim: 1 }).forward(tensor([[0, Math.log(3)]])).tolist(); // [[0.25, 0.75]]
 */
export class Softmax extends Module {
  declare readonly shapeRule: ["keep"];
  readonly dim: number | undefined;

  constructor(dim: number | DimOptions = {}) {
    super();
    this.dim = withFirst("Softmax", "dim", { dim: 0 }, dim).dim;
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

/**
 * yᵢ = xᵢ − log Σⱼ e^{xⱼ} along `dim`: log softmax(x), exact where the probability itself
 * rounds to 0. NLLLoss takes it.
 *
 * Shape    any → the same.
 * Options  dim, the axis whose probabilities sum to 1; left out as in Softmax.
 * Throws   ShapeError "dim" in forward when the axis does not exist.
 * Source   torch.nn.LogSoftmax.
 *
 * @example
 * await new nn.LogSoftmax({ dim: 1 }).forward(tensor([[0, Math.log(3)]])).tolist(); // [[-1.3863, -0.2877]]
 */
export class LogSoftmax extends Module {
  declare readonly shapeRule: ["keep"];
  readonly dim: number | undefined;

  constructor(dim: number | DimOptions = {}) {
    super();
    this.dim = withFirst("LogSoftmax", "dim", { dim: 0 }, dim).dim;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return logSoftmax(input, axisOf(input, this.dim));
  }
}
