import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import { traced } from "../autograd/trace.ts";
import type { Shape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { recordScatter } from "./max-pool2d.ts";

/** A size, or [height, width]; null keeps the input's. */
export type OutputSize = number | null | readonly (number | null)[];

/** Height and width in their long form, checked. @internal */
export function checkOutputSize(where: string, outputSize: OutputSize): readonly (number | null)[] {
  const wanted = outputSize === null || typeof outputSize === "number" ? [outputSize, outputSize] : outputSize;
  if (wanted.length !== 2 || wanted.some((s) => s !== null && (!Number.isInteger(s) || s < 1)))
    throw new ArgumentError(
      where,
      "outputSize",
      say`outputSize must be one or two whole numbers ≥ 1 (null keeps the input's), got ${{ outputSize: wanted.map(String) }}.`,
    );
  return wanted;
}

function outputShape(where: string, input: Shape, outputSize: OutputSize): number[] {
  const operands = [{ name: "input", shape: input, axes: input.length === 3 ? "C, H, W" : "N, C, H, W" }];
  if (input.length !== 3 && input.length !== 4)
    throw new ShapeError(
      where,
      "rank",
      say`input must be (N, C, H, W) or (C, H, W), got ${{ axes: input.length }} axes.`,
      operands,
    );
  if (input.slice(-3).some((size) => size === 0))
    throw new ShapeError(
      where,
      "empty",
      "input has no pixels to pool.",
      operands,
      "check how the pictures were read or cut; only the batch may be empty.",
    );
  const wanted = checkOutputSize(where, outputSize);
  return [...input.slice(0, -2), wanted[0] ?? input[input.length - 2]!, wanted[1] ?? input[input.length - 1]!];
}

function params(input: Shape, output: Shape) {
  return {
    planes: input.slice(0, -2).reduce((a, b) => a * b, 1),
    inHeight: input[input.length - 2]!,
    inWidth: input[input.length - 1]!,
    outHeight: output[output.length - 2]!,
    outWidth: output[output.length - 1]!,
  };
}

type AdaptiveOp<P> = Op<{ input: Tensor }, P>;

export const adaptiveAvgPool2dOp: AdaptiveOp<{ outputSize: OutputSize }> = defineOp<
  { input: Tensor },
  { outputSize: OutputSize }
>({
  name: "adaptiveAvgPool2d",
  shape: ({ input }, { outputSize }) => outputShape("adaptiveAvgPool2d", input.shape, outputSize),
  forward({ input }, _p, out) {
    if (out.numel > 0) run("adaptive_avg_pool2d_f32", params(input.shape, out.shape), [input], [out]);
  },
  backward: (gradOutput, _saved, _p, { shapes }) => ({
    input: adaptiveAvgBackwardOp({ input: gradOutput }, { shape: shapes.input }),
  }),
  differentiable: true,
});

const adaptiveAvgBackwardOp: AdaptiveOp<{ shape: Shape }> = defineOp<{ input: Tensor }, { shape: Shape }>({
  name: "adaptiveAvgPool2dBackward",
  shape: (_inputs, { shape }) => shape,
  forward({ input }, _p, out) {
    if (out.numel > 0) run("adaptive_avg_pool2d_backward_f32", params(out.shape, input.shape), [input], [out]);
  },
  backward: (gradOutput, _saved, _p, { shapes }) => ({
    input: adaptiveAvgPool2dOp({ input: gradOutput }, { outputSize: shapes.input.slice(-2) }),
  }),
  differentiable: true,
});

/**
 * Means over windows chosen so that the result has `outputSize`: window i is ⌊i·in/out⌋ up to ⌈(i + 1)·in/out⌉.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → the same with the given height and width; null keeps the input's. 1 is
 *          global average pooling.
 * Throws   ShapeError "rank", "empty"; ArgumentError "outputSize" unless whole numbers ≥ 1 or null.
 * Source   torch.nn.functional.adaptive_avg_pool2d.
 *
 * @example
 * const x = tensor([[[1, 2], [3, 6]]]); // one channel of 2 × 2
 * await adaptiveAvgPool2d(x, 1).tolist(); // [[[3]]]
 * await adaptiveAvgPool2d(x, [null, 1]).tolist(); // [[[1.5], [4.5]]]
 */
export function adaptiveAvgPool2d<S extends Shape, const K extends OutputSize>(
  input: Tensor<S> & Fit<["adaptiveAvgPool2d", K], S>,
  outputSize: K,
): Tensor<Given<["adaptiveAvgPool2d", K], S>>;
export function adaptiveAvgPool2d(input: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool2dOp({ input }, { outputSize });
}

/**
 * adaptiveMaxPool2d with the position of each maximum in its plane.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → output and indices, both with the given height and width; indices are
 *          int32, y·W + x, as maxUnpool2d reads them.
 * Throws   ShapeError "rank", "empty"; ArgumentError "outputSize".
 * Source   torch.nn.functional.adaptive_max_pool2d with return_indices=True.
 *
 * @example
 * const { output, indices } = adaptiveMaxPool2dWithIndices(tensor([[[1, 7], [3, 2]]]), 1);
 * await output.tolist(); // [[[7]]]
 * await indices.tolist(); // [[[1]]]
 */
export function adaptiveMaxPool2dWithIndices(
  input: Tensor,
  outputSize: OutputSize,
): { output: Tensor; indices: Tensor } {
  const shape = outputShape("adaptiveMaxPool2d", input.shape, outputSize);
  const output = Tensor.empty(input.backend, shape);
  const indices = Tensor.empty(input.backend, shape, "int32");
  if (output.numel > 0)
    run(
      "adaptive_max_pool2d_f32",
      params(input.shape, shape),
      [input.isContiguous ? input : makeContiguous(input)],
      [output, indices],
    );
  recordScatter("adaptiveMaxPool2d", input, output, indices);
  return { output, indices };
}

/**
 * The largest value of each window, the windows as in adaptiveAvgPool2d: ⌊i·in/out⌋ up to ⌈(i + 1)·in/out⌉.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → the same with the given height and width; null keeps the input's.
 * Throws   ShapeError "rank", "empty"; ArgumentError "outputSize" unless whole numbers ≥ 1 or null.
 * Source   torch.nn.functional.adaptive_max_pool2d.
 *
 * @example
 * await adaptiveMaxPool2d(tensor([[[1, 5, 2, 0]]]), [1, 2]).tolist(); // [[[5, 2]]]
 */
export function adaptiveMaxPool2d<S extends Shape, const K extends OutputSize>(
  input: Tensor<S> & Fit<["adaptiveMaxPool2d", K], S>,
  outputSize: K,
): Tensor<Given<["adaptiveMaxPool2d", K], S>>;
export function adaptiveMaxPool2d(input: Tensor, outputSize: OutputSize): Tensor {
  return traced(
    "adaptiveMaxPool2d",
    { input },
    { outputSize },
    () => adaptiveMaxPool2dWithIndices(input, outputSize).output,
  );
}
