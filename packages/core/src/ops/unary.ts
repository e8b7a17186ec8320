/** @file Functions of one element: arithmetic and activations. One table row each; y = f(x), gradInput = gradOutput·f′. */

import { zerosLike } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { KernelName } from "../kernels/contract.ts";

/** The constants of an element-wise function; what they mean is the function's business. */
export interface UnaryParams {
  alpha: number;
  beta: number;
}

type UnaryKernel = Extract<
  KernelName,
  `${"neg" | "exp" | "log" | "sqrt" | "abs" | "sign" | "reciprocal" | "clamp" | "affine" | "pow_scalar" | "relu" | "leaky_relu" | "sigmoid" | "tanh" | "gelu" | "gelu_tanh" | "silu"}_f32`
>;
type BackwardKernel = Extract<
  KernelName,
  `${string}_backward_f32` &
    `${"relu" | "leaky_relu" | "sigmoid" | "tanh" | "gelu" | "gelu_tanh" | "silu" | "clamp"}_backward_f32`
>;

/** Runs an element-wise kernel into a fresh tensor. @internal */
export function mapped(kernel: UnaryKernel, input: Tensor, alpha = 0, beta = 0): Tensor {
  const out = Tensor.empty(input.backend, input.shape);
  if (out.numel > 0) run(kernel, { count: out.numel, alpha, beta }, [input], [out]);
  return out;
}

/** a·b, element by element, same shape. @internal */
export function product(a: Tensor, b: Tensor): Tensor {
  return zipped("mul_f32", a, b);
}

/** a ∘ b for contiguous tensors of one shape. @internal */
export function zipped(kernel: "mul_f32" | "div_f32" | "add_f32" | "sub_f32", a: Tensor, b: Tensor): Tensor {
  const out = Tensor.empty(a.backend, a.shape);
  const flat = [1, 1, 1, 1, 1, 1, 1, out.numel];
  const step = [0, 0, 0, 0, 0, 0, 0, 1];
  if (out.numel > 0) run(kernel, { ndim: 8, shape: flat, stridesA: step, stridesB: step }, [a, b], [out]);
  return out;
}

/** f′ by its kernel, or gradOutput·f′ made of operations. Methods only: what they call stands above this file. */
type Backward =
  | {
      kernel: BackwardKernel;
      saved: "input" | "output";
      /** Derivative of f′, as a function of what is saved; absent where f′ is constant in pieces. */
      bend?: (saved: Tensor) => Tensor;
    }
  | { saved: "input" | "output" | null; formula(gradOutput: Tensor, saved: Tensor, p: UnaryParams): Tensor };

/** gradOutput·f′(saved), an operation itself. */
function slope(name: string, { kernel, bend }: Extract<Backward, { kernel: BackwardKernel }>) {
  const op: Op<{ gradOutput: Tensor; saved: Tensor }, UnaryParams> = defineOp<
    { gradOutput: Tensor; saved: Tensor },
    UnaryParams
  >({
    name: `${name}Backward`,
    shape: ({ saved }) => saved.shape,
    saves: ["gradOutput", "saved"],
    forward({ gradOutput, saved }, p, out) {
      if (out.numel > 0) run(kernel, { count: out.numel, ...p }, [gradOutput, saved], [out]);
    },
    backward(g, { gradOutput, saved }, p, { needs }) {
      return {
        gradOutput: needs.gradOutput ? op({ gradOutput: g, saved }, p) : undefined,
        saved: needs.saved ? (bend ? g.mul(gradOutput).mul(bend(saved)) : zerosLike(saved)) : undefined,
      };
    },
    differentiable: true,
  });
  return op;
}

function unary(name: string, kernel: UnaryKernel, backward: Backward): Op<{ input: Tensor }, UnaryParams> {
  const slopeOp = "kernel" in backward ? slope(name, backward) : undefined;
  return defineOp<{ input: Tensor }, UnaryParams>({
    name,
    shape: ({ input }) => input.shape,
    saves: backward.saved ? [backward.saved] : [],
    forward({ input }, { alpha, beta }, out) {
      if (out.numel > 0) run(kernel, { count: out.numel, alpha, beta }, [input], [out]);
    },
    backward(gradOutput, saved, p) {
      const value = backward.saved === "output" ? saved.output : saved.input;
      if ("formula" in backward) return { input: backward.formula(gradOutput, value, p) };
      return { input: slopeOp!({ gradOutput, saved: value }, p) };
    },
    differentiable: true,
  });
}

