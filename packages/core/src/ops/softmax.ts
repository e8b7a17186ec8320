import { defineOp, run } from "../autograd/define-op.ts";
import { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { normalizeDim } from "../base/shape.ts";
import { aroundAxis } from "./sum.ts";

function define(name: "softmax" | "log_softmax") {
  return defineOp<{ input: Tensor }, { axis: number }>({
    name: name === "softmax" ? "softmax" : "logSoftmax",
    shape: ({ input }) => input.shape,
    saves: ["output"],
    forward({ input }, { axis }, out) {
      if (out.numel > 0) run(`${name}_f32`, aroundAxis(input.shape, axis), [input], [out]);
    },
    // softmax: y·(g − Σ g·y)    logSoftmax: g − eʸ·Σ g
    backward(gradOutput, { output }, { axis }) {
      const gradInput = Tensor.empty(gradOutput.backend, gradOutput.shape);
      if (gradInput.numel > 0)
        run(`${name}_backward_f32`, aroundAxis(output.shape, axis), [gradOutput, output], [gradInput]);
      return { input: gradInput };
    },
    differentiable: (gradOutput, { output }, { axis }) => ({
      input:
        name === "softmax"
          ? output.mul(gradOutput.sub(gradOutput.mul(output).sum(axis, { keepdim: true })))
          : gradOutput.sub(output.exp().mul(gradOutput.sum(axis, { keepdim: true }))),
    }),
  });
}

export const softmaxOp = define("softmax");
export const logSoftmaxOp = define("log_softmax");

/**
 * yᵢ = e^{xᵢ} / Σⱼ e^{xⱼ} along `dim`: non-negative, summing to 1. Computed from x − max, so large x do not overflow.
 *
 * Throws   ShapeError "dim" when the axis does not exist; DTypeError "dtype" unless float32.
 * Source   torch.softmax.
 *
 * @example
 * await softmax(tensor([[0, Math.log(3)], [1000, 1000]]), 1).tolist(); // [[0.25, 0.75], [0.5, 0.5]]
 */
export function softmax<S extends Shape>(input: Tensor<S>, dim: number): Tensor<S>;
export function softmax(input: Tensor, dim: number): Tensor {
  return softmaxOp({ input }, { axis: normalizeDim("softmax", dim, input.ndim) });
}

/**
 * yᵢ = xᵢ − log Σⱼ e^{xⱼ} along `dim`: log(softmax(x)) without the detour over tiny numbers.
 *
 * Throws   ShapeError "dim" when the axis does not exist; DTypeError "dtype" unless float32.
 * Source   torch.log_softmax.
 *
 * @example
 * await logSoftmax(tensor([0, 1000]), 0).tolist(); // [-1000, 0]
 */
export function logSoftmax<S extends Shape>(input: Tensor<S>, dim: number): Tensor<S>;
export function logSoftmax(input: Tensor, dim: number): Tensor {
  return logSoftmaxOp({ input }, { axis: normalizeDim("logSoftmax", dim, input.ndim) });
}
