/** @file The six comparisons; compare() in binary.ts does them. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { type Broadcasted, type BroadcastFit, compare } from "./binary.ts";

/**
 * a = b, element by element, with broadcasting; bool, read as 0 and 1. NaN equals nothing.
 *
 * Throws   ShapeError "broadcast"; DTypeError "device".
 * Source   torch.eq.
 *
 * @example
 * await eq(tensor([1, 2, 3]), 2).tolist(); // [0, 1, 0]
 */
export const eq = <A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>> => compare("eq", a, b);

/**
 * a ≠ b, element by element, with broadcasting; bool. NaN differs from everything.
 *
 * Throws   ShapeError "broadcast"; DTypeError "device".
 * Source   torch.ne.
 *
 * @example
 * await ne(tensor([1, 2, 3]), 2).tolist(); // [1, 0, 1]
 */
export const ne = <A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>> => compare("ne", a, b);

/**
 * a < b, element by element, with broadcasting; bool. False where either is NaN.
 *
 * Throws   ShapeError "broadcast"; DTypeError "device".
 * Source   torch.lt.
 *
 * @example
 * await lt(tensor([1, 2, 3]), 2).tolist(); // [1, 0, 0]
 */
export const lt = <A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>> => compare("lt", a, b);

/**
 * a ≤ b, element by element, with broadcasting; bool. False where either is NaN.
 *
 * Throws   ShapeError "broadcast"; DTypeError "device".
 * Source   torch.le.
 *
 * @example
 * await le(tensor([1, 2, 3]), 2).tolist(); // [1, 1, 0]
 */
export const le = <A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>> => compare("le", a, b);

/**
 * a > b, element by element, with broadcasting; bool. False where either is NaN.
 *
 * Throws   ShapeError "broadcast"; DTypeError "device".
 * Source   torch.gt.
 *
 * @example
 * await gt(tensor([1, 2, 3]), tensor([[0], [2]])).tolist(); // [[1, 1, 1], [0, 0, 1]]
 */
export const gt = <A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>> => compare("gt", a, b);

/**
 * a ≥ b, element by element, with broadcasting; bool. False where either is NaN.
 *
 * Throws   ShapeError "broadcast"; DTypeError "device".
 * Source   torch.ge.
 *
 * @example
 * await ge(tensor([1, 2, 3]), 2).tolist(); // [0, 1, 1]
 */
export const ge = <A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>> => compare("ge", a, b);
