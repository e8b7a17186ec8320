/** @file Parts of a value: slices, entries by index, borders, the largest ones. */
import { argmax, argmin, indexSelect, logSoftmax, pad, type Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import { checkSize, hostValue, numbersOf, numel, onHost, toDevice, toHost, type Value } from "../value.ts";
import {
  axesOf,
  axisOf,
  type Context,
  type Inputs,
  list,
  need,
  type Operator,
  type Operators,
  result,
  scalar,
  together,
} from "./operator.ts";

/** The kernels that move entries by index know float32 alone; other types go to the host for it. */
function movable(value: Value): Value {
  return onHost(value) || value.tensor.dtype === "float32" ? value : toHost(value);
}

function rearranged(fn: (input: Tensor, node: OnnxNode, inputs: Inputs) => Tensor): Operator {
  return {
    run(node, inputs) {
      const { tensor, type } = movable(need(node, inputs, 0));
      return [{ tensor: fn(tensor, node, inputs), type }];
    },
  };
}

/** Entries by their place in memory order, under a new shape. */
function takeFlat(input: Tensor, places: readonly number[], shape: readonly number[]): Tensor {
  checkSize(shape);
  if (places.length === 0) return input.reshape([-1]).narrow(0, 0, 0).reshape(shape);
  return indexSelect(input.reshape([-1]), 0, places).reshape(shape);
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => numel(shape.slice(i + 1)));
}

function slice(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const early = node.opset < 10;
  const starts = (early ? node.ints("starts") : list(inputs, 1)) ?? [];
  const ends = (early ? node.ints("ends") : list(inputs, 2)) ?? [];
  const axes = axesOf(node, (early ? node.ints("axes") : list(inputs, 3)) ?? starts.map((_, i) => i), x.ndim);
  const steps = (early ? undefined : list(inputs, 4)) ?? starts.map(() => 1);
  return axes.reduce((t, axis, i) => {
    const size = t.shape[axis]!;
    const step = steps[i]!;
    if (step === 0) throw new DataError("onnx", "step", `${node.title}: a step of 0.`);
    const place = (at: number, low: number, high: number) => Math.min(high, Math.max(low, at < 0 ? at + size : at));
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const start = place(starts[i]!, Math.max(low, 0), high);
    const end = place(ends[i]!, low, high);
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (step === 1 || count === 0) return t.narrow(axis, count === 0 ? 0 : start, count);
    return indexSelect(
      t,
      axis,
      Array.from({ length: count }, (_, k) => start + k * step),
    );
  }, x);
}

function gather(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const axis = axisOf(node, node.int("axis", 0), x.ndim);
  const { shape } = need(node, inputs, 1).tensor;
  const out = checkSize([...x.shape.slice(0, axis), ...shape, ...x.shape.slice(axis + 1)]);
  return indexSelect(x, axis, list(inputs, 1)!).reshape(out);
}

function gatherElements(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const axis = axisOf(node, node.int("axis", 0), x.ndim);
  const { shape } = need(node, inputs, 1).tensor;
  const indices = list(inputs, 1)!;
  const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
  const size = x.shape[axis]!;
  const places = indices.map((index, i) => {
    if (!(index >= -size && index < size))
      throw new DataError("onnx", "index", `${node.title}: index ${index} is outside axis ${axis} of size ${size}.`);
    return shape.reduce((at, extent, a) => {
      const own = a === axis ? (index < 0 ? index + size : index) : Math.floor(i / to[a]!) % extent;
      return at + own * from[a]!;
    }, 0);
  });
  return takeFlat(x, places, shape);
}

function gatherND(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const { shape } = need(node, inputs, 1).tensor;
  const indices = list(inputs, 1)!;
  const depth = shape.at(-1)!;
  const tail = x.shape.slice(depth);
  const each = numel(tail);
  const steps = stridesOf(x.shape);
  const places = Array.from({ length: indices.length / Math.max(1, depth) }, (_, i) => {
    const start = x.shape.slice(0, depth).reduce((at, size, a) => {
      const index = indices[i * depth + a]!;
      if (!(index >= -size && index < size))
        throw new DataError("onnx", "index", `${node.title}: index ${index} is outside axis ${a} of size ${size}.`);
      return at + (index < 0 ? index + size : index) * steps[a]!;
    }, 0);
    return Array.from({ length: each }, (_, k) => start + k);
  });
  return takeFlat(x, places.flat(), [...shape.slice(0, -1), ...tail]);
}

