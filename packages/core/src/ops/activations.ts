/** @file Activations put together from simpler functions. Gradients at the borders are torch's. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { compare, mul, where } from "./binary.ts";
import { pointwise } from "./composed.ts";
import { expm1, logOnePlusExp } from "./log1p.ts";
import { softmax } from "./softmax.ts";
import { affine, clamp, exp, neg, sigmoid, tanh } from "./unary.ts";

const eluOp = pointwise<{ alpha: number; scale: number }>(
  "elu",
  (x, { alpha, scale }) =>
    affine(where(compare("le", x, 0), affine(expm1(clamp(x, -Infinity, 0)), alpha, 0), x), scale, 0),
  (g, x, { alpha, scale }) => {
    const low = affine(exp(clamp(x, -Infinity, 0)), alpha * scale, 0);
    return where(compare("le", x, 0), mul(g, low), affine(g, scale, 0));
  },
);

/**
 * x where x > 0, else alpha·(eˣ − 1), of each element: bounded below by −alpha, and without a bend at 0 for alpha 1.
 *
 * Options  alpha 1.
 * Throws   DTypeError "dtype" unless float32.
 * Source   Clevert et al. 2016; torch.nn.functional.elu.
 *
 * @example
 * await elu(tensor([-1, 0, 2])).tolist(); // [-0.6321, 0, 2]
 */
export function elu<S extends Shape>(input: Tensor<S>, alpha?: number): Tensor<S>;
export function elu(input: Tensor, alpha = 1): Tensor {
  return eluOp(input, { alpha, scale: 1 });
}

// The fixed point of Klambauer et al. 2017, to the digits that torch has.
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/**
 * scale·elu(x, alpha) of each element, with the constants scale 1.0507… and alpha 1.6733… that keep mean 0 and variance
 * 1 from layer to layer (weights with mean 0 and variance 1/fan-in).
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   Klambauer et al. 2017; torch.nn.functional.selu.
 *
 * @example
 * await selu(tensor([-1, 0, 1])).tolist(); // [-1.1113, 0, 1.0507]
 */
export function selu<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function selu(input: Tensor): Tensor {
  return eluOp(input, { alpha: seluAlpha, scale: seluScale });
}

const hardtanhOp = pointwise<{ low: number; high: number }>(
  "hardtanh",
  (x, { low, high }) => clamp(x, low, high),
  // Unlike clamp's, the gradient is 0 at both borders.
  (g, x, { low, high }) => where(compare("le", x, low), 0, where(compare("ge", x, high), 0, g)),
);

/**
 * min(max(x, minVal), maxVal) of each element. The gradient passes strictly between the borders, 0 at both.
 *
 * Options  minVal −1, maxVal 1.
 * Throws   ArgumentError "range" unless minVal < maxVal; DTypeError "dtype" unless float32.
 * Source   torch.nn.functional.hardtanh.
 *
 * @example
 * await hardtanh(tensor([-3, 0.5, 3])).tolist(); // [-1, 0.5, 1]
 */
export function hardtanh<S extends Shape>(input: Tensor<S>, minVal?: number, maxVal?: number): Tensor<S>;
export function hardtanh(input: Tensor, minVal = -1, maxVal = 1): Tensor {
  checkRange("hardtanh", minVal, maxVal);
  return hardtanhOp(input, { low: minVal, high: maxVal });
}

/** @internal */
export function checkRange(where: string, minVal: number, maxVal: number): void {
  if (!(minVal < maxVal))
    throw new ArgumentError(where, "range", say`minVal must be below maxVal, got ${{ minVal }} and ${{ maxVal }}.`);
}

/**
 * min(max(x, 0), 6) of each element: the activation of MobileNet.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   Howard et al. 2017; torch.nn.functional.relu6.
 *
 * @example
 * await relu6(tensor([-1, 3, 8])).tolist(); // [0, 3, 6]
 */
export function relu6<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function relu6(input: Tensor): Tensor {
  return hardtanhOp(input, { low: 0, high: 6 });
}

const hardsigmoidOp = pointwise<null>(
  "hardsigmoid",
  (x) => affine(clamp(affine(x, 1, 3), 0, 6), 1 / 6, 0),
  (g, x) => where(compare("gt", x, -3), where(compare("lt", x, 3), affine(g, 1 / 6, 0), 0), 0),
);

/**
 * min(max(x + 3, 0), 6)/6 of each element: sigmoid in straight lines.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.nn.functional.hardsigmoid.
 *
 * @example
 * await hardsigmoid(tensor([-4, 0, 1.5, 4])).tolist(); // [0, 0.5, 0.75, 1]
 */
