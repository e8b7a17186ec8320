/** @file Pooling: the largest, the mean, the norm of each window, or of whole pictures. */
import {
  abs,
  amax,
  avgPool2d,
  conv2d,
  div,
  maxPool2d,
  maxPool2dWithIndices,
  mean,
  pad,
  pow,
  type Tensor,
} from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import { hostValue, numbersOf, toDevice } from "../value.ts";
import { tooManyAxes } from "./conv.ts";
import { type Context, need, type Operator, type Operators, result, together, unary } from "./operator.ts";
import { asPicture, fromPicture, paddings, perAxis, sideways, windowCount } from "./window.ts";

interface Window {
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** Height and width of the result. */
  readonly out: number[];
  readonly ceil: boolean;
  /** Same padding on both sides, at most half a window: what the kernels do by themselves. */
  readonly plain: boolean;
}

function windowOf(node: OnnxNode, x: Tensor): Window {
  if (x.ndim !== 3 && x.ndim !== 4)
    throw new DataError(
      "onnx",
      "rank",
      `${node.title}: input of ${x.ndim} axes; (N, C, L) and (N, C, H, W) are built.`,
    );
  const spatial = x.ndim - 2;
  const kernel = sideways(node.ints("kernel_shape") ?? [], 1);
  if (kernel.length !== 2) throw new DataError("onnx", "attribute", `${node.title} lacks kernel_shape.`);
  const stride = perAxis(node, "strides", spatial, 1);
  const dilation = perAxis(node, "dilations", spatial, 1);
  const size = sideways(x.shape.slice(2), 1);
  const { begin, end } = paddings(node, size, kernel, stride, dilation);
  const ceil = node.flag("ceil_mode");
  const out = size.map((length, i) =>
    windowCount(length, begin[i]!, end[i]!, dilation[i]! * (kernel[i]! - 1) + 1, stride[i]!, ceil),
  );
  if (out.some((count) => count < 1))
    throw new DataError(
      "onnx",
      "window",
      `${node.title}: a window of ${kernel.join(" × ")} does not fit into ${size.join(" × ")}.`,
    );
  const plain = begin.every((b, i) => b === end[i] && b >= 0 && 2 * b <= kernel[i]!);
  return { kernel, stride, dilation, begin, end, out, ceil, plain };
}

/** The picture with its borders, long enough for the last window. */
function bordered(picture: Tensor, w: Window, value: number): Tensor {
  const end = w.out.map((count, i) => {
    const reach = (count - 1) * w.stride[i]! + w.dilation[i]! * (w.kernel[i]! - 1) + 1;
    return reach - w.begin[i]! - picture.shape[i + 2]!;
  });
  return pad(picture, [w.begin[1]!, Math.max(end[1]!, 0), w.begin[0]!, Math.max(end[0]!, 0)], { value });
}

const maxPool: Operator = {
  refuse: tooManyAxes,
  run(node, inputs, context) {
    const input = need(node, inputs, 0);
    const x = together([input], context).tensors[0]!;
    const w = windowOf(node, x);
    const options = { stride: w.stride, dilation: w.dilation };
    const picture = asPicture(x);
    const [given, rest] = w.plain
      ? [picture, { padding: w.begin, ceilMode: w.ceil }]
      : [bordered(picture, w, Number.NEGATIVE_INFINITY), {}];
    if (!node.outputs[1])
      return [result(fromPicture(maxPool2d(given, w.kernel, { ...options, ...rest }), x.ndim), input.type)];
    const { output, indices } = maxPool2dWithIndices(given, w.kernel, { ...options, ...rest });
    const shift = w.plain ? [0, 0] : w.begin;
    const places = absolute(
      numbersOf({ tensor: indices, type: "int32" }),
      output,
      picture,
      given,
      shift,
      node.flag("storage_order"),
    );
    const shape = fromPicture(output, x.ndim).shape;
    return [result(fromPicture(output, x.ndim), input.type), hostValue(places, shape)];
  },
};

