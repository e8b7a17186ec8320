import { defineOp, type Op, run } from "../autograd/define-op.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { numel, type Shape } from "../base/shape.ts";
import type { LinearRule } from "../base/typed/functional-rules.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ShapeError, say } from "../errors/errors.ts";

type Inputs = { input: Tensor; weight: Tensor; bias?: Tensor };

function params(input: Shape, weight: Shape) {
  return { rows: numel(input.slice(0, -1)), inFeatures: weight[1]!, outFeatures: weight[0]! };
}

export const linearOp = defineOp<Inputs, null>({
  name: "linear",
  shape({ input, weight, bias }) {
    const operands = [
      { name: "input", shape: input.shape, axes: "…, in" },
      { name: "weight", shape: weight.shape, axes: "out, in" },
    ];
    if (weight.shape.length !== 2)
      throw new ShapeError(
        "linear",
        "rank",
        say`weight must have 2 axes, got ${{ count: weight.shape.length }}.`,
        operands,
      );
    const [out = 0, features = 0] = weight.shape;
    const got = input.shape[input.shape.length - 1];
    if (got !== features)
      throw new ShapeError(
        "linear",
        "features",
        say`input has ${got === undefined ? "no" : { got }} features, weight wants ${{ features }}.`,
        operands,
        input.shape.length === 4
          ? "flatten the maps first: new nn.Flatten()."
          : got === undefined
            ? "give it a vector of features."
            : `make the layer with inFeatures ${got}.`,
      );
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out))
      throw new ShapeError("linear", "bias", say`bias must be [${{ outFeatures: out }}], one for each output.`, [
        ...operands,
        { name: "bias", shape: bias.shape },
      ]);
    return [...input.shape.slice(0, -1), out];
  },
  saves: ["input", "weight"],
  forward({ input, weight, bias }, _p, out) {
    if (out.numel > 0) run("linear_f32", params(input.shape, weight.shape), [input, weight, bias], [out]);
  },
  // y = x·Wᵀ + b:  ∂L/∂x = g·W    ∂L/∂W = gᵀ·x    ∂L/∂b = Σ g
  backward: (gradOutput, { input, weight }, _p, { needs, shapes }) => ({
    input: needs.input ? inputGradOp({ gradOutput, weight }, null) : undefined,
    weight: needs.weight ? weightGradOp({ gradOutput, input }, null) : undefined,
    bias: needs.bias ? gradOutput.reshape([numel(shapes.input.slice(0, -1)), shapes.weight[0]!]).sum(0) : undefined,
  }),
  differentiable: true,
});

/** g·W, in which linear() is one gradient and weightGradOp the other. */
const inputGradOp: Op<{ gradOutput: Tensor; weight: Tensor }, null> = defineOp<
  { gradOutput: Tensor; weight: Tensor },
  null
>({
  name: "linearBackwardInput",
  shape: ({ gradOutput, weight }) => [...gradOutput.shape.slice(0, -1), weight.shape[1]!],
  saves: ["gradOutput", "weight"],
  forward({ gradOutput, weight }, _p, out) {
    if (out.numel > 0) run("linear_backward_input_f32", params(out.shape, weight.shape), [gradOutput, weight], [out]);
  },
  backward: (g, { gradOutput, weight }, _p, { needs }) => ({
    gradOutput: needs.gradOutput ? linear(g, weight) : undefined,
    weight: needs.weight ? weightGradOp({ gradOutput, input: g }, null) : undefined,
  }),
  differentiable: true,
});

/** gᵀ·x. */
const weightGradOp: Op<{ gradOutput: Tensor; input: Tensor }, null> = defineOp<
  { gradOutput: Tensor; input: Tensor },
  null
>({
  name: "linearBackwardWeight",
  shape: ({ gradOutput, input }) => [gradOutput.shape.at(-1)!, input.shape.at(-1)!],
  saves: ["gradOutput", "input"],
  forward({ gradOutput, input }, _p, out) {
    if (out.numel > 0) run("linear_backward_weight_f32", params(input.shape, out.shape), [gradOutput, input], [out]);
  },
  backward: (g, { gradOutput, input }, _p, { needs }) => ({
    gradOutput: needs.gradOutput ? linear(input, g) : undefined,
    input: needs.input ? inputGradOp({ gradOutput, weight: g }, null) : undefined,
  }),
  differentiable: true,
});

/**
 * y = x·Wᵀ + b.
 *
 * Shape    input (…, in), weight (out, in), bias (out) → (…, out).
 * Throws   ShapeError "features" when the last axis is not `in`; "bias"; "rank".
 * Source   torch.nn.functional.linear.
 *
 * @example
 * await linear(tensor([[1, 2]]), tensor([[3, 4], [5, 6]]), tensor([1, 0])).tolist(); // [[12, 17]]
 */
export function linear<S extends Shape, W extends Shape>(
  input: Tensor<S> & Fit<LinearRule<W>, S>,
  weight: Tensor<W>,
  bias?: Tensor | null,
): Tensor<Given<LinearRule<W>, S>>;
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return linearOp({ input, weight, bias: bias ?? undefined }, null);
}
