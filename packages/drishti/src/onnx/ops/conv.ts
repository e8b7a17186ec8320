/** @file Convolutions and products of matrices. */
import { conv2d, convTranspose2d, linear, matmul, pad, sub, type Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import type { Value } from "../value.ts";
import { type Context, type Inputs, need, type Operator, type Operators, result, together } from "./operator.ts";
import { asPicture, fromPicture, paddings, perAxis, sideways } from "./window.ts";

/** Sequences are pictures one row high; volumes are not built. */
export function tooManyAxes(node: OnnxNode): string | undefined {
  const rank = (node.ints("kernel_shape") ?? node.ints("strides") ?? node.ints("dilations"))?.length ?? 2;
  return rank > 2 ? `its window has ${rank} axes; one and two are built` : undefined;
}

function checkRank(node: OnnxNode, rank: number): void {
  if (rank !== 3 && rank !== 4)
    throw new DataError("onnx", "rank", `${node.title}: input of ${rank} axes; (N, C, L) and (N, C, H, W) are built.`);
}

function operands(node: OnnxNode, inputs: Inputs, context: Context): { tensors: Tensor[]; first: Value } {
  const first = need(node, inputs, 0);
  const values = [first, need(node, inputs, 1), ...(inputs[2] ? [inputs[2]] : [])];
  return { tensors: together(values, context).tensors, first };
}

const conv: Operator = {
  refuse: tooManyAxes,
  run(node, inputs, context) {
    const { tensors, first } = operands(node, inputs, context);
    const [x, weight, bias] = tensors as [Tensor, Tensor, Tensor?];
    checkRank(node, x.ndim);
    const spatial = x.ndim - 2;
    const kernel = sideways(node.ints("kernel_shape") ?? weight.shape.slice(2), 1);
    const stride = perAxis(node, "strides", spatial, 1);
    const dilation = perAxis(node, "dilations", spatial, 1);
    const picture = asPicture(x);
    const pads = paddings(node, picture.shape.slice(2), kernel, stride, dilation);
    const even = pads.begin.every((size, i) => size === pads.end[i]) && pads.begin.every((size) => size >= 0);
    const input = even ? picture : pad(picture, [pads.begin[1]!, pads.end[1]!, pads.begin[0]!, pads.end[0]!]);
    const padding = even ? pads.begin : 0;
    const out = conv2d(input, asPicture(weight), bias, { stride, dilation, padding, groups: node.int("group", 1) });
    return [result(fromPicture(out, x.ndim), first.type)];
  },
};

/** Sizes of a transposed convolution: how much is cut (or, below 0, added) on each side of the full result. */
function cuts(node: OnnxNode, spatial: number, full: readonly number[], input: readonly number[], stride: number[]) {
  const extra = perAxis(node, "output_padding", spatial, 0);
  const auto = node.text("auto_pad", "NOTSET");
  const wanted =
    node.ints("output_shape")?.slice(-spatial) ??
    (auto.startsWith("SAME") ? input.map((size, i) => size * stride[i + 2 - spatial]!).slice(-spatial) : undefined);
  if (wanted) {
    const target = sideways(wanted, 1);
    // ONNX gives the odd one to the end only for SAME_UPPER.
    const total = full.map((size, i) => size + extra[i]! - target[i]!);
    const begin = total.map((t) => (auto === "SAME_UPPER" ? Math.floor(t / 2) : t - Math.floor(t / 2)));
    return { begin, end: total.map((t, i) => t - begin[i]! - extra[i]!) };
  }
  const pads = auto === "VALID" ? undefined : node.ints("pads");
  const begin = sideways(pads?.slice(0, spatial) ?? new Array<number>(spatial).fill(0), 0);
  const end = sideways(pads?.slice(spatial) ?? new Array<number>(spatial).fill(0), 0);
  return { begin, end: end.map((size, i) => size - extra[i]!) };
}

const convTranspose: Operator = {
  refuse: tooManyAxes,
  run(node, inputs, context) {
    const { tensors, first } = operands(node, inputs, context);
    const [x, weight, bias] = tensors as [Tensor, Tensor, Tensor?];
    checkRank(node, x.ndim);
    const spatial = x.ndim - 2;
    const [stride, dilation] = [perAxis(node, "strides", spatial, 1), perAxis(node, "dilations", spatial, 1)];
    const [picture, filters] = [asPicture(x), asPicture(weight)];
    const groups = node.int("group", 1);
    const full = [2, 3].map(
      (i) => (picture.shape[i]! - 1) * stride[i - 2]! + dilation[i - 2]! * (filters.shape[i]! - 1) + 1,
    );
    const { begin, end } = cuts(node, spatial, full, picture.shape.slice(2), stride);
    if (begin.every((size, i) => size === end[i] && size >= 0)) {
      const out = convTranspose2d(picture, filters, bias, { stride, dilation, groups, padding: begin });
      return [result(fromPicture(out, x.ndim), first.type)];
    }
    const whole = convTranspose2d(picture, filters, null, { stride, dilation, groups });
    const cut = pad(whole, [-begin[1]!, -end[1]!, -begin[0]!, -end[0]!]);
    const out = bias ? cut.add(bias.reshape([bias.numel, 1, 1])) : cut;
    return [result(fromPicture(out, x.ndim), first.type)];
  },
};

const gemm: Operator = {
  run(node, inputs, context) {
    const { tensors, first } = operands(node, inputs, context);
    const [a, b, c] = tensors as [Tensor, Tensor, Tensor?];
    const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
    const left = node.flag("transA") ? a.t() : a;
    // Linear layers come as transB: one kernel does it all.
    if (node.flag("transB") && alpha === 1 && (!c || (beta === 1 && c.ndim === 1 && c.numel === b.shape[0])))
      return [result(linear(left, b, c), first.type)];
    const product = matmul(left, node.flag("transB") ? b.t() : b);
    const scaled = alpha === 1 ? product : product.mul(alpha);
    return [result(c ? scaled.add(beta === 1 ? c : c.mul(beta)) : scaled, first.type)];
  },
};

const matMulInteger: Operator = {
  run(node, inputs, context) {
    const [a, b] = [need(node, inputs, 0), need(node, inputs, 1)];
    const zero = [inputs[2], inputs[3]].map((value) => value && together([value], context).tensors[0]!);
    const { tensors } = together([a, b], context);
    const left = zero[0] ? sub(tensors[0]!, rowwise(zero[0])) : tensors[0]!;
    return [result(matmul(left, zero[1] ? sub(tensors[1]!, zero[1]) : tensors[1]!), "int32")];
  },
};

/** A zero point for each row of a matrix. */
function rowwise(zero: Tensor): Tensor {
  return zero.numel > 1 ? zero.reshape([zero.numel, 1]) : zero;
}

export const convolutions: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: {
    run(node, inputs, context) {
      const { tensors, first } = operands(node, inputs, context);
      return [result(matmul(tensors[0]!, tensors[1]!), first.type)];
    },
  },
  MatMulInteger: matMulInteger,
};
