/** @file How convolutions, pools, products and normalisation are written. */
import type { Emission, Rule } from "./emit.ts";

interface Geometry {
  stride: readonly number[];
  dilation: readonly number[];
  groups: number;
}
interface Window extends Geometry {
  kernel: readonly number[];
  padding: readonly number[];
  ceilMode: boolean;
}

function operands(e: Emission, ...keys: string[]): string[] {
  const names = keys.map((key) => e.input(key));
  while (names.at(-1) === "") names.pop();
  return names;
}

const conv: Rule = (e) => {
  const p = e.params<Geometry & { before: readonly number[]; after: readonly number[] }>();
  return e.graph.node("Conv", operands(e, "input", "weight", "bias"), {
    kernel_shape: e.shape("weight").slice(2),
    strides: p.stride,
    dilations: p.dilation,
    pads: [...p.before, ...p.after],
    group: p.groups,
  });
};

const convTranspose: Rule = (e) => {
  const p = e.params<Geometry & { padding: readonly number[]; outputPadding: readonly number[] }>();
  return e.graph.node("ConvTranspose", operands(e, "input", "weight", "bias"), {
    kernel_shape: e.shape("weight").slice(2),
    strides: p.stride,
    dilations: p.dilation,
    pads: [...p.padding, ...p.padding],
    output_padding: p.outputPadding,
    group: p.groups,
  });
};

/** Gemm is for matrices; with more axes in front it is a product with the transposed weights. */
const linear: Rule = (e) => {
  if (e.shape("input").length === 2) return e.graph.node("Gemm", operands(e, "input", "weight", "bias"), { transB: 1 });
  const weight = e.graph.node("Transpose", [e.input("weight")], { perm: [1, 0] });
  const product = e.graph.node("MatMul", [e.input("input"), weight]);
  return e.has("bias") ? e.graph.node("Add", [product, e.input("bias")]) : product;
};

function channels(e: Emission, key: string, fill: number, count: number): string {
  return e.input(key) || e.graph.constant("float", [count], new Float32Array(count).fill(fill));
}

const batchNorm: Rule = (e) => {
  if (!e.has("runningMean"))
    return e.fail(
      "it normalises by the batch itself, which no exported model should do; does a layer ignore eval mode?",
    );
  const count = e.shape("input")[1]!;
  return e.graph.node(
    "BatchNormalization",
    [
      e.input("input"),
      channels(e, "weight", 1, count),
      channels(e, "bias", 0, count),
      e.input("runningMean"),
      e.input("runningVar"),
    ],
    { epsilon: { float: e.params<{ eps: number }>().eps } },
  );
};

const layerNorm: Rule = (e) => {
  const { normalizedShape, eps } = e.params<{ normalizedShape: readonly number[]; eps: number }>();
  const count = normalizedShape.reduce((a, b) => a * b, 1);
  const scale = e.input("weight") || e.graph.constant("float", normalizedShape, new Float32Array(count).fill(1));
  const inputs = [e.input("input"), scale, ...(e.has("bias") ? [e.input("bias")] : [])];
  return e.graph.node("LayerNormalization", inputs, { axis: -normalizedShape.length, epsilon: { float: eps } });
};

/** Each group as one channel of an instance norm, then scale and shift channel by channel. */
const groupNorm: Rule = (e) => {
  const { numGroups, eps } = e.params<{ numGroups: number; eps: number }>();
  const shape = e.shape("input");
  const count = shape[1]!;
  const epsilon = { epsilon: { float: eps } };
  if (numGroups === count) {
    const inputs = [e.input("input"), channels(e, "weight", 1, count), channels(e, "bias", 0, count)];
    return e.graph.node("InstanceNormalization", inputs, epsilon);
  }
  const grouped = e.graph.node("Reshape", [e.input("input"), e.graph.ints([0, numGroups, -1])]);
  const ones = e.graph.constant("float", [numGroups], new Float32Array(numGroups).fill(1));
  const zeros = e.graph.constant("float", [numGroups], new Float32Array(numGroups));
  const normal = e.graph.node("InstanceNormalization", [grouped, ones, zeros], epsilon);
  let out = e.graph.node("Reshape", [normal, e.sizeTensor(e.sizes("input"))]);
  const perChannel = e.graph.ints([count, ...new Array<number>(shape.length - 2).fill(1)]);
  const along = (key: string) => e.graph.node("Reshape", [e.input(key), perChannel]);
  if (e.has("weight")) out = e.graph.node("Mul", [out, along("weight")]);
  return e.has("bias") ? e.graph.node("Add", [out, along("bias")]) : out;
};