/** Positions in a (perhaps bordered) plane → ONNX's, in the whole input; column by column with storage_order 1. */
function absolute(
  indices: ArrayLike<number>,
  output: Tensor,
  picture: Tensor,
  given: Tensor,
  begin: readonly number[],
  byColumn: boolean,
): Float64Array {
  const [height, width] = picture.shape.slice(2) as [number, number];
  const pitch = given.shape[3]!;
  const perPlane = output.shape[2]! * output.shape[3]!;
  return Float64Array.from({ length: indices.length }, (_, i) => {
    const y = Math.floor(indices[i]! / pitch) - begin[0]!;
    const x = (indices[i]! % pitch) - begin[1]!;
    return Math.floor(i / perPlane) * height * width + (byColumn ? x * height + y : y * width + x);
  });
}

/** Sum of each window: a convolution with ones, each plane by itself. */
function windowSums(picture: Tensor, w: Window, context: Context): Tensor {
  const planes = bordered(picture, w, 0);
  const flat = planes.reshape([-1, 1, planes.shape[2]!, planes.shape[3]!]);
  const ones = hostValue(new Float64Array(w.kernel[0]! * w.kernel[1]!).fill(1), [1, 1, ...w.kernel], "float");
  const weight = picture.backend === ones.tensor.backend ? ones.tensor : toDevice(ones, context.device);
  const sums = conv2d(flat, weight, null, { stride: w.stride, dilation: w.dilation });
  return sums.reshape([...picture.shape.slice(0, 2), ...w.out]);
}

/** How many elements each window covers: those of the picture, with `border` also those of the padding asked for. */
function windowCounts(size: readonly number[], w: Window, border: boolean): Float64Array {
  const along = (i: 0 | 1) =>
    Array.from({ length: w.out[i]! }, (_, o) => {
      const [low, high] = border ? [-w.begin[i]!, size[i]! + w.end[i]!] : [0, size[i]!];
      const start = o * w.stride[i]! - w.begin[i]!;
      let count = 0;
      for (let k = 0; k < w.kernel[i]!; k++) {
        const at = start + k * w.dilation[i]!;
        if (at >= low && at < high) count++;
      }
      return count;
    });
  const [rows, columns] = [along(0), along(1)];
  return Float64Array.from(rows.flatMap((r) => columns.map((c) => Math.max(1, r * c))));
}

const averagePool: Operator = {
  refuse: tooManyAxes,
  run(node, inputs, context) {
    const input = need(node, inputs, 0);
    const x = together([input], context).tensors[0]!;
    const w = windowOf(node, x);
    const picture = asPicture(x);
    const countIncludePad = node.flag("count_include_pad");
    if (w.plain && w.dilation.every((d) => d === 1)) {
      const out = avgPool2d(picture, w.kernel, {
        stride: w.stride,
        padding: w.begin,
        ceilMode: w.ceil,
        countIncludePad,
      });
      return [result(fromPicture(out, x.ndim), input.type)];
    }
    const counts = hostValue(windowCounts(picture.shape.slice(2), w, countIncludePad), w.out, "float");
    const sums = windowSums(picture, w, context);
    const out = div(sums, sums.backend === counts.tensor.backend ? counts.tensor : toDevice(counts, context.device));
    return [result(fromPicture(out, x.ndim), input.type)];
  },
};

/** (Σ |x|^p)^(1/p) */
function norm(sum: (powers: Tensor) => Tensor, x: Tensor, p: number): Tensor {
  return pow(sum(pow(abs(x), p)), 1 / p);
}

const lpPool: Operator = {
  refuse: tooManyAxes,
  run(node, inputs, context) {
    const input = need(node, inputs, 0);
    const x = together([input], context).tensors[0]!;
    const w = windowOf(node, x);
    const out = norm((powers) => windowSums(powers, w, context), asPicture(x), node.int("p", 2));
    return [result(fromPicture(out, x.ndim), input.type)];
  },
};

/** All axes behind N and C. */
const spatialAxes = (x: Tensor): number[] => x.shape.map((_, i) => i).slice(2);

export const pools: Operators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: unary((x) => mean(x, spatialAxes(x), { keepdim: true })),
  GlobalMaxPool: unary((x) => amax(x, spatialAxes(x), { keepdim: true })),
  GlobalLpPool: unary((x, node) =>
    norm((powers) => powers.sum(spatialAxes(x), { keepdim: true }), x, node.int("p", 2)),
  ),
};
