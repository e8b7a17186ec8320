import { defineOp, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { GraphNode, nodeOf } from "../autograd/graph.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { type PoolGeometry, type PoolOptions, poolGeometry, poolParams, poolShape } from "./pool-shape.ts";

export interface MaxPool2dOptions extends PoolOptions {
  /** Distance between the window's pixels. Default 1. */
  dilation?: number | readonly number[];
}

/** Each output's gradient goes to the input it was taken from. @internal */
export function scatterToIndices(gradOutput: Tensor, indices: Tensor, shape: Shape): Tensor {
  const gradInput = Tensor.empty(gradOutput.backend, shape);
  const area = (s: Shape) => s.slice(-2).reduce((a, b) => a * b, 1);
  const planes = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  if (gradInput.numel > 0)
    run(
      "max_pool2d_backward_f32",
      { planes, inSize: area(shape), outSize: area(gradOutput.shape) },
      [gradOutput, indices],
      [gradInput],
    );
  return gradInput;
}

export const maxPool2dOp = defineOp<{ input: Tensor }, PoolGeometry, { indices: Tensor }>({
  name: "maxPool2d",
  shape: ({ input }, g) => poolShape("maxPool2d", input.shape, g),
  forward({ input }, g, out) {
    const indices = Tensor.empty(out.backend, out.shape, "int32");
    if (out.numel > 0) run("max_pool2d_f32", poolParams(input.shape, out.shape, g), [input], [out, indices]);
    return { indices };
  },
  backward: (gradOutput, { indices }, _g, { shapes }) => ({
    input: scatterToIndices(gradOutput, indices, shapes.input),
  }),
});

/**
 * The largest value of each window; the first one among equals, and NaN wins.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → the same with H′ = ⌊(H + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1
 *          (⌈…⌉ with ceilMode).
 * Options  stride = kernelSize, padding 0 (−∞, so never chosen), dilation 1, ceilMode false.
 * Throws   ShapeError "rank", "kernel-too-large"; ArgumentError for a bad option.
 * Source   torch.nn.functional.max_pool2d.
 *
 * @example
 * maxPool2d(zeros([1, 16, 32, 32]), 2).shape; // [1, 16, 16, 16]
 */
export function maxPool2d<
  S extends Shape,
  const K extends number | readonly number[],
  const P extends MaxPool2dOptions = Record<never, never>,
>(
  input: Tensor<S> & Fit<["maxPool2d", K, unknown, P], S>,
  kernelSize: K,
  options?: Written<P, MaxPool2dOptions>,
): Tensor<Given<["maxPool2d", K, unknown, P], S>>;
export function maxPool2d(
  input: Tensor,
  kernelSize: number | readonly number[],
  options: MaxPool2dOptions = {},
): Tensor {
  return maxPool2dOp({ input }, poolGeometry("maxPool2d", kernelSize, options));
}

/** The same with the position of each maximum in its plane (y·W + x), int32. torch's return_indices=True. */
export function maxPool2dWithIndices(
  input: Tensor,
  kernelSize: number | readonly number[],
  options: MaxPool2dOptions = {},
): { output: Tensor; indices: Tensor } {
  const g = poolGeometry("maxPool2d", kernelSize, options);
  const shape = poolShape("maxPool2d", input.shape, g);
  const output = Tensor.empty(input.backend, shape);
  const indices = Tensor.empty(input.backend, shape, "int32");
  if (output.numel > 0)
    run(
      "max_pool2d_f32",
      poolParams(input.shape, shape, g),
      [input.isContiguous ? input : makeContiguous(input)],
      [output, indices],
    );
  recordScatter("maxPool2d", input, output, indices);
  return { output, indices };
}

/** @internal */
export function recordScatter(name: string, input: Tensor, output: Tensor, indices: Tensor): void {
  const node = isGradEnabled() ? nodeOf(input) : null;
  if (!node) return;
  const shape = input.shape;
  output.gradFn = new GraphNode({
    name,
    inputs: [node],
    saved: { indices },
    backward: (g, saved) => [scatterToIndices(g.isContiguous ? g : makeContiguous(g), saved.indices!, shape)],
  });
}
