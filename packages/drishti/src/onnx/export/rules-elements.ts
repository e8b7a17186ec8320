/** @file How element-wise operations, reductions and rearrangements are written. */
import type { DType } from "@drishti/core";
import type { Emission, Rule, Size } from "./emit.ts";

type Params = { alpha: number; beta: number };

const same =
  (type: string): Rule =>
  (e) =>
    e.graph.node(type, [e.input("input")]);
const pairwise =
  (type: string): Rule =>
  (e) =>
    e.graph.node(type, [e.input("a"), e.input("b")]);
const passed: Rule = (e) => e.input("input");

const affine: Rule = (e) => {
  const { alpha, beta } = e.params<Params>();
  let out = e.input("input");
  if (alpha === -1 && beta === 0) return e.graph.node("Neg", [out]);
  if (alpha !== 1) out = e.graph.node("Mul", [out, e.graph.number(alpha)]);
  return beta === 0 ? out : e.graph.node("Add", [out, e.graph.number(beta)]);
};

function clip(e: Emission, low: number, high: number): string {
  const limit = (value: number) => (Number.isFinite(value) ? e.graph.number(value) : "");
  const inputs = [e.input("input"), limit(low), limit(high)];
  while (inputs.at(-1) === "") inputs.pop();
  return inputs.length === 1 ? e.input("input") : e.graph.node("Clip", inputs);
}

/** x·Φ(x); an operator of its own since opset 20. */
const gelu: Rule = (e) => {
  const { graph } = e;
  const x = e.input("input");
  if (graph.opset >= 20) return graph.node("Gelu", [x]);
  const erf = graph.node("Erf", [graph.node("Mul", [x, graph.number(Math.SQRT1_2)])]);
  const twice = graph.node("Mul", [x, graph.node("Add", [erf, graph.number(1)])]);
  return graph.node("Mul", [twice, graph.number(0.5)]);
};

/** 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) */
const geluTanh: Rule = (e) => {
  const { graph } = e;
  const x = e.input("input");
  if (graph.opset >= 20) return graph.node("Gelu", [x], { approximate: "tanh" });
  const cube = graph.node("Mul", [graph.node("Mul", [x, x]), x]);
  const inner = graph.node("Add", [x, graph.node("Mul", [cube, graph.number(0.044715)])]);
  const bent = graph.node("Tanh", [graph.node("Mul", [inner, graph.number(Math.sqrt(2 / Math.PI))])]);
  const twice = graph.node("Mul", [x, graph.node("Add", [bent, graph.number(1)])]);
  return graph.node("Mul", [twice, graph.number(0.5)]);
};

const elu: Rule = (e) => {
  const { alpha, scale } = e.params<{ alpha: number; scale: number }>();
  if (scale === 1) return e.graph.node("Elu", [e.input("input")], { alpha: { float: alpha } });
  return e.graph.node("Selu", [e.input("input")], { alpha: { float: alpha }, gamma: { float: scale } });
};

const softplus: Rule = (e) => {
  const { beta } = e.params<{ beta: number }>();
  const x = e.input("input");
  if (beta === 1) return e.graph.node("Softplus", [x]);
  const b = e.graph.number(beta);
  return e.graph.node("Div", [e.graph.node("Softplus", [e.graph.node("Mul", [x, b])]), b]);
};

/** Axes are an attribute of reductions until opset 17, an input after; of ReduceSum an input since 13. */
function reduce(e: Emission, type: string, input: string, axes: readonly number[], keepdim: boolean): string {
  const keepdims = Number(keepdim);
  if (type === "ReduceSum" || e.graph.opset >= 18) return e.graph.node(type, [input, e.graph.ints(axes)], { keepdims });
  return e.graph.node(type, [input], { axes, keepdims });
}

interface Sum {
  axes: readonly number[];
  keepdim: boolean;
}

const sum: Rule = (e) => {
  const { axes, keepdim } = e.params<Sum>();
  return axes.length === 0 ? e.input("input") : reduce(e, "ReduceSum", e.input("input"), axes, keepdim);
};

