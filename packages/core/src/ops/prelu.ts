import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { compare, mul, where } from "./binary.ts";
import { composed } from "./composed.ts";
import { sumTo } from "./sum.ts";
import { reshape } from "./view.ts";

/** The slopes as they meet the input: one for each channel, axis 1. */
function along(input: Shape, weight: Shape): number[] {
  return input.length === 1 ? [...weight] : input.map((_, i) => (i === 1 ? weight[0]! : 1));
}

const preluOp = composed<{ input: Tensor; weight: Tensor }, null>({
  name: "prelu",
  shape({ input, weight }) {
    const slopes = weight.shape[0];
    const channels = input.shape.length < 2 ? 1 : input.shape[1]!;
    const operands = [
      { name: "input", shape: input.shape, axes: "N, C, …" },
      { name: "weight", shape: weight.shape },
    ];
    if (weight.shape.length !== 1)
      throw new ShapeError(
        "prelu",
        "rank",
        say`weight must have 1 axis, got ${{ count: weight.shape.length }}.`,
        operands,
      );
    if (slopes !== 1 && slopes !== channels)
      throw new ShapeError(
        "prelu",
        "channels",
        say`input has ${{ channels }} channels, weight ${{ slopes }} slopes: it wants one for all or one each.`,
        operands,
      );
    return input.shape;
  },
  saves: ["input", "weight"],
  value({ input, weight }) {
    const slopes = reshape(weight, along(input.shape, weight.shape));
    return where(compare("gt", input, 0), input, mul(input, slopes));
  },
  // Below 0, ∂y/∂x = w and ∂y/∂w = x; at 0 torch counts as below.
  backward(gradOutput, { input, weight }, _p, { needs }) {
    const slopes = reshape(weight, along(input.shape, weight.shape));
    const above = compare("gt", input, 0);
    const grads: { input?: Tensor; weight?: Tensor } = {};
    if (needs.input) grads.input = where(above, gradOutput, mul(gradOutput, slopes));
    if (needs.weight) {
      const each = where(above, 0, mul(gradOutput, input));
      grads.weight = reshape(sumTo(each, slopes.shape), weight.shape);
    }
    return grads;
  },
});

/**
 * x where x > 0, else w·x with a learned slope w: one for all channels, or one each (axis 1).
 *
 * Shape    input (N, C, …) → the same; weight (1) or (C).
 * Throws   ShapeError "rank", "channels".
 * Source   He et al. 2015; torch.nn.functional.prelu.
 *
 * @example
 * await prelu(tensor([[-2, -2], [1, 3]]), tensor([0.1, 0.5])).tolist(); // [[-0.2, -1], [1, 3]]
 */
export function prelu<S extends Shape>(input: Tensor<S>, weight: Tensor): Tensor<S>;
export function prelu(input: Tensor, weight: Tensor): Tensor {
  return preluOp({ input, weight }, null);
}