/** Windows by what stands around them: the last one may need more than the padding, with ceil mode. */
function windows(e: Emission) {
  const p = e.params<Window>();
  const [shape, out] = [e.shape("input"), e.outShape];
  if (shape.length !== 4) return e.fail("its input has no batch axis");
  const ends = [0, 1].map((i) => {
    const reach = (out[i + 2]! - 1) * p.stride[i]! + p.dilation[i]! * (p.kernel[i]! - 1) + 1;
    return Math.max(0, p.ceilMode ? reach - shape[i + 2]! - p.padding[i]! : p.padding[i]!);
  });
  const attributes = { kernel_shape: p.kernel, strides: p.stride, pads: [...p.padding, ...ends] };
  return { p, ends, attributes, size: shape.slice(2), out: out.slice(2) };
}

const maxPool: Rule = (e) => {
  const { p, attributes } = windows(e);
  const dilations = p.dilation.some((d) => d !== 1) ? p.dilation : undefined;
  return e.graph.node("MaxPool", [e.input("input")], { ...attributes, dilations });
};

const avgPool: Rule = (e) => {
  const { p, ends, attributes, size, out } = windows(e);
  const { countIncludePad, divisorOverride } = e.params<{ countIncludePad: boolean; divisorOverride: number }>();
  const node = (count_include_pad: number) =>
    e.graph.node("AveragePool", [e.input("input")], { ...attributes, count_include_pad });
  if (!countIncludePad && !divisorOverride) return node(0);
  const means = node(1);
  const area = p.kernel[0]! * p.kernel[1]!;
  // torch does not count what ceil mode adds behind the padding.
  const covered = (i: 0 | 1, o: number) => Math.min(p.kernel[i]!, size[i]! + 2 * p.padding[i]! - o * p.stride[i]!);
  const divisors = Array.from({ length: out[0]! * out[1]! }, (_, at) => {
    const [y, x] = [Math.floor(at / out[1]!), at % out[1]!];
    return divisorOverride || covered(0, y) * covered(1, x);
  });
  if (divisors.every((d) => d === area)) return means;
  const all = new Set(divisors).size === 1;
  const factor = all
    ? e.graph.number(area / divisors[0]!)
    : e.graph.constant(
        "float",
        [1, 1, out[0]!, out[1]!],
        divisors.map((d) => area / d),
      );
  return ends.length > 0 ? e.graph.node("Mul", [means, factor]) : means;
};

/** Windows of one size where that is what an adaptive pool has; null where they differ. */
function evenWindow(size: readonly number[], out: readonly number[]): number[] | null {
  return size.every((length, i) => length % out[i]! === 0) ? size.map((length, i) => length / out[i]!) : null;
}

/** Means of ⌊i·in/out⌋ … ⌈(i + 1)·in/out⌉ as a matrix. */
function shares(from: number, to: number): Float32Array {
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const [start, end] = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)];
    data.fill(1 / (end - start), i * from + start, i * from + end);
  }
  return data;
}

