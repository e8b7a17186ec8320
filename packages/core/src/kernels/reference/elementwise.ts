/** @file y = f(x), element by element, and the gradients gradInput = gradOutput · f′. */
import { boxMuller } from "../../base/rng/index.ts";
import { erfc } from "./erf.ts";
import type { ReferenceKernel, ReferenceKernels } from "./types.ts";

type Unary = ReferenceKernel<"relu_f32">;
type UnaryBackward = ReferenceKernel<"relu_backward_f32">;

function unary(f: (x: number, alpha: number, beta: number) => number): Unary {
  return (p, [input], [output]) => {
    for (let i = 0; i < p.count; i++) output[i] = f(input[i]!, p.alpha, p.beta);
  };
}

/** `saved` is the op's output (y) or its input (x), as the contract says. */
function backward(f: (gradOutput: number, saved: number, alpha: number, beta: number) => number): UnaryBackward {
  return (p, [gradOutput, saved], [gradInput]) => {
    for (let i = 0; i < p.count; i++) gradInput[i] = f(gradOutput[i]!, saved[i]!, p.alpha, p.beta);
  };
}

/** C's and torch's pow: 1 to any power is 1, and so is −1 to an infinite one; Math.pow says NaN there. */
export function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1;
  return x ** y;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Φ and φ: distribution and density of the standard normal. */
const normalCdf = (x: number) => 0.5 * erfc(-x * Math.SQRT1_2);
const normalPdf = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

// gelu_tanh(x) = x/2·(1 + tanh u),  u = √(2/π)·(x + 0.044715·x³)
const geluScale = Math.sqrt(2 / Math.PI);
const geluCubic = 0.044715;
const geluInner = (x: number) => geluScale * (x + geluCubic * x * x * x);

export const elementwise = {
  neg_f32: unary((x) => -x),
  exp_f32: unary(Math.exp),
  log_f32: unary(Math.log),
  sqrt_f32: unary(Math.sqrt),
  abs_f32: unary(Math.abs),
  sign_f32: unary((x) => Math.sign(x) || 0),
  reciprocal_f32: unary((x) => 1 / x),
  clamp_f32: unary((x, low, high) => Math.min(Math.max(x, low), high)),
  affine_f32: unary((x, scale, shift) => x * scale + shift),
  pow_scalar_f32: unary(pow),
  multiply_add_chain_f32(p, [input], [output]) {
    for (let i = 0; i < p.count; i++) {
      let x = input[i]!;
      for (let step = 0; step < p.steps; step++) x = x * p.alpha + p.beta;
      output[i] = x;
    }
  },

  // Math.max passes NaN on; the comparisons below are written so that they do too.
  relu_f32: unary((x) => Math.max(x, 0)),
  relu_backward_f32: backward((g, y) => (y <= 0 ? 0 : g)),
  leaky_relu_f32: unary((x, slope) => (x > 0 ? x : x * slope)),
  leaky_relu_backward_f32: backward((g, x, slope) => (x > 0 ? g : g * slope)),
  clamp_backward_f32: backward((g, x, low, high) => (x >= low && x <= high ? g : 0)),

  sigmoid_f32: unary(sigmoid),
  sigmoid_backward_f32: backward((g, y) => g * y * (1 - y)),
  tanh_f32: unary(Math.tanh),
  tanh_backward_f32: backward((g, y) => g * (1 - y * y)),
  gelu_f32: unary((x) => x * normalCdf(x)),
  gelu_backward_f32: backward((g, x) => g * (normalCdf(x) + x * normalPdf(x))),
  gelu_tanh_f32: unary((x) => 0.5 * x * (1 + Math.tanh(geluInner(x)))),
  gelu_tanh_backward_f32: backward((g, x) => {
    const t = Math.tanh(geluInner(x));
    return g * 0.5 * (1 + t + x * (1 - t * t) * geluScale * (1 + 3 * geluCubic * x * x));
  }),
  silu_f32: unary((x) => x * sigmoid(x)),
  silu_backward_f32: backward((g, x) => {
    const s = sigmoid(x);
    return g * s * (1 + x * (1 - s));
  }),
  // In float32 as every backend: where torch rounds is part of its random numbers.
  box_muller_f32(p, [input], [output]) {
    const values = Float32Array.from(input.subarray(0, p.count));
    boxMuller(values, p.count - (p.count % 16), p.alpha, p.beta);
    output.set(values);
  },
} satisfies Partial<ReferenceKernels>;
