import { defineOp, run } from "../autograd/define-op.ts";
import { Tensor } from "../autograd/tensor.ts";
import { numel, type Shape } from "../base/shape.ts";
import { ShapeError } from "../errors/errors.ts";

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
      throw new ShapeError("linear", "rank", `weight must have 2 axes, got ${weight.shape.length}.`, operands);
    const [out = 0, features = 0] = weight.shape;
    const got = input.shape[input.shape.length - 1];
    if (got !== features)
      throw new ShapeError(
        "linear",
        "features",
        `input has ${got ?? "no"} features, weight wants ${features}.`,
        operands,
        input.shape.length === 4 ? "flatten the maps first: new nn.Flatten()." : undefined,
      );
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out))
      throw new ShapeError("linear", "bias", `bias must be [${out}], one for each output.`, [
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
  backward(gradOutput, { input, weight }, _p, { needs, shapes }) {
    const p = params(shapes.input, shapes.weight);
    const grads: { input?: Tensor; weight?: Tensor; bias?: Tensor } = {};
    const make = (shape: Shape) => Tensor.empty(gradOutput.backend, shape);
    if (needs.input) {
      grads.input = make(shapes.input);
      run("linear_backward_input_f32", p, [gradOutput, weight], [grads.input]);
    }
    if (needs.weight) {
      grads.weight = make(shapes.weight);
      run("linear_backward_weight_f32", p, [gradOutput, input], [grads.weight]);
    }
    if (needs.bias) {
      grads.bias = make([p.outFeatures]);
      run("sum_f32", { outer: 1, size: p.rows, inner: p.outFeatures }, [gradOutput], [grads.bias]);
    }
    return grads;
  },
});

/**
 * y = x·Wᵀ + b.
 *
 * Shape    input (…, in), weight (out, in), bias (out) → (…, out).
 * Throws   ShapeError "features" when the last axis is not `in`; "bias"; "rank".
 * Source   torch.nn.functional.linear.
 */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return linearOp({ input, weight, bias: bias ?? undefined }, null);
}