/** Every element-wise operation, by torch's name. @internal */
export const unaryOps = {
  neg: unary("neg", "neg_f32", { saved: null, formula: (g) => g.neg() }),
  exp: unary("exp", "exp_f32", { saved: "output", formula: (g, y) => g.mul(y) }),
  log: unary("log", "log_f32", { saved: "input", formula: (g, x) => g.div(x) }),
  sqrt: unary("sqrt", "sqrt_f32", { saved: "output", formula: (g, y) => g.mul(0.5).div(y) }),
  abs: unary("abs", "abs_f32", { saved: "input", formula: (g, x) => g.mul(x.sign()) }),
  sign: unary("sign", "sign_f32", { saved: null, formula: (g) => g.mul(0) }),
  reciprocal: unary("reciprocal", "reciprocal_f32", {
    saved: "output",
    formula: (g, y) => g.mul(y.mul(y)).neg(),
  }),
  affine: unary("affine", "affine_f32", { saved: null, formula: (g, _, { alpha }) => g.mul(alpha) }),
  pow: unary("pow", "pow_scalar_f32", {
    saved: "input",
    // d xᵃ = a·xᵃ⁻¹; for a = 0 that is 0 even where x⁻¹ is infinite.
    formula: (g, x, { alpha }) => (alpha === 0 ? g.mul(0) : g.mul(x.pow(alpha - 1).mul(alpha))),
  }),
  clamp: unary("clamp", "clamp_f32", { saved: "input", kernel: "clamp_backward_f32" }),
  relu: unary("relu", "relu_f32", { saved: "output", kernel: "relu_backward_f32" }),
  leakyRelu: unary("leakyRelu", "leaky_relu_f32", { saved: "input", kernel: "leaky_relu_backward_f32" }),
  // y·(1 − y)
  sigmoid: unary("sigmoid", "sigmoid_f32", {
    saved: "output",
    kernel: "sigmoid_backward_f32",
    bend: (y) => y.mul(-2).add(1),
  }),
  // 1 − y²
  tanh: unary("tanh", "tanh_f32", { saved: "output", kernel: "tanh_backward_f32", bend: (y) => y.mul(-2) }),
  // Φ(x) + x·φ(x), and φ′ = −x·φ: φ·(2 − x²).
  gelu: unary("gelu", "gelu_f32", {
    saved: "input",
    kernel: "gelu_backward_f32",
    bend: (x) => {
      const square = x.mul(x);
      return square
        .mul(-0.5)
        .exp()
        .mul(1 / Math.sqrt(2 * Math.PI))
        .mul(square.neg().add(2));
    },
  }),
  // x/2·(1 + t) with t = tanh u, u = c·(x + a·x³): (1 − t²)·(u′ + x/2·u″ − x·t·u′²).
  geluTanh: unary("geluTanh", "gelu_tanh_f32", {
    saved: "input",
    kernel: "gelu_tanh_backward_f32",
    bend: (x) => {
      const [c, a] = [Math.sqrt(2 / Math.PI), 0.044715];
      const square = x.mul(x);
      const t = x.mul(square.mul(c * a).add(c)).tanh();
      const u1 = square.mul(3 * c * a).add(c);
      const bent = u1.add(square.mul(3 * c * a)).sub(x.mul(t).mul(u1.mul(u1)));
      return t.mul(t).neg().add(1).mul(bent);
    },
  }),
  // s + x·s·(1 − s) with s = sigmoid(x): s·(1 − s)·(2 + x·(1 − 2s)).
  silu: unary("silu", "silu_f32", {
    saved: "input",
    kernel: "silu_backward_f32",
    bend: (x) => {
      const s = x.sigmoid();
      return s.sub(s.mul(s)).mul(x.mul(s.mul(-2).add(1)).add(2));
    },
  }),
} as const;

/** A function of each element: the shape stays. @internal */
export type Pointwise<Rest extends unknown[] = []> = <S extends Shape>(input: Tensor<S>, ...rest: Rest) => Tensor<S>;

const none = { alpha: 0, beta: 0 };

/** @internal */
export function checkApproximate(where: string, approximate: "none" | "tanh"): "none" | "tanh" {
  if (approximate !== "none" && approximate !== "tanh")
    throw new ArgumentError(where, "approximate", say`approximate must be "none" or "tanh", got "${{ approximate }}".`);
  return approximate;
}

/**
 * −x, of each element.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.neg.
 *
 * @example
 * await neg(tensor([1, -2])).tolist(); // [-1, 2]
 */
export const neg = ((input: Tensor): Tensor => unaryOps.neg({ input }, none)) as Pointwise;
/**
 * eˣ, of each element.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.exp.
 *
 * @example
 * await exp(tensor([0, 1])).tolist(); // [1, 2.7183]
 */
export const exp = ((input: Tensor): Tensor => unaryOps.exp({ input }, none)) as Pointwise;
/**
 * The natural logarithm of each element; −∞ at 0, NaN below.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.log.
 *
 * @example
 * await log(tensor([1, Math.E, 10])).tolist(); // [0, 1.0000, 2.3026]
 */