/** A mean is recorded as a sum and a division by a count; the sum is left out as nothing else reads it. */
const mean: Rule = (e) => {
  const before = e.maker("input");
  if (before?.name !== "sum")
    return e.graph.node("Div", [e.input("input"), e.graph.number(e.params<{ count: number }>().count)]);
  const { axes, keepdim } = before.params as Sum;
  const input = e.nameOf(before.inputs.input!);
  return axes.length === 0 ? input : reduce(e, "ReduceMean", input, axes, keepdim);
};

const extreme =
  (type: string): Rule =>
  (e) =>
    reduce(e, type, e.input("input"), [e.params<{ axis: number }>().axis], true);

const arg =
  (type: string): Rule =>
  (e) => {
    const { dim, keepdim } = e.params<{ dim: number | undefined; keepdim: boolean }>();
    if (dim === undefined && keepdim) return e.fail("it keeps the axes of an index into all elements");
    const input =
      dim === undefined ? e.graph.node("Reshape", [e.input("input"), e.graph.ints([-1])]) : e.input("input");
    const index = e.graph.node(type, [input], { axis: dim ?? 0, keepdims: Number(keepdim) });
    return e.graph.node("Cast", [index], { to: 6 });
  };

/** 0 keeps the input's size, −1 takes what is left, so that the batch may have any size. */
const reshape: Rule = (e) => {
  const { graph } = e;
  const [from, to] = [e.sizes("input"), e.sizes()];
  const input = e.input("input");
  const text = (sizes: readonly Size[]) => sizes.map((size) => JSON.stringify(size)).join();
  if (text(from) === text(to)) return input;
  const kept = to.length > 0 && from.length > 0 && text([to[0]!]) === text([from[0]!]);
  if (to.length === 2 && kept && from.length > 2) return graph.node("Flatten", [input], { axis: 1 });
  const open = to.flatMap((size, i) => (typeof size === "number" || (i === 0 && kept) ? [] : [i]));
  if (open.length > 1 || to.includes(0)) return graph.node("Reshape", [input, e.sizeTensor(to)]);
  const sizes = to.map((size, i) =>
    i === 0 && kept && typeof size !== "number" ? 0 : typeof size === "number" ? size : -1,
  );
  return graph.node("Reshape", [input, graph.ints(sizes)]);
};

const slice: Rule = (e) => {
  const { axis, start, length } = e.params<{ axis: number; start: number; length: number }>();
  const size = e.sizes()[axis]!;
  if (typeof size !== "number") {
    if (start === 0 && length === e.shape("input")[axis]) return e.input("input");
    return e.fail("it takes a part of the batch whose size depends on the batch");
  }
  const { graph } = e;
  return graph.node("Slice", [e.input("input"), graph.ints([start]), graph.ints([start + length]), graph.ints([axis])]);
};

interface Borders {
  left: number;
  right: number;
  top: number;
  bottom: number;
  mode: "constant" | "reflect" | "replicate" | "circular";
  value: number;
}

const padModes = { constant: "constant", reflect: "reflect", replicate: "edge", circular: "wrap" } as const;

const pad: Rule = (e) => {
  const { graph } = e;
  const p = e.params<Borders>();
  const lead = new Array<number>(e.shape("input").length - 2).fill(0);
  if (p.mode === "circular" && graph.opset < 19) return wrapped(e, p);
  const pads = graph.ints([...lead, p.top, p.left, ...lead, p.bottom, p.right]);
  const value = p.mode === "constant" && p.value !== 0 ? [graph.number(p.value)] : [];
  return graph.node("Pad", [e.input("input"), pads, ...value], { mode: padModes[p.mode] });
};

/** Before opset 19 wrapping around is joining what lies on the other side. */
function wrapped(e: Emission, p: Borders): string {
  const { graph } = e;
  const rank = e.shape("input").length;
  const sides = [
    [rank - 2, p.top, p.bottom],
    [rank - 1, p.left, p.right],
  ] as const;
  return sides.reduce((input, [axis, before, after]) => {
    const size = e.shape("input")[axis]!;
    const part = (from: number, to: number) =>
      graph.node("Slice", [input, graph.ints([from]), graph.ints([to]), graph.ints([axis])]);
    const parts = [before > 0 ? part(size - before, size) : "", input, after > 0 ? part(0, after) : ""].filter(
      (name) => name !== "",
    );
    return parts.length === 1 ? input : graph.node("Concat", parts, { axis });
  }, e.input("input"));
}

