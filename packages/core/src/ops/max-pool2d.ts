import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { GraphNode, nodeOf } from "../autograd/graph.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { numel, type Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { compare, mul, where } from "./binary.ts";
import { gather } from "./by-index.ts";
import { to } from "./cast.ts";
import { type PoolGeometry, type PoolOptions, poolGeometry, poolParams, poolShape } from "./pool-shape.ts";
import { reshape } from "./view.ts";

/** Where maxPool2d's windows lie. */
export interface MaxPool2dOptions extends PoolOptions {
  /** Distance between the window's pixels. Default 1. */
  dilation?: number | readonly number[];
}

type Spread = Op<{ gradOutput: Tensor; indices: Tensor }, { shape: Shape }>;

const area = (shape: Shape) => numel(shape.slice(-2));

/** Each output's gradient goes to the input it was taken from; its own gradient is read from there. @internal */
export const spreadOp: Spread = defineOp<{ gradOutput: Tensor; indices: Tensor }, { shape: Shape }>({
  name: "maxPool2dBackward",
  inputTypes: { indices: "int32" },
  shape: (_inputs, { shape }) => shape,
  saves: ["indices"],
  forward({ gradOutput, indices }, { shape }, out) {
    const sizes = { planes: numel(shape.slice(0, -2)), inSize: area(shape), outSize: area(gradOutput.shape) };
    if (out.numel > 0) run("max_pool2d_backward_f32", sizes, [gradOutput, indices], [out]);
  },
  backward(g, { indices }, { shape }, { shapes }) {
    const rows = (t: Tensor, size: number) => reshape(t, [numel(shape.slice(0, -2)), size]);
    const [at, from] = [rows(indices, area(shapes.gradOutput)), rows(g, area(shape))];
    // A window wholly in the padding has the index −1 and no gradient.
    const inside = compare("ge", at, 0);
    const picked = gather(from, 1, mul(at, to(inside, "int32")));
    return { gradOutput: reshape(where(inside, picked, 0), shapes.gradOutput) };
  },
  differentiable: true,
});

export const maxPool2dOp = defineOp<{ input: Tensor }, PoolGeometry, { indices: Tensor }>({
  name: "maxPool2d",
  shape: ({ input }, g) => poolShape("maxPool2d", input.shape, g),
  forward({ input }, g, out) {
    const indices = Tensor.empty(out.backend, out.shape, "int32");
    if (out.numel > 0) run("max_pool2d_f32", poolParams(input.shape, out.shape, g), [input], [out, indices]);
    return { indices };
  },
  ownsExtra: true,
  backward: (gradOutput, { indices }, _g, { shapes }) => ({
    input: spreadOp({ gradOutput, indices }, { shape: shapes.input }),
  }),
  differentiable: true,
});

/**
 * The largest value of each window; the first one among equals, and NaN wins.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → the same with H′ = ⌊(H + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1
 *          (⌈…⌉ with ceilMode).
 * Options  stride = kernelSize, padding 0 (−∞, so never chosen), dilation 1, ceilMode false; numbers or [height,
 *          width].
 * Throws   ShapeError "rank", "empty", "kernel-too-large"; ArgumentError for a bad option, "padding" above half the
 *          window.
 * Source   torch.nn.functional.max_pool2d.
 *
 * @example
 * await maxPool2d(tensor([[[1, 2, 5, 0], [9, 4, 3, 3]]]), 2).tolist(); // [[[9, 5]]]
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
  checkKnown("maxPool2d", options, { dilation: 0, stride: 0, padding: 0, ceilMode: 0 });
  return maxPool2dOp({ input }, poolGeometry("maxPool2d", kernelSize, options));
}

/**
 * maxPool2d with the position of each maximum in its plane, which maxUnpool2d reads.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → output and indices, both of maxPool2d's shape; indices are int32, y·W + x.
 * Options  as maxPool2d.
 * Throws   as maxPool2d.
 * Source   torch.nn.functional.max_pool2d with return_indices=True.
 *
 * @example
 * const { output, indices } = maxPool2dWithIndices(tensor([[[1, 2], [9, 4]]]), 2);
 * await output.tolist(); // [[[9]]]
 * await indices.tolist(); // [[[2]]]
 */
export function maxPool2dWithIndices(
  input: Tensor,
  kernelSize: number | readonly number[],
  options: MaxPool2dOptions = {},
): { output: Tensor; indices: Tensor } {
  checkKnown("maxPool2dWithIndices", options, { dilation: 0, stride: 0, padding: 0, ceilMode: 0 });
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
    backward: (gradOutput, saved) => [spreadOp({ gradOutput, indices: saved.indices! }, { shape })],
    differentiable: true,
  });
}