/** The largest of each of `to` overlapping parts of an axis, part by part. */
function largestOfParts(e: Emission, input: string, axis: number, from: number, to: number): string {
  const { graph } = e;
  const axes = graph.opset >= 18 ? undefined : [axis];
  const parts = Array.from({ length: to }, (_, i) => {
    const ends = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)].map((at) => graph.ints([at]));
    const part = graph.node("Slice", [input, ...ends, graph.ints([axis])]);
    return graph.node("ReduceMax", axes ? [part] : [part, graph.ints([axis])], { axes, keepdims: 1 });
  });
  return parts.length === 1 ? parts[0]! : graph.node("Concat", parts, { axis });
}

function adaptive(one: string, many: string): Rule {
  return (e) => {
    const [size, out] = [e.shape("input").slice(-2), e.outShape.slice(-2)];
    const input = e.input("input");
    if (e.shape("input").length !== 4) return e.fail("its input has no batch axis");
    if (out.every((length) => length === 1)) return e.graph.node(one, [input]);
    if (out.every((length, i) => length === size[i])) return input;
    const window = evenWindow(size, out);
    if (window) return e.graph.node(many, [input], { kernel_shape: window, strides: window });
    if (many === "MaxPool")
      return largestOfParts(e, largestOfParts(e, input, 2, size[0]!, out[0]!), 3, size[1]!, out[1]!);
    const [rows, columns] = [0, 1].map((i) => shares(size[i]!, out[i]!)) as [Float32Array, Float32Array];
    const across = e.graph.node("MatMul", [e.graph.constant("float", [out[0]!, size[0]!], rows), input]);
    const turned = Float32Array.from({ length: columns.length }, (_, at) => {
      const [from, to] = [Math.floor(at / out[1]!), at % out[1]!];
      return columns[to * size[1]! + from]!;
    });
    return e.graph.node("MatMul", [across, e.graph.constant("float", [size[1]!, out[1]!], turned)]);
  };
}

const interpolateModes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nearest: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  "nearest-exact": { mode: "nearest", coordinate_transformation_mode: "half_pixel", nearest_mode: "round_prefer_ceil" },
  bilinear: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
};

const interpolate: Rule = (e) => {
  const { mode, alignCorners, steps } = e.params<{
    mode: string;
    alignCorners: boolean;
    steps: (number | undefined)[];
  }>();
  const attributes = {
    ...interpolateModes[mode],
    ...(alignCorners ? { coordinate_transformation_mode: "align_corners" } : {}),
  };
  const [size, out] = [e.shape("input").slice(2), e.outShape.slice(2)];
  const even = steps.every((step, i) => step === undefined || step === size[i]! / out[i]!);
  if (even) return e.graph.node("Resize", [e.input("input"), "", "", e.sizeTensor(e.sizes())], attributes);
  const scales = e.graph.constant(
    "float",
    [4],
    [1, 1, ...steps.map((step, i) => (step === undefined ? out[i]! / size[i]! : 1 / step))],
  );
  return e.graph.node("Resize", [e.input("input"), "", scales], attributes);
};

const prelu: Rule = (e) => {
  const rank = e.shape("input").length;
  const shape = e.graph.ints([-1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);
  const slope = rank > 2 ? e.graph.node("Reshape", [e.input("weight"), shape]) : e.input("weight");
  return e.graph.node("PRelu", [e.input("input"), slope]);
};

export const layerRules: Readonly<Record<string, Rule>> = {
  conv2d: conv,
  convTranspose2d: convTranspose,
  linear,
  matmul: (e) => e.graph.node("MatMul", [e.input("a"), e.input("b")]),
  batchNorm,
  layerNorm,
  groupNorm,
  maxPool2d: maxPool,
  avgPool2d: avgPool,
  adaptiveAvgPool2d: adaptive("GlobalAveragePool", "AveragePool"),
  adaptiveMaxPool2d: adaptive("GlobalMaxPool", "MaxPool"),
  interpolate,
  prelu,
  embedding: (e) => e.graph.node("Gather", [e.input("weight"), e.input("indices")], { axis: 0 }),
};
