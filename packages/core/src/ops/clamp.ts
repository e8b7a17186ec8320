import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { compare, type Operand, where } from "./binary.ts";
import { clamp as clampNumbers } from "./unary.ts";

/**
 * min(max(x, min), max), each bound a number or a tensor (broadcast). The gradient passes to x where it lies within,
 * borders included, else to the bound that took its place. NaN stays.
 *
 * Options  min −∞, max ∞.
 * Throws   ShapeError "broadcast"; DTypeError "dtype" unless float32.
 * Source   torch.clamp.
 *
 * @example
 * await clamp(tensor([-2, 0.5, 7]), 0, tensor([1, 1, 3])).tolist(); // [0, 0.5, 3]
 */
export function clamp<S extends Shape, const A extends Operand = number, const B extends Operand = number>(
  input: Tensor<S>,
  min?: A,
  max?: B,
): Tensor<A | B extends number ? S : Shape>;
export function clamp(input: Tensor, min: Operand = -Infinity, max: Operand = Infinity): Tensor {
  if (typeof min === "number" && typeof max === "number") return clampNumbers(input, min, max);
  const raised = where(compare("lt", input, min), min, input);
  return where(compare("gt", raised, max), max, raised);
}
