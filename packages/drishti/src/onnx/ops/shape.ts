/** @file Shapes, and the same elements under another one. */
import { cat, split, type Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import { typeOfCode } from "../dtype.ts";
import { asValue, checkSize, filled, hostValue, numel, type Value } from "../value.ts";
import {
  axesOf,
  axisOf,
  type Inputs,
  list,
  moved,
  need,
  type Operator,
  type Operators,
  scalar,
  together,
} from "./operator.ts";

/** Axes as attribute, or (from an opset on) as the second input. */
export function axesGiven(node: OnnxNode, inputs: Inputs, asInput: number): number[] | undefined {
  return node.opset >= asInput ? list(inputs, 1) : node.ints("axes");
}

function reshape(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const wanted = node.opset < 5 ? (node.ints("shape") ?? []) : (list(inputs, 1) ?? []);
  const copies = !node.flag("allowzero");
  return x.reshape(wanted.map((size, i) => (size === 0 && copies ? (x.shape[i] ?? 0) : size)));
}

function flatten(x: Tensor, node: OnnxNode): Tensor {
  const given = node.int("axis", 1);
  const axis = given === x.ndim ? given : axisOf(node, given, x.ndim);
  return x.reshape([numel(x.shape.slice(0, axis)), numel(x.shape.slice(axis))]);
}

function squeeze(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const given = axesGiven(node, inputs, 13);
  if (!given) return x.reshape(x.shape.filter((size) => size !== 1));
  const axes = axesOf(node, given, x.ndim);
  const large = axes.find((axis) => x.shape[axis] !== 1);
  if (large !== undefined)
    throw new DataError("onnx", "squeeze", `${node.title}: axis ${large} has size ${x.shape[large]}, not 1.`);
  return x.reshape(x.shape.filter((_, i) => !axes.includes(i)));
}

function unsqueeze(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const given = axesGiven(node, inputs, 13) ?? [];
  const axes = axesOf(node, given, x.ndim + given.length);
  const rest = [...x.shape];
  return x.reshape(Array.from({ length: x.ndim + axes.length }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!)));
}

function expand(x: Tensor, _node: OnnxNode, inputs: Inputs): Tensor {
  const given = list(inputs, 1) ?? [];
  const rank = Math.max(given.length, x.ndim);
  const size = (shape: readonly number[], i: number) => shape[i - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, i) => (size(given, i) === 1 ? size(x.shape, i) : size(given, i)));
  return x.expand(checkSize(shape));
}

function tile(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const repeats = list(inputs, 1) ?? [];
  if (repeats.length !== x.ndim)
    throw new DataError("onnx", "repeats", `${node.title}: ${repeats.length} repeats for ${x.ndim} axes.`);
  checkSize(x.shape.map((size, i) => size * repeats[i]!));
  return repeats.reduce((t, times, i) => {
    if (times === 1) return t;
    const [lead, tail] = [t.shape.slice(0, i), t.shape.slice(i)];
    const [size = 1, ...rest] = tail;
    return t
      .unsqueeze(i)
      .expand([...lead, times, ...tail])
      .reshape([...lead, times * size, ...rest]);
  }, x);
}

const concat: Operator = {
  run(node, inputs, context) {
    const values = inputs.filter((value) => value !== undefined);
    const { tensors } = together(values, context);
    const rank = tensors[0]!.ndim;
    const axis = axisOf(node, node.int("axis", 1), rank);
    return [{ tensor: cat(tensors, axis), type: need(node, inputs, 0).type }];
  },
};

const splitAxis: Operator = {
  run(node, inputs) {
    const { tensor, type } = need(node, inputs, 0);
    const axis = axisOf(node, node.int("axis", 0), tensor.ndim);
    const size = tensor.shape[axis]!;
    const parts = node.int("num_outputs", node.outputs.length);
    const each = Math.ceil(size / Math.max(1, parts));
    const sizes =
      (node.opset >= 13 ? list(inputs, 1) : node.ints("split")) ??
      Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
    return split(tensor, sizes, axis).map((part) => ({ tensor: part, type }));
  },
};

