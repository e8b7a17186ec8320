/** @file Layer, group and instance normalisation: batch norm's arithmetic over other axes. */
import type { Tensor } from "../autograd/tensor.ts";
import { traced } from "../autograd/trace.ts";
import { numel, type Shape } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { batchNormTrainOp } from "./batch-norm.ts";
import { add, mul } from "./binary.ts";
import { reshape } from "./view.ts";

/** (x − mean)/√(var + eps) within each of `rows` equal runs of memory. */
function standardise(input: Tensor, rows: number, eps: number): Tensor {
  if (input.numel === 0) return input;
  // One "channel" for each run: the kernel that normalises a batch then normalises each run by itself.
  const runs = reshape(input, [1, rows, input.numel / rows]);
  return reshape(batchNormTrainOp({ input: runs }, { eps, onStatistics: () => {} }), input.shape);
}

function affine(
  input: Tensor,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  shape: Shape,
): Tensor {
  const scaled = weight ? mul(input, reshape(weight, shape)) : input;
  return bias ? add(scaled, reshape(bias, shape)) : scaled;
}

/**
 * y = (x − mean)/√(var + eps)·weight + bias over the last axes, each sample by itself; var divides by n.
 *
 * Shape    input (…, *normalizedShape) → the same; weight, bias normalizedShape.
 * Options  weight null, bias null, eps 1e-5.
 * Throws   ShapeError "normalized-shape" when input does not end in it, "weight", "bias".
 * Source   Ba et al. 2016; torch.nn.functional.layer_norm.
 *
 * @example
 * await layerNorm(tensor([[1, 3], [10, 30]]), [2]).tolist(); // [[-1.000, 1.000], [-1.000, 1.000]]
 */
export function layerNorm(
  input: Tensor,
  normalizedShape: Shape,
  weight?: Tensor | null,
  bias?: Tensor | null,
  eps = 1e-5,
): Tensor {
  const tail = input.shape.slice(input.ndim - normalizedShape.length);
  if (normalizedShape.length === 0 || tail.join() !== normalizedShape.join())
    throw new ShapeError(
      "layerNorm",
      "normalized-shape",
      say`input must end in normalizedShape ${{ normalizedShape }}, got ${{ input: input.shape }}.`,
      [{ name: "input", shape: input.shape }],
    );
  for (const [name, t] of [
    ["weight", weight],
    ["bias", bias],
  ] as const)
    if (t && t.shape.join() !== normalizedShape.join())
      throw new ShapeError("layerNorm", name, say`${name} must be ${{ normalizedShape }}, got ${{ [name]: t.shape }}.`);
  const inputs = { input, weight: weight ?? undefined, bias: bias ?? undefined };
  return traced("layerNorm", inputs, { normalizedShape, eps }, () =>
    affine(standardise(input, numel(input.shape) / Math.max(1, numel(tail)), eps), weight, bias, normalizedShape),
  );
}

/**
 * y = (x − mean)/√(var + eps)·weight + bias over C/numGroups channels and all space together, each sample by itself;
 * var divides by n, weight and bias are per channel.
 *
 * Shape    input (N, C, …) → the same; weight, bias (C).
 * Options  weight null, bias null, eps 1e-5.
 * Throws   ArgumentError "groups" when numGroups does not divide C, "one-value" when a group has one; ShapeError
 *          "rank", "channels".
 * Source   Wu & He 2018; torch.nn.functional.group_norm.
 *
 * @example
 * await groupNorm(tensor([[1, 3, 10, 30]]), 2).tolist(); // [[-1.000, 1.000, -1.000, 1.000]]
 */
export function groupNorm(
  input: Tensor,
  numGroups: number,
  weight?: Tensor | null,
  bias?: Tensor | null,
  eps = 1e-5,
): Tensor {
  if (input.ndim < 2)
    throw new ShapeError(
      "groupNorm",
      "rank",
      say`input must have at least 2 axes (N, C, …), got ${{ axes: input.ndim }}.`,
      [{ name: "input", shape: input.shape }],
    );
  const [n = 0, c = 0] = input.shape;
  if (!Number.isInteger(numGroups) || numGroups < 1 || c % numGroups !== 0)
    throw new ArgumentError(
      "groupNorm",
      "groups",
      say`numGroups ${{ numGroups }} must divide the ${{ channels: c }} channels.`,
    );
  if (c > 0 && input.numel === numGroups)
    throw new ArgumentError(
      "groupNorm",
      "one-value",
      say`expected more than 1 value per group, got input size ${{ input: input.shape }} and ${{ numGroups }} groups: (x − mean) would always be 0. Use fewer groups or larger maps.`,
    );
  for (const [name, t] of [
    ["weight", weight],
    ["bias", bias],
  ] as const)
    if (t && (t.ndim !== 1 || t.shape[0] !== c))
      throw new ShapeError(
        "groupNorm",
        "channels",
        say`input has ${{ channels: c }} channels, ${name} has ${{ [name]: t.shape }}.`,
      );
  const perChannel = [c, ...new Array<number>(input.ndim - 2).fill(1)];
  const inputs = { input, weight: weight ?? undefined, bias: bias ?? undefined };
  return traced("groupNorm", inputs, { numGroups, eps }, () =>
    affine(standardise(input, n * numGroups, eps), weight, bias, perChannel),
  );
}

/**
 * y = (x − mean)/√(var + eps)·weight + bias over space, each channel of each sample by itself; var divides by n.
 *
 * Shape    input (N, C, …) with space → the same; weight, bias (C).
 * Options  weight null, bias null, eps 1e-5.
 * Throws   ShapeError "rank", "channels"; ArgumentError "one-value" for a single pixel.
 * Source   Ulyanov et al. 2016; torch.nn.functional.instance_norm without running statistics.
 *
 * @example
 * await instanceNorm(tensor([[[1, 3], [10, 30]]])).tolist(); // [[[-1.000, 1.000], [-1.000, 1.000]]]
 */
export function instanceNorm<S extends Shape>(
  input: Tensor<S>,
  weight?: Tensor | null,
  bias?: Tensor | null,
  eps?: number,
): Tensor<S>;
export function instanceNorm(input: Tensor, weight?: Tensor | null, bias?: Tensor | null, eps = 1e-5): Tensor {
  if (input.ndim < 3)
    throw new ShapeError(
      "instanceNorm",
      "rank",
      say`input must be (N, C, …) with space, got ${{ axes: input.ndim }} axes.`,
      [{ name: "input", shape: input.shape }],
    );
  if (numel(input.shape.slice(2)) <= 1)
    throw new ArgumentError(
      "instanceNorm",
      "one-value",
      say`expected more than 1 spatial element, got input size ${{ input: input.shape }}: (x − mean) would always be 0. Use larger maps.`,
    );
  return groupNorm(input, input.shape[1]!, weight, bias, eps);
}
