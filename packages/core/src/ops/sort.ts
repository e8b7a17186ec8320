/** @file Entries of an axis in order: all of them, or the first few. */

import { run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { GraphNode, nodeOf } from "../autograd/graph.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import { normalizeDim } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { scatterAddOp } from "./by-index.ts";
import { to } from "./cast.ts";
import { aroundAxis } from "./sum.ts";

/** What sort() and topk() give: values, and where they stood. */
export interface Sorted<S extends Shape = Shape> {
  readonly values: Tensor<S>;
  /** Where each value stood, int32. */
  readonly indices: Tensor<S>;
}

/** The first `count` along an axis; null for all. */
function ordered(name: string, input: Tensor, dim: number, count: number | null, descending: boolean): Sorted {
  const axis = normalizeDim(name, dim, input.ndim);
  const shape = input.ndim === 0 ? [] : input.shape.with(axis, count ?? input.shape[axis]!);
  const floats = to(input, "float32");
  const source = floats.isContiguous ? floats : makeContiguous(floats);
  const values = Tensor.empty(input.backend, shape);
  const indices = Tensor.empty(input.backend, shape, "int32");
  const around = aroundAxis(input.shape, axis);
  if (values.numel > 0) {
    if (count === null) run("sort_f32", { ...around, descending: Number(descending) }, [source], [values, indices]);
    else run("topk_f32", { ...around, count, largest: Number(descending) }, [source], [values, indices]);
  }
  tell(name, { input }, { axis, count, descending }, values);
  const node = isGradEnabled() ? nodeOf(input) : null;
  if (node) {
    const place = { where: name, axis, list: false, shape: input.shape };
    values.gradFn = new GraphNode({
      name,
      inputs: [node],
      saved: { indices },
      // Each gradient goes back to where its value stood.
      backward: (g, saved) => [input.ndim === 0 ? g : scatterAddOp({ source: g, indices: saved.indices! }, place)],
      differentiable: true,
    });
  }
  return { values: to(values, input.dtype), indices };
}

/**
 * The entries of an axis in order, with the places they came from. Always stable; NaN counts as the largest.
 *
 * Options  dim −1, descending false.
 * Source   torch.sort. Whole numbers are compared as float32.
 *
 * @example
 * await sort(tensor([3, 1, 2])).indices.tolist(); // [1, 2, 0]
 */
export function sort<S extends Shape>(input: Tensor<S>, dim?: number, options?: { descending?: boolean }): Sorted<S>;
export function sort(input: Tensor, dim = -1, options: { descending?: boolean } = {}): Sorted {
  checkKnown("sort", options, { descending: 0 });
  return ordered("sort", input, dim, null, options.descending ?? false);
}

/**
 * The places of the entries of an axis in order, int32: sort() without the values. Stable; NaN counts as the largest.
 *
 * Options  dim −1, descending false.
 * Throws   ShapeError "dim".
 * Source   torch.argsort.
 *
 * @example
 * await argsort(tensor([3, 1, 2]), -1, { descending: true }).tolist(); // [0, 2, 1]
 */
export function argsort<S extends Shape>(input: Tensor<S>, dim?: number, options?: { descending?: boolean }): Tensor<S>;
export function argsort(input: Tensor, dim = -1, options: { descending?: boolean } = {}): Tensor {
  checkKnown("argsort", options, { descending: 0 });
  return ordered("argsort", input.detach(), dim, null, options.descending ?? false).indices;
}

/**
 * The k largest entries of an axis, from the largest down, or with `largest: false` the smallest from the smallest up.
 * Of equal ones the first comes first (torch leaves that open).
 *
 * Throws   ArgumentError "k" unless 0 ≤ k ≤ the axis.
 * Source   torch.topk.
 *
 * @example
 * await topk(tensor([0.1, 0.7, 0.2]), 2).indices.tolist(); // [1, 2]
 */
export function topk<S extends Shape, const K extends number, const D extends number = -1>(
  input: Tensor<S> & Fit<["topk", K, D], S>,
  k: K,
  dim?: D,
  options?: { largest?: boolean },
): Sorted<Given<["topk", K, D], S>>;
export function topk(input: Tensor, k: number, dim = -1, options: { largest?: boolean } = {}): Sorted {
  checkKnown("topk", options, { largest: 0 });
  const size = input.shape[normalizeDim("topk", dim, input.ndim)] ?? 1;
  if (!Number.isInteger(k) || k < 0 || k > size)
    throw new ArgumentError(
      "topk",
      "k",
      say`k must be a whole number from 0 to ${{ size }}, the size of axis ${{ dim }}; got ${{ columns: k }}.`,
    );
  return ordered("topk", input, dim, k, options.largest ?? true);
}