export function hardsigmoid<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function hardsigmoid(input: Tensor): Tensor {
  return hardsigmoidOp(input, null);
}

const hardswishOp = pointwise<null>(
  "hardswish",
  (x) => mul(x, affine(clamp(affine(x, 1, 3), 0, 6), 1 / 6, 0)),
  // At −3 and 3 as torch 1.13's vector code has it; its scalar code differs at 3, later versions at −3.
  (g, x) => where(compare("lt", x, -3), 0, where(compare("lt", x, 3), mul(g, affine(x, 1 / 3, 0.5)), g)),
);

/**
 * x·min(max(x + 3, 0), 6)/6 of each element: SiLU in straight lines and a parabola.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   Howard et al. 2019; torch.nn.functional.hardswish.
 *
 * @example
 * await hardswish(tensor([-4, -1.5, 0, 4])).tolist(); // [0, -0.375, 0, 4]
 */
export function hardswish<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function hardswish(input: Tensor): Tensor {
  return hardswishOp(input, null);
}

const mishOp = pointwise<null>(
  "mish",
  (x) => mul(x, tanh(logOnePlusExp(x))),
  (g, x) => {
    const t = tanh(logOnePlusExp(x));
    // f′ = t + x·σ(x)·(1 − t²); the second term is 0 where x is infinite.
    const bend = mul(mul(clamp(x, -1e30, 1e30), sigmoid(x)), affine(mul(t, t), -1, 1));
    return mul(g, t.add(bend));
  },
);

/**
 * x·tanh(log(1 + eˣ)) of each element.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   Misra 2019; torch.nn.functional.mish.
 *
 * @example
 * await mish(tensor([-1, 0, 2])).tolist(); // [-0.3034, 0, 1.944]
 */
export function mish<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function mish(input: Tensor): Tensor {
  return mishOp(input, null);
}

const softplusOp = pointwise<{ beta: number; threshold: number }>(
  "softplus",
  (x, { beta, threshold }) => {
    const scaled = affine(x, beta, 0);
    return where(compare("gt", scaled, threshold), x, affine(logOnePlusExp(scaled), 1 / beta, 0));
  },
  (g, x, { beta, threshold }) => {
    const scaled = affine(x, beta, 0);
    return where(compare("gt", scaled, threshold), g, mul(g, sigmoid(scaled)));
  },
);

/**
 * log(1 + e^{beta·x})/beta of each element: a smooth ReLU. Where beta·x is above `threshold` it is x itself.
 *
 * Options  beta 1, threshold 20.
 * Throws   ArgumentError "beta" for 0 or what is not finite; DTypeError "dtype" unless float32.
 * Source   torch.nn.functional.softplus.
 *
 * @example
 * await softplus(tensor([0, 1, 30])).tolist(); // [0.6931, 1.3133, 30]
 */
export function softplus<S extends Shape>(input: Tensor<S>, beta?: number, threshold?: number): Tensor<S>;
export function softplus(input: Tensor, beta = 1, threshold = 20): Tensor {
  if (beta === 0 || !Number.isFinite(beta))
    throw new ArgumentError("softplus", "beta", say`beta must be finite and not 0, got ${{ beta }}.`);
  return softplusOp(input, { beta, threshold });
}

const logSigmoidOp = pointwise<null>(
  "logSigmoid",
  (x) => neg(logOnePlusExp(neg(x))),
  (g, x) => mul(g, sigmoid(neg(x))),
);

/**
 * log σ(x) = −log(1 + e⁻ˣ) of each element, also where σ(x) itself rounds to 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.nn.functional.logsigmoid.
 *
 * @example
 * await logSigmoid(tensor([0, -200])).tolist(); // [-0.6931, -200]
 */
export function logSigmoid<S extends Shape>(input: Tensor<S>): Tensor<S>;
export function logSigmoid(input: Tensor): Tensor {
  return logSigmoidOp(input, null);
}

/**
 * yᵢ = e^{−xᵢ} / Σⱼ e^{−xⱼ} along `dim`, softmax(−x): the smallest gets most.
 *
 * Throws   ShapeError "dim" when the axis does not exist; DTypeError "dtype" unless float32.
 * Source   torch.nn.functional.softmin.
 *
 * @example
 * await softmin(tensor([0, Math.log(3)]), 0).tolist(); // [0.75, 0.25]
 */
export function softmin<S extends Shape>(input: Tensor<S>, dim: number): Tensor<S>;
export function softmin(input: Tensor, dim: number): Tensor {
  return softmax(neg(input), dim);
}