export const log = ((input: Tensor): Tensor => unaryOps.log({ input }, none)) as Pointwise;
/**
 * √x, of each element; NaN below 0. The slope 1/(2·√x) is infinite at 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.sqrt.
 *
 * @example
 * await sqrt(tensor([0, 2, 9])).tolist(); // [0, 1.4142, 3]
 */
export const sqrt = ((input: Tensor): Tensor => unaryOps.sqrt({ input }, none)) as Pointwise;
/**
 * |x|, of each element; slope 0 at 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.abs.
 *
 * @example
 * await abs(tensor([-3, 0, 2])).tolist(); // [3, 0, 2]
 */
export const abs = ((input: Tensor): Tensor => unaryOps.abs({ input }, none)) as Pointwise;
/**
 * −1 below 0, 0 at 0, 1 above, of each element. The gradient is 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.sign.
 *
 * @example
 * await sign(tensor([-3, 0, 2])).tolist(); // [-1, 0, 1]
 */
export const sign = ((input: Tensor): Tensor => unaryOps.sign({ input }, none)) as Pointwise;
/**
 * 1/x, of each element; ∞ at 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.reciprocal.
 *
 * @example
 * await reciprocal(tensor([2, -4])).tolist(); // [0.5, -0.25]
 */
export const reciprocal = ((input: Tensor): Tensor => unaryOps.reciprocal({ input }, none)) as Pointwise;
/** min(max(x, min), max); the gradient passes where x lies within, borders included. torch.clamp. */
export const clamp = ((input: Tensor, min = -Infinity, max = Infinity): Tensor =>
  unaryOps.clamp({ input }, { alpha: min, beta: max })) as Pointwise<[min?: number, max?: number]>;
/** x·scale + shift, in one pass. */
export const affine = (input: Tensor, scale: number, shift: number): Tensor =>
  unaryOps.affine({ input }, { alpha: scale, beta: shift });
/**
 * max(0, x), of each element; NaN stays NaN; slope 0 at exactly 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.relu.
 *
 * @example
 * await relu(tensor([-1, 0, 2])).tolist(); // [0, 0, 2]
 */
export const relu = ((input: Tensor): Tensor => unaryOps.relu({ input }, none)) as Pointwise;
/**
 * x where x > 0, else negativeSlope·x, of each element.
 *
 * Options  negativeSlope 0.01.
 * Throws   DTypeError "dtype" unless float32.
 * Source   Maas et al. 2013; torch.nn.functional.leaky_relu.
 *
 * @example
 * await leakyRelu(tensor([-2, 3]), 0.1).tolist(); // [-0.2, 3]
 */
export const leakyRelu = ((input: Tensor, negativeSlope = 0.01): Tensor =>
  unaryOps.leakyRelu({ input }, { alpha: negativeSlope, beta: 0 })) as Pointwise<[negativeSlope?: number]>;
/**
 * 1/(1 + e⁻ˣ), of each element.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.sigmoid.
 *
 * @example
 * await sigmoid(tensor([-1, 0, 1])).tolist(); // [0.2689, 0.5, 0.7311]
 */
export const sigmoid = ((input: Tensor): Tensor => unaryOps.sigmoid({ input }, none)) as Pointwise;
/**
 * (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), of each element: between −1 and 1.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.tanh.
 *
 * @example
 * await tanh(tensor([-1, 0, 1])).tolist(); // [-0.7616, 0, 0.7616]
 */
export const tanh = ((input: Tensor): Tensor => unaryOps.tanh({ input }, none)) as Pointwise;
/**
 * x·Φ(x), of each element, Φ the normal distribution's; `approximate: "tanh"` for x/2·(1 + tanh(√(2/π)·(x +
 * 0.044715·x³))).
 *
 * Options  approximate "none".
 * Throws   ArgumentError "approximate"; DTypeError "dtype" unless float32.
 * Source   Hendrycks & Gimpel 2016; torch.nn.functional.gelu.
 *
 * @example
 * await gelu(tensor([-1, 0, 1])).tolist(); // [-0.15866, 0, 0.84134]
 * await gelu(tensor([1]), { approximate: "tanh" }).tolist(); // [0.84119]
 */
export const gelu = ((input: Tensor, options: { approximate?: "none" | "tanh" } = {}): Tensor => {
  checkKnown("gelu", options, { approximate: 0 });
  return checkApproximate("gelu", options.approximate ?? "none") === "tanh"
    ? unaryOps.geluTanh({ input }, none)
    : unaryOps.gelu({ input }, none);
}) as Pointwise<[options?: { approximate?: "none" | "tanh" }]>;
/**
 * x/(1 + e⁻ˣ) = x·sigmoid(x), of each element. Also called Swish.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   Elfwing et al. 2018; torch.nn.functional.silu.
 *
 * @example
 * await silu(tensor([-1, 0, 1])).tolist(); // [-0.2689, 0, 0.7311]
 */
export const silu = ((input: Tensor): Tensor => unaryOps.silu({ input }, none)) as Pointwise;