/** Where each entry of a bordered axis comes from. */
function borderIndices(size: number, before: number, after: number, mode: string): number[] {
  return Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before;
    if (mode === "edge") return Math.min(size - 1, Math.max(0, at));
    if (mode === "wrap") return ((at % size) + size) % size;
    const period = Math.max(1, 2 * (size - 1));
    const folded = ((at % period) + period) % period;
    return folded < size ? folded : period - folded;
  });
}

const kernelModes = { reflect: "reflect", edge: "replicate" } as const;

function padded(x: Tensor, node: OnnxNode, inputs: Inputs): Tensor {
  const early = node.opset < 11;
  const given = (early ? (node.ints("pads") ?? node.ints("paddings")) : list(inputs, 1)) ?? [];
  const axes = axesOf(node, (node.opset >= 18 ? list(inputs, 3) : undefined) ?? x.shape.map((_, i) => i), x.ndim);
  const pads = x.shape.map(() => [0, 0] as [number, number]);
  for (const [i, axis] of axes.entries()) pads[axis] = [given[i] ?? 0, given[i + axes.length] ?? 0];
  checkSize(x.shape.map((size, i) => size + pads[i]![0] + pads[i]![1]));
  const mode = node.text("mode", "constant");
  const touched = pads.flatMap(([a, b], i) => (a !== 0 || b !== 0 ? [i] : []));
  if (touched.length === 0) return x;
  if (mode === "constant") {
    const value = (early ? node.float("value", 0) : scalar(inputs, 2)) ?? 0;
    return pad(x, pads.slice(touched[0]).reverse().flat(), { value });
  }
  if (x.ndim >= 2 && touched[0]! >= x.ndim - 2 && Object.hasOwn(kernelModes, mode)) {
    const sides = pads.slice(-2).reverse().flat();
    return pad(x, sides, { mode: kernelModes[mode as keyof typeof kernelModes] });
  }
  return touched.reduce((t, axis) => {
    const [before, after] = pads[axis]!;
    const size = t.shape[axis]!;
    const cut = t.narrow(axis, Math.max(0, -before), size + Math.min(0, before) + Math.min(0, after));
    return indexSelect(cut, axis, borderIndices(cut.shape[axis]!, Math.max(0, before), Math.max(0, after), mode));
  }, x);
}

function extreme(largest: boolean): Operator {
  const find = largest ? argmax : argmin;
  return {
    run(node, inputs, context) {
      const input = need(node, inputs, 0);
      const { tensors } = together([input], context);
      const x = tensors[0]!;
      const axis = axisOf(node, node.int("axis", 0), x.ndim);
      const keepdim = node.flag("keepdims", true);
      if (!node.flag("select_last_index")) return [result(find(x, axis, { keepdim }), "int64")];
      const size = x.shape[axis]!;
      const turned = indexSelect(
        x,
        axis,
        Array.from({ length: size }, (_, i) => size - 1 - i),
      );
      return [
        result(
          find(turned, axis, { keepdim })
            .mul(-1)
            .add(size - 1),
          "int64",
        ),
      ];
    },
  };
}

const topK: Operator = {
  run(node, inputs) {
    const input = movable(need(node, inputs, 0));
    const x = input.tensor;
    const k = node.opset < 10 ? node.int("k", 1) : (scalar(inputs, 1) ?? 1);
    const axis = axisOf(node, node.int("axis", -1), x.ndim);
    const size = x.shape[axis]!;
    if (k > size) throw new DataError("onnx", "k", `${node.title}: the largest ${k} of ${size}.`);
    const sign = node.flag("largest", true) ? -1 : 1;
    const values = numbersOf(input);
    const step = stridesOf(x.shape)[axis]!;
    const shape = x.shape.map((extent, i) => (i === axis ? k : extent));
    const places = new Array<number>(numel(shape));
    const order = new Float64Array(places.length);
    for (let row = 0; row < numel(x.shape) / Math.max(1, size); row++) {
      const [outer, inner] = [Math.floor(row / step), row % step];
      const start = outer * size * step + inner;
      const sorted = Array.from({ length: size }, (_, i) => i).sort(
        (a, b) => sign * (values[start + a * step]! - values[start + b * step]!) || a - b,
      );
      for (let i = 0; i < k; i++) {
        const at = (outer * k + i) * step + inner;
        places[at] = start + sorted[i]! * step;
        order[at] = sorted[i]!;
      }
    }
    return [{ tensor: takeFlat(x, places, shape), type: input.type }, hostValue(order, shape)];
  },
};

