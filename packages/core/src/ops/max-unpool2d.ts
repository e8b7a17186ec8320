import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { numel, sameShape } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { checkIndices, scatterOp } from "./by-index.ts";
import { poolGeometry } from "./pool-shape.ts";
import { reshape } from "./view.ts";

/** The windows that the maxima were taken from, and the size to go back to. */
export interface MaxUnpool2dOptions {
  /** Default: the window's size. */
  stride?: number | readonly number[] | null;
  /** What was given to maxPool2d. Default 0. */
  padding?: number | readonly number[];
  /** Height and width of the result, where several would fit. Default (H − 1)·stride − 2·padding + kernel. */
  outputSize?: readonly number[] | null;
}

/**
 * Puts each maximum back where maxPool2dWithIndices found it, zeros elsewhere. Where windows overlap and name a pixel
 * several times, each of them gets the pixel's whole gradient, as in torch.
 *
 * Shape    input and indices (N, C, H, W) or (C, H, W) → (N, C, H′, W′) or (C, H′, W′),
 *          H′ = (H − 1)·stride − 2·padding + kernel unless outputSize says otherwise.
 * Options  stride = kernelSize, padding 0, outputSize null.
 * Throws   ShapeError "rank", "indices"; ArgumentError "outputSize" more than a stride off; DTypeError "dtype" unless
 *          indices are int32; TargetError "index-range".
 * Source   torch.nn.functional.max_unpool2d.
 *
 * @example
 * const { output, indices } = maxPool2dWithIndices(tensor([[[1, 2], [9, 4]]]), 2);
 * await maxUnpool2d(output, indices, 2).tolist(); // [[[0, 0], [9, 0]]]
 */
export function maxUnpool2d(
  input: Tensor,
  indices: Tensor,
  kernelSize: number | readonly number[],
  options: MaxUnpool2dOptions = {},
): Tensor {
  checkKnown("maxUnpool2d", options, { stride: 0, padding: 0, outputSize: 0 });
  const { kernel, stride, padding } = poolGeometry("maxUnpool2d", kernelSize, options);
  const operands = [
    { name: "input", shape: input.shape, axes: input.ndim === 3 ? "C, H, W" : "N, C, H, W" },
    { name: "indices", shape: indices.shape },
  ];
  if (input.ndim !== 3 && input.ndim !== 4)
    throw new ShapeError(
      "maxUnpool2d",
      "rank",
      say`input must be (N, C, H, W) or (C, H, W), got ${{ axes: input.ndim }} axes.`,
      operands,
    );
  if (!sameShape(input.shape, indices.shape))
    throw new ShapeError("maxUnpool2d", "indices", "input and indices must have one shape.", operands);
  const usual = ([0, 1] as const).map((i) => (input.size(i - 2) - 1) * stride[i] - 2 * padding[i] + kernel[i]);
  const size = options.outputSize?.slice(-2) ?? usual;
  if (size.length !== 2 || size.some((s, i) => !Number.isInteger(s) || Math.abs(s - usual[i]!) >= stride[i as 0 | 1]))
    if (!sameShape(size, usual))
      throw new ArgumentError(
        "maxUnpool2d",
        "outputSize",
        say`outputSize ${{ size }} must lie within a stride of ${{ usual }}.`,
      );
  checkIndices("maxUnpool2d", indices);
  const planes = numel(input.shape.slice(0, -2));
  const area = numel(size);
  const rows = (t: Tensor) => reshape(t, [planes, numel(t.shape.slice(-2))]);
  const place = { where: "maxUnpool2d", axis: 1, list: false, shape: [planes, area] };
  const spread = scatterOp({ source: rows(input), indices: rows(indices) }, place);
  return reshape(spread, [...input.shape.slice(0, -2), ...size]);
}
