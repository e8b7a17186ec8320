import { ones } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import type { Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { compare, where } from "./binary.ts";
import { checkIndices, gatherOp, scatterOp } from "./by-index.ts";
import { to } from "./cast.ts";
import { reshape, unsqueeze } from "./view.ts";

/**
 * 1 at the index, 0 elsewhere, along a new last axis; int32.
 *
 * Shape    (…) → (…, numClasses).
 * Throws   TargetError "index-range"; DTypeError "dtype" unless int32; ArgumentError "numClasses" below 1.
 * Source   torch.nn.functional.one_hot.
 *
 * @example
 * await oneHot(tensor(Int32Array.of(2, 0)), 3).tolist(); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot<S extends Shape, const N extends number>(
  indices: Tensor<S>,
  numClasses: N,
): Tensor<Given<["embedding", N], S>>;
export function oneHot(indices: Tensor, numClasses: number): Tensor {
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ArgumentError("oneHot", "numClasses", say`numClasses must be a whole number ≥ 1, got ${{ numClasses }}.`);
  checkIndices("oneHot", indices);
  const flat = reshape(indices, [indices.numel, 1]);
  const place = { where: "oneHot", axis: 1, list: false, shape: [indices.numel, numClasses] };
  const marks = scatterOp({ source: ones(flat.shape, { device: indices.backend }), indices: flat }, place);
  return to(reshape(marks, [...indices.shape, numClasses]), "int32");
}

/** What embedding() takes beside its table. */
export interface EmbeddingOptions {
  /** The row that gets no gradient; negative counts from the end. Default none. */
  paddingIdx?: number | null;
}

/**
 * The rows of a table that the indices name: y[…] = weight[indices[…]]. A row's gradient is the sum over all its uses.
 *
 * Shape    indices (…) int32, weight (entries, size) → (…, size).
 * Options  paddingIdx null.
 * Throws   TargetError "index-range"; DTypeError "dtype" unless indices are int32; ShapeError "rank"; ArgumentError
 *          "paddingIdx" outside the table.
 * Source   torch.nn.functional.embedding.
 *
 * @example
 * const table = tensor([[1, 2], [3, 4], [5, 6]]);
 * await embedding(tensor(Int32Array.of(2, 0)), table).tolist(); // [[5, 6], [1, 2]]
 */
export function embedding<S extends Shape, W extends Shape>(
  indices: Tensor<S>,
  weight: Tensor<W>,
  options?: EmbeddingOptions,
): Tensor<Given<["embedding", W[1]], S>>;
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkKnown("embedding", options, { paddingIdx: 0 });
  checkIndices("embedding", indices);
  if (weight.ndim !== 2)
    throw new ShapeError("embedding", "rank", say`weight must be (entries, size), got ${{ axes: weight.ndim }} axes.`, [
      { name: "weight", shape: weight.shape },
    ]);
  const [entries = 0, size = 0] = weight.shape;
  const paddingIdx = checkPaddingIdx("embedding", options.paddingIdx, entries);
  const flat = reshape(indices, [indices.numel]);
  const place = { where: "embedding", axis: 0, list: true };
  const rows = gatherOp({ input: weight, indices: flat }, place);
  if (paddingIdx === null) return reshape(rows, [...indices.shape, size]);
  // Rows that are padding are taken from a table without history.
  const constant = gatherOp({ input: weight.detach(), indices: flat }, place);
  const padding = unsqueeze(compare("eq", flat, paddingIdx), 1);
  return reshape(where(padding, constant, rows), [...indices.shape, size]);
}

/** @internal */
export function checkPaddingIdx(where: string, paddingIdx: number | null | undefined, entries: number): number | null {
  if (paddingIdx === undefined || paddingIdx === null) return null;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -entries || paddingIdx >= entries)
    throw new ArgumentError(
      where,
      "paddingIdx",
      say`paddingIdx ${{ paddingIdx }} is outside the ${{ entries }} entries.`,
    );
  return paddingIdx < 0 ? paddingIdx + entries : paddingIdx;
}
