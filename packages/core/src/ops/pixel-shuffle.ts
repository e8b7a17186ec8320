import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { permute, reshape } from "./view.ts";

/** @internal */
export function checkFactor(where: string, name: string, factor: number): void {
  if (!Number.isInteger(factor) || factor < 1)
    throw new ArgumentError(where, name, say`${name} must be a whole number ≥ 1, got ${{ factor }}.`);
}

/**
 * Channels become pixels: y[…, c, h·r + i, w·r + j] = x[…, c·r² + i·r + j, h, w].
 *
 * Shape    (…, C·r², H, W) → (…, C, H·r, W·r).
 * Throws   ShapeError "rank", "channels" unless r² divides them; ArgumentError "upscaleFactor" below 1.
 * Source   Shi et al. 2016; torch.nn.functional.pixel_shuffle.
 *
 * @example
 * await pixelShuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2).tolist(); // [[[1, 2], [3, 4]]]
 */
export function pixelShuffle<S extends Shape, const R extends number>(
  input: Tensor<S> & Fit<["pixelShuffle", R], S>,
  upscaleFactor: R,
): Tensor<Given<["pixelShuffle", R], S>>;
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  checkFactor("pixelShuffle", "upscaleFactor", upscaleFactor);
  const operands = [{ name: "input", shape: input.shape, axes: "…, C, H, W" }];
  if (input.ndim < 3)
    throw new ShapeError(
      "pixelShuffle",
      "rank",
      say`input must have at least 3 axes, got ${{ axes: input.ndim }}.`,
      operands,
    );
  const r = upscaleFactor;
  const [c = 0, h = 0, w = 0] = input.shape.slice(-3);
  if (c % (r * r) !== 0)
    throw new ShapeError(
      "pixelShuffle",
      "channels",
      say`input has ${{ channels: c }} channels, which ${{ factor: r }}² = ${r * r} must divide.`,
      operands,
    );
  const lead = input.shape.slice(0, -3);
  const n = lead.length;
  const blocks = reshape(input, [...lead, c / (r * r), r, r, h, w]);
  const order = [...lead.keys(), n, n + 3, n + 1, n + 4, n + 2];
  return reshape(permute(blocks, order), [...lead, c / (r * r), h * r, w * r]);
}

/**
 * Undoes pixelShuffle: y[…, c·r² + i·r + j, h, w] = x[…, c, h·r + i, w·r + j].
 *
 * Shape    (…, C, H·r, W·r) → (…, C·r², H, W).
 * Throws   ShapeError "rank", "size" unless r divides height and width; ArgumentError "downscaleFactor" below 1.
 * Source   torch.nn.functional.pixel_unshuffle.
 *
 * @example
 * await pixelUnshuffle(tensor([[[1, 2], [3, 4]]]), 2).tolist(); // [[[1]], [[2]], [[3]], [[4]]]
 */
export function pixelUnshuffle<S extends Shape, const R extends number>(
  input: Tensor<S> & Fit<["pixelUnshuffle", R], S>,
  downscaleFactor: R,
): Tensor<Given<["pixelUnshuffle", R], S>>;
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  checkFactor("pixelUnshuffle", "downscaleFactor", downscaleFactor);
  const operands = [{ name: "input", shape: input.shape, axes: "…, C, H, W" }];
  if (input.ndim < 3)
    throw new ShapeError(
      "pixelUnshuffle",
      "rank",
      say`input must have at least 3 axes, got ${{ axes: input.ndim }}.`,
      operands,
    );
  const r = downscaleFactor;
  const [c = 0, h = 0, w = 0] = input.shape.slice(-3);
  if (h % r !== 0 || w % r !== 0)
    throw new ShapeError(
      "pixelUnshuffle",
      "size",
      say`downscaleFactor ${{ factor: r }} must divide ${{ height: h }} × ${{ width: w }}.`,
      operands,
    );
  const lead = input.shape.slice(0, -3);
  const n = lead.length;
  const blocks = reshape(input, [...lead, c, h / r, r, w / r, r]);
  const order = [...lead.keys(), n, n + 2, n + 4, n + 1, n + 3];
  return reshape(permute(blocks, order), [...lead, c * r * r, h / r, w / r]);
}