/** DCR: the block's place is in the first part of the channels, CRD: in the last. */
function depthToSpace(x: Tensor, node: OnnxNode): Tensor {
  const b = node.int("blocksize", 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const deep = c / (b * b);
  const crd = node.text("mode", "DCR") === "CRD";
  const parts = x.reshape(crd ? [n, deep, b, b, h, w] : [n, b, b, deep, h, w]);
  return parts.permute(crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]).reshape([n, deep, h * b, w * b]);
}

function spaceToDepth(x: Tensor, node: OnnxNode): Tensor {
  const b = node.int("blocksize", 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const parts = x.reshape([n, c, h / b, b, w / b, b]).permute([0, 3, 5, 1, 2, 4]);
  return parts.reshape([n, c * b * b, h / b, w / b]);
}

function constant(node: OnnxNode): Value {
  const tensor = node.tensor("value");
  if (tensor) return asValue(tensor);
  const [floats, ints] = [node.floats("value_floats"), node.ints("value_ints")];
  if (node.has("value_float")) return hostValue([node.float("value_float", 0)], [], "float");
  if (node.has("value_int")) return hostValue([node.int("value_int", 0)], []);
  if (floats || node.has("value_floats")) return hostValue(floats ?? [], [floats?.length ?? 0], "float");
  return hostValue(ints ?? [], [ints?.length ?? 0]);
}

const constantKinds = ["value", "value_float", "value_int", "value_floats", "value_ints"];

export const shapes: Operators = {
  Constant: {
    refuse: (node) => (constantKinds.some((name) => node.has(name)) ? undefined : "holds a text or a sparse tensor"),
    run: (node) => [constant(node)],
  },
  ConstantOfShape: {
    run(node, inputs) {
      const value = node.tensor("value");
      return [filled(list(inputs, 0) ?? [], value?.data[0] ?? 0, value?.type ?? "float")];
    },
  },
  Shape: {
    run(node, inputs) {
      const { shape } = need(node, inputs, 0).tensor;
      const part = shape.slice(node.int("start", 0), node.has("end") ? node.int("end", 0) : undefined);
      return [hostValue(part, [part.length])];
    },
  },
  Size: { run: (node, inputs) => [hostValue([need(node, inputs, 0).tensor.numel], [])] },
  Range: {
    run(node, inputs) {
      const [start, limit, step] = [0, 1, 2].map((i) => scalar(inputs, i) ?? 0) as [number, number, number];
      const length = Math.max(0, Math.ceil((limit - start) / step));
      checkSize([length]);
      return [
        hostValue(
          Float64Array.from({ length }, (_, i) => start + i * step),
          [length],
          need(node, inputs, 0).type,
        ),
      ];
    },
  },
  EyeLike: {
    run(node, inputs) {
      const { tensor, type } = need(node, inputs, 0);
      const [rows = 0, columns = 0] = tensor.shape;
      const data = new Float64Array(rows * columns);
      for (let i = 0; i < rows; i++) {
        const j = i + node.int("k", 0);
        if (j >= 0 && j < columns) data[i * columns + j] = 1;
      }
      return [hostValue(data, [rows, columns], node.has("dtype") ? (typeOfCode(node.int("dtype", 1)) ?? type) : type)];
    },
  },
  Identity: moved((x) => x),
  Reshape: moved(reshape),
  Flatten: moved(flatten),
  Squeeze: moved(squeeze),
  Unsqueeze: moved(unsqueeze),
  Expand: moved(expand),
  Tile: moved(tile),
  Transpose: moved((x, node) => x.permute(node.ints("perm") ?? x.shape.map((_, i) => x.ndim - 1 - i))),
  Concat: concat,
  Split: splitAxis,
  DepthToSpace: moved(depthToSpace),
  SpaceToDepth: moved(spaceToDepth),
};
