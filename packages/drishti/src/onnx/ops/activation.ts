/** @file Activations, softmax and dropout. */
import {
  abs,
  argmax,
  clamp,
  div,
  dropout,
  elu,
  gelu,
  hardswish,
  leakyRelu,
  logSoftmax,
  mish,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  sub,
  type Tensor,
  tanh,
  where,
} from "@drishti/core";
import type { OnnxNode } from "../attributes.ts";
import { filled, numel, onHost } from "../value.ts";
import { axisOf, computed, need, type Operator, type Operators, scalar, together, unary } from "./operator.ts";

/** x·slope below 0; the slopes are broadcast as NumPy does (before opset 7: one for each channel). */
function prelu(x: Tensor, slope: Tensor, node: OnnxNode): Tensor {
  const perChannel = node.opset < 7 && slope.ndim === 1 && slope.numel > 1 && x.ndim > 2;
  const s = perChannel ? slope.reshape([slope.numel, ...new Array<number>(x.ndim - 2).fill(1)]) : slope;
  return where(x.gt(0), x, x.mul(s));
}

/**
 * Along one axis from opset 13 on. Before, the value was seen as a matrix: all axes from `axis` on were one row.
 */
function rows(fn: (input: Tensor, axis: number) => Tensor): Operator {
  return unary((x, node) => {
    const late = node.opset >= 13;
    const axis = axisOf(node, node.int("axis", late ? -1 : 1), Math.max(1, x.ndim));
    if (late) return fn(x, axis);
    return fn(x.reshape([numel(x.shape.slice(0, axis)), numel(x.shape.slice(axis))]), 1).reshape(x.shape);
  });
}

function hardmax(x: Tensor, axis: number): Tensor {
  const best = argmax(x, axis, { keepdim: true });
  const along = x.shape.map((size, i) => (i === axis ? size : 1));
  const counter = Array.from({ length: x.shape[axis] ?? 1 }, (_, i) => i);
  const index = x.mul(0).add(best.to("float32")); // best, repeated along the axis
  return index.eq(fromList(x, counter).reshape(along)).to("float32");
}

function fromList(like: Tensor, values: readonly number[]): Tensor {
  return like.reshape([-1]).narrow(0, 0, 1).mul(0).expand([values.length]).clone().write(Float32Array.from(values));
}

const drop: Operator = {
  run(node, inputs, context) {
    const input = need(node, inputs, 0);
    const p = node.opset < 12 ? node.float("ratio", 0.5) : (scalar(inputs, 1) ?? 0.5);
    const { tensors } = together([input], context);
    // The model's mode decides, whatever mode the file was written in.
    const out = context.training && !onHost(input) ? dropout(tensors[0]!, { p }) : tensors[0]!;
    const mask = node.outputs[1] ? [filled(input.tensor.shape, 1, "bool")] : [];
    return [{ tensor: out, type: input.type }, ...mask];
  },
};

export const activations: Operators = {
  Relu: unary(relu),
  Sigmoid: unary(sigmoid),
  Tanh: unary(tanh),
  LeakyRelu: unary((x, node) => leakyRelu(x, node.float("alpha", 0.01))),
  PRelu: computed(([x, slope], node) => prelu(x!, slope!, node)),
  Elu: unary((x, node) => elu(x, node.float("alpha", 1))),
  Selu: unary((x, node) =>
    elu(x, node.float("alpha", node.opset < 6 ? 1.6732 : 1.6732632423543772)).mul(
      node.float("gamma", node.opset < 6 ? 1.0507 : 1.0507009873554805),
    ),
  ),
  Celu: unary((x, node) => {
    const alpha = node.float("alpha", 1);
    return elu(x.div(alpha), 1).mul(alpha);
  }),
  ThresholdedRelu: unary((x, node) => where(x.gt(node.float("alpha", 1)), x, 0)),
  HardSigmoid: unary((x, node) => clamp(x.mul(node.float("alpha", 0.2)).add(node.float("beta", 0.5)), 0, 1)),
  HardSwish: unary(hardswish),
  Softplus: unary((x) => softplus(x)),
  Softsign: unary((x) => div(x, abs(x).add(1))),
  Mish: unary(mish),
  Gelu: unary(
    (x, node) => gelu(x, { approximate: node.text("approximate", "none") as "none" | "tanh" }),
    (node) =>
      ["none", "tanh"].includes(node.text("approximate", "none")) ? undefined : "approximates in an unknown way",
  ),
  Swish: unary((x, node) => {
    const alpha = node.float("alpha", 1);
    return alpha === 1 ? silu(x) : x.mul(sigmoid(x.mul(alpha)));
  }),
  Shrink: unary((x, node) => {
    const [bias, lambd] = [node.float("bias", 0), node.float("lambd", 0.5)];
    return where(x.lt(-lambd), x.add(bias), where(x.gt(lambd), sub(x, bias), 0));
  }),
  Softmax: rows(softmax),
  LogSoftmax: rows(logSoftmax),
  Hardmax: rows(hardmax),
  Dropout: drop,
};