/** −weight[target]·input[target], over a batch; what is at the index to ignore counts for nothing. */
function likelihoodLoss(
  node: OnnxNode,
  inputs: Inputs,
  context: Context,
  logProbabilities: Tensor,
  type: Value["type"],
): Value {
  const x = logProbabilities;
  const target = need(node, inputs, 1);
  const ignored = node.has("ignore_index") ? node.int("ignore_index", 0) : undefined;
  const weights = inputs[2] && numbersOf(inputs[2]);
  const [, classes = 0, ...space] = x.shape;
  const area = numel(space);
  const picks = Array.from(numbersOf(target));
  const shares = picks.map((c) => (c === ignored ? 0 : weights ? (weights[c] ?? 0) : 1));
  const places = picks.map((c, i) => {
    if (c === ignored) return 0;
    if (!(c >= 0 && c < classes)) throw new DataError("onnx", "index", `${node.title}: class ${c} of ${classes}.`);
    return Math.floor(i / area) * classes * area + c * area + (i % area);
  });
  const share = hostValue(
    shares.map((s) => -s),
    target.tensor.shape,
    "float",
  );
  const factors = x.backend === share.tensor.backend ? share.tensor : toDevice(share, context.device);
  const losses = takeFlat(x, places, target.tensor.shape).mul(factors);
  const reduction = node.text("reduction", "mean");
  if (reduction === "none") return result(losses, type);
  const total = losses.sum();
  return result(reduction === "sum" ? total : total.div(shares.reduce((a, b) => a + b, 0)), type);
}

function loss(fromLogits: boolean): Operator {
  return {
    run(node, inputs, context) {
      const input = need(node, inputs, 0);
      const x = together([input], context).tensors[0]!;
      const logs = fromLogits ? logSoftmax(x, 1) : x;
      const value = likelihoodLoss(node, inputs, context, logs, input.type);
      return node.outputs[1] ? [value, result(logs, input.type)] : [value];
    },
  };
}

const oneHot: Operator = {
  run(node, inputs) {
    const { shape } = need(node, inputs, 0).tensor;
    const indices = list(inputs, 0)!;
    const depth = scalar(inputs, 1) ?? 0;
    const values = need(node, inputs, 2);
    const [off = 0, on = 1] = Array.from(numbersOf(values));
    const axis = axisOf(node, node.int("axis", -1), shape.length + 1);
    const out = [...shape.slice(0, axis), depth, ...shape.slice(axis)];
    checkSize(out);
    const data = new Float64Array(numel(out)).fill(off);
    const inner = numel(shape.slice(axis));
    for (const [i, index] of indices.entries()) {
      const c = index < 0 ? index + depth : index;
      if (c >= 0 && c < depth) data[Math.floor(i / inner) * depth * inner + c * inner + (i % inner)] = on;
    }
    return [hostValue(data, out, values.type)];
  },
};

const nonZero: Operator = {
  run(node, inputs) {
    const value = need(node, inputs, 0);
    const { shape } = value.tensor;
    const steps = stridesOf(shape);
    const hits = Array.from(numbersOf(value)).flatMap((v, i) => (v === 0 ? [] : [i]));
    const data = shape.flatMap((size, a) => hits.map((i) => Math.floor(i / steps[a]!) % size));
    return [hostValue(data, [shape.length, hits.length])];
  },
};

export const selections: Operators = {
  Slice: rearranged(slice),
  Gather: rearranged(gather),
  GatherElements: rearranged(gatherElements),
  GatherND: {
    ...rearranged(gatherND),
    refuse: (node) => (node.int("batch_dims", 0) === 0 ? undefined : "has batch_dims"),
  },
  Pad: {
    ...rearranged(padded),
    refuse: (node) =>
      ["constant", "reflect", "edge", "wrap"].includes(node.text("mode", "constant"))
        ? undefined
        : "pads in an unknown way",
  },
  ArgMax: extreme(true),
  ArgMin: extreme(false),
  TopK: topK,
  OneHot: oneHot,
  NonZero: nonZero,
  NegativeLogLikelihoodLoss: loss(false),
  SoftmaxCrossEntropyLoss: loss(true),
};
