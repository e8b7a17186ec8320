/** @file Resize and Upsample: entries of each axis by a rule of coordinates, or mixed by a matrix of weights. */
import { indexSelect, matmul, type Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import { checkSize, hostValue, numel, onHost, toDevice, toHost } from "../value.ts";
import { axesOf, type Context, type Inputs, list, need, type Operator, type Operators, result } from "./operator.ts";

interface Axis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  /** Result over input, in float32 as every runtime has it. */
  readonly scale: number;
}

const f = Math.fround;

/** Where the centre of an entry of the result lies in the input. In float32: which entry is nearest depends on it. */
function place(i: number, { from, to, scale }: Axis, rule: string): number {
  if (rule === "asymmetric") return f(i / scale);
  if (rule === "align_corners") return to === 1 ? 0 : f(f(i * (from - 1)) / (to - 1));
  if (rule === "pytorch_half_pixel" && to === 1) return 0;
  const half = f(f((i + 0.5) / scale) - 0.5);
  if (rule !== "half_pixel_symmetric") return half;
  return f((from / 2) * (1 - to / (from * scale)) + half);
}

const rounding: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Keys 1981: passes through its points; a = −0.75 unless told otherwise. */
function cubic(a: number): (x: number) => number {
  return (signed) => {
    const x = Math.abs(signed);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  };
}

interface Filter {
  readonly weight: (x: number) => number;
  readonly reach: number;
  readonly rule: string;
  /** Widen the filter when shrinking. */
  readonly antialias: boolean;
  /** Leave out what lies outside instead of repeating the border. */
  readonly exclude: boolean;
}

/** One row of weights for each entry of the result. */
function weights(axis: Axis, { weight, reach, rule, antialias, exclude }: Filter): Float64Array {
  const { from, to, scale } = axis;
  const out = new Float64Array(to * from);
  const stretch = antialias ? Math.max(1, 1 / scale) : 1;
  for (let i = 0; i < to; i++) {
    const centre = place(i, axis, rule);
    let sum = 0;
    for (let k = Math.ceil(centre - reach * stretch); k <= centre + reach * stretch; k++) {
      const outside = k < 0 || k >= from;
      if (outside && exclude) continue;
      const share = weight((k - centre) / stretch);
      out[i * from + Math.min(from - 1, Math.max(0, k))]! += share;
      sum += share;
    }
    if (sum !== 0) for (let k = 0; k < from; k++) out[i * from + k]! /= sum;
  }
  return out;
}

/** Sizes and scales of the axes that change. */
function plan(node: OnnxNode, inputs: Inputs, shape: readonly number[]): Axis[] {
  const upsample = node.type === "Upsample";
  const modern = !upsample && node.opset >= 11;
  const axes = axesOf(node, (node.opset >= 18 ? node.ints("axes") : undefined) ?? shape.map((_, i) => i), shape.length);
  const attribute = upsample && node.opset < 9 ? node.floats("scales") : undefined;
  const scales = attribute ?? list(inputs, modern ? 2 : 1);
  const sizes = modern ? list(inputs, 3) : undefined;
  const given = sizes && sizes.length > 0 ? sizes : scales;
  if (given?.length !== axes.length)
    throw new DataError(
      "onnx",
      "sizes",
      `${node.title}: ${given?.length ?? 0} sizes or scales for ${axes.length} axes.`,
    );
  let plans = axes.map((axis, i): Axis => {
    const from = shape[axis]!;
    if (sizes && sizes.length > 0) return { axis, from, to: sizes[i]!, scale: f(sizes[i]! / from) };
    const scale = f(scales![i]!);
    return { axis, from, to: Math.floor(f(from * scale)), scale };
  });
  const policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (sizes && sizes.length > 0 && policy !== "stretch") {
    const choose = policy === "not_larger" ? Math.min : Math.max;
    const scale = choose(...plans.map((axis) => axis.scale));
    plans = plans.map((axis) => ({ ...axis, scale, to: Math.round(axis.from * scale) }));
  }
  return plans.filter(({ from, to, scale }) => from !== to || scale !== 1);
}

function nearest(x: Tensor, axis: Axis, rule: string, mode: string): Tensor {
  const round = rounding[mode]!;
  const indices = Array.from({ length: axis.to }, (_, i) =>
    Math.min(axis.from - 1, Math.max(0, round(place(i, axis, rule)))),
  );
  return indexSelect(x, axis.axis, indices);
}

function mixed(x: Tensor, axis: Axis, filter: Filter, context: Context): Tensor {
  const matrix = hostValue(weights(axis, filter), [axis.to, axis.from], "float");
  const m = x.backend === matrix.tensor.backend ? matrix.tensor : toDevice(matrix, context.device);
  const [lead, rest] = [x.shape.slice(0, axis.axis), x.shape.slice(axis.axis + 1)];
  const stack = x.reshape([numel(lead), axis.from, numel(rest)]);
  return matmul(m, stack).reshape([...lead, axis.to, ...rest]);
}

const rules = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"];

/** Before opset 11 there was one rule. */
function ruleOf(node: OnnxNode): string {
  if (node.type === "Upsample" || node.opset < 11) return "asymmetric";
  return node.text("coordinate_transformation_mode", "half_pixel");
}

const resize: Operator = {
  refuse(node) {
    const mode = node.text("mode", "nearest");
    if (!["nearest", "linear", "bilinear", "cubic"].includes(mode)) return `resizes by "${mode}"`;
    if (!rules.includes(ruleOf(node))) return `places pixels by "${ruleOf(node)}"`;
    const round = node.text("nearest_mode", "round_prefer_floor");
    return Object.hasOwn(rounding, round) ? undefined : `rounds by "${round}"`;
  },
  run(node, inputs, context) {
    const input = need(node, inputs, 0);
    const place = onHost(input) || input.tensor.dtype === "float32" ? input : toHost(input);
    const axes = plan(node, inputs, place.tensor.shape);
    const shape = [...place.tensor.shape];
    for (const { axis, to } of axes) shape[axis] = to;
    checkSize(shape);
    const rule = ruleOf(node);
    const mode = node.text("mode", "nearest");
    const early = node.type === "Upsample" || node.opset < 11;
    const before11 = (axis: Axis) => (axis.scale < 1 ? "ceil" : "floor");
    const round = early ? before11 : () => node.text("nearest_mode", "round_prefer_floor");
    const filter: Filter = {
      weight: mode === "cubic" ? cubic(node.float("cubic_coeff_a", -0.75)) : triangle,
      reach: mode === "cubic" ? 2 : 1,
      rule,
      antialias: node.flag("antialias"),
      exclude: node.flag("exclude_outside"),
    };
    const out = axes.reduce(
      (t, axis) => (mode === "nearest" ? nearest(t, axis, rule, round(axis)) : mixed(t, axis, filter, context)),
      place.tensor,
    );
    return [result(out, input.type)];
  },
};

export const resizing: Operators = { Resize: resize, Upsample: resize };