const codes: Record<DType, number> = { float32: 1, uint8: 2, int32: 6, bool: 9 };

export const elementRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries({
      neg: "Neg",
      exp: "Exp",
      log: "Log",
      sqrt: "Sqrt",
      abs: "Abs",
      sign: "Sign",
      reciprocal: "Reciprocal",
      relu: "Relu",
      sigmoid: "Sigmoid",
      tanh: "Tanh",
      erf: "Erf",
      hardswish: "HardSwish",
    }).map(([name, type]) => [name, same(type)]),
  ),
  ...Object.fromEntries(
    Object.entries({
      add: "Add",
      sub: "Sub",
      mul: "Mul",
      div: "Div",
      maximum: "Max",
      minimum: "Min",
      eq: "Equal",
      lt: "Less",
      le: "LessOrEqual",
      gt: "Greater",
      ge: "GreaterOrEqual",
    }).map(([name, type]) => [name, pairwise(type)]),
  ),
  ne: (e) => e.graph.node("Not", [e.graph.node("Equal", [e.input("a"), e.input("b")])]),
  pow: (e) =>
    e.graph.node(
      "Pow",
      e.has("a") ? [e.input("a"), e.input("b")] : [e.input("input"), e.graph.number(e.params<Params>().alpha)],
    ),
  affine,
  clamp: (e) => clip(e, e.params<Params>().alpha, e.params<Params>().beta),
  hardtanh: (e) => {
    const { low, high } = e.params<{ low: number; high: number }>();
    return clip(e, low, high);
  },
  leakyRelu: (e) => e.graph.node("LeakyRelu", [e.input("input")], { alpha: { float: e.params<Params>().alpha } }),
  gelu,
  geluTanh,
  silu: (e) => e.graph.node("Mul", [e.input("input"), e.graph.node("Sigmoid", [e.input("input")])]),
  elu,
  hardsigmoid: (e) =>
    e.graph.node("HardSigmoid", [e.input("input")], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  mish: (e) =>
    e.graph.node("Mul", [e.input("input"), e.graph.node("Tanh", [e.graph.node("Softplus", [e.input("input")])])]),
  softplus,
  logOnePlusExp: same("Softplus"),
  log1p: (e) => e.graph.node("Log", [e.graph.node("Add", [e.input("input"), e.graph.number(1)])]),
  // eˣ − 1 for what it is; near 0 it loses digits that Drishti's keeps.
  expm1: (e) => e.graph.node("Sub", [e.graph.node("Exp", [e.input("input")]), e.graph.number(1)]),
  logSigmoid: (e) => e.graph.node("Neg", [e.graph.node("Softplus", [e.graph.node("Neg", [e.input("input")])])]),
  softmax: (e) => e.graph.node("Softmax", [e.input("input")], { axis: e.params<{ axis: number }>().axis }),
  logSoftmax: (e) => e.graph.node("LogSoftmax", [e.input("input")], { axis: e.params<{ axis: number }>().axis }),
  where: (e) => e.graph.node("Where", [e.input("condition"), e.input("a"), e.input("b")]),
  to: (e) => e.graph.node("Cast", [e.input("input")], { to: codes[e.params<{ dtype: DType }>().dtype] }),
  sum,
  mean,
  amax: extreme("ReduceMax"),
  amin: extreme("ReduceMin"),
  max: (e) => extreme(e.params<{ name: string }>().name === "amin" ? "ReduceMin" : "ReduceMax")(e),
  argmax: arg("ArgMax"),
  argmin: arg("ArgMin"),
  clone: passed,
  detach: passed,
  reshape,
  permute: (e) => e.graph.node("Transpose", [e.input("input")], { perm: e.params<{ dims: number[] }>().dims }),
  expand: (e) => e.graph.node("Expand", [e.input("input"), e.sizeTensor(e.sizes())]),
  narrow: slice,
  cat: (e) => e.graph.node("Concat", e.all(), { axis: e.params<{ axis: number }>().axis }),
  takeAlong: (e) => {
    const { axis, indices } = e.params<{ axis: number; indices: readonly number[] }>();
    return e.graph.node("Gather", [e.input("input"), e.graph.ints(indices)], { axis });
  },
  pad,
};
