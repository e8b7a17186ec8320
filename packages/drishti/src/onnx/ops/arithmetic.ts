/** @file Arithmetic, comparison and logic, element by element. */
import {
  abs,
  clamp,
  div,
  exp,
  log,
  maximum,
  minimum,
  neg,
  pow,
  reciprocal,
  sign,
  sqrt,
  sub,
  type Tensor,
  where,
} from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import { isFloat, type OnnxType, typeOfCode } from "../dtype.ts";
import { host, numbersOf, onHost, toDevice, toHost, type Value } from "../value.ts";
import { erf } from "./erf.ts";
import {
  type Context,
  computed,
  need,
  type Operator,
  type Operators,
  result,
  scalar,
  together,
  unary,
} from "./operator.ts";

/** Before opset 7 the second operand was broadcast only when told, from an axis of the first on. */
function aligned(node: OnnxNode, a: Tensor, b: Tensor): Tensor {
  if (node.opset >= 7 || !node.flag("broadcast") || !node.has("axis")) return b;
  const given = node.int("axis", 0);
  const axis = given < 0 ? given + a.ndim : given;
  return b.reshape([...b.shape, ...new Array<number>(Math.max(0, a.ndim - axis - b.ndim)).fill(1)]);
}

function binary(fn: (a: Tensor, b: Tensor, type: OnnxType) => Tensor, type?: OnnxType): Operator {
  return {
    run(node, inputs, context) {
      const [a, b] = [need(node, inputs, 0), need(node, inputs, 1)];
      const { tensors } = together([a, b], context);
      return [result(fn(tensors[0]!, aligned(node, tensors[0]!, tensors[1]!), a.type), type ?? a.type)];
    },
  };
}

/** Whole numbers are divided towards zero; by zero is an error, as there is no number for it. */
function quotient(a: Tensor, b: Tensor, type: OnnxType): Tensor {
  if (isFloat(type)) return div(a, b);
  if (Array.from(numbersOf({ tensor: b, type })).includes(0))
    throw new DataError("onnx", "division", "whole numbers are divided by zero.");
  return div(a, b);
}

/** a − b·q, q rounded down, or towards zero with fmod. */
function remainder(a: Tensor, b: Tensor, towardsZero: boolean): Tensor {
  const q = div(a, b);
  return sub(a, b.mul(towardsZero ? truncate(q) : floor(q)));
}

/** The whole part: float32 of 2^23 and more have no other. */
function truncate(x: Tensor): Tensor {
  if (x.backend === host) return map(x, Math.trunc);
  const near = clamp(x, -(2 ** 24), 2 ** 24);
  const whole = near.to("int32").to("float32");
  return where(abs(x).lt(2 ** 23), whole, x);
}

function floor(x: Tensor): Tensor {
  if (x.backend === host) return map(x, Math.floor);
  const whole = truncate(x);
  return sub(whole, whole.gt(x).to("float32"));
}

function ceil(x: Tensor): Tensor {
  return neg(floor(neg(x)));
}

/** To the nearest, halves to the even one. */
function round(x: Tensor): Tensor {
  const down = floor(x);
  const above = sub(x, down);
  const odd = sub(down, floor(down.mul(0.5)).mul(2));
  const up = where(above.eq(0.5), odd, above.gt(0.5).to("float32"));
  return down.add(up);
}

function map(x: Tensor, fn: (value: number) => number): Tensor {
  const values = Float64Array.from(numbersOf({ tensor: x, type: "double" }), fn);
  return x.contiguous().clone().write(values);
}

const asNumber = (t: Tensor): Tensor => t.to("float32");
const isTrue = (t: Tensor): Tensor => t.ne(0);

function logic(fn: (a: Tensor, b: Tensor) => Tensor): Operator {
  return binary((a, b) => isTrue(fn(asNumber(a), asNumber(b))), "bool");
}

/** Any number of operands, folded from the left. */
function folded(fn: (a: Tensor, b: Tensor) => Tensor, finish = (t: Tensor, _count: number): Tensor => t): Operator {
  return computed((tensors) => finish(tensors.slice(1).reduce(fn, tensors[0]!), tensors.length));
}

const select: Operator = {
  run(node, inputs, { device }) {
    const [condition, a, b] = [0, 1, 2].map((i) => need(node, inputs, i)) as [Value, Value, Value];
    const whole = (v: Value) => !isFloat(v.type) && v.type !== "bool";
    const local = [condition, a, b].every(onHost) || whole(a);
    const place = (v: Value) => (local ? toHost(v).tensor : toDevice(v, device));
    return [result(where(place(condition).to("bool"), place(a), place(b)), a.type)];
  },
};

const clip: Operator = {
  run(node, inputs, context) {
    const input = need(node, inputs, 0);
    const early = node.opset < 11;
    const low = early ? node.float("min", Number.NEGATIVE_INFINITY) : scalar(inputs, 1);
    const high = early ? node.float("max", Number.POSITIVE_INFINITY) : scalar(inputs, 2);
    const { tensors } = together([input], context);
    return [result(clamp(tensors[0]!, low, high), input.type)];
  },
};

function cast({ tensor, type }: Value, to: OnnxType, { device }: Context): Value {
  if (to === type) return { tensor, type };
  const value = { tensor, type };
  if (!onHost(value) && isFloat(to)) return { tensor: toDevice(value, device), type: to };
  if (!onHost(value) && to === "bool") return { tensor: isTrue(toDevice(value, device)), type: to };
  if (!onHost(value) && (to === "int32" || to === "int64"))
    return { tensor: toDevice(value, device).to("int32"), type: to };
  return result(toHost(value).tensor, to);
}

const castTo = (node: OnnxNode): OnnxType | undefined =>
  // Before opset 6 the type was written by its name.
  node.opset < 6 ? (node.text("to", "").toLowerCase() as OnnxType) || undefined : typeOfCode(node.int("to", 0));

export const arithmetic: Operators = {
  Add: binary((a, b) => a.add(b)),
  Sub: binary((a, b) => a.sub(b)),
  Mul: binary((a, b) => a.mul(b)),
  Div: binary(quotient),
  Pow: {
    run(node, inputs, context) {
      const [a, b] = [need(node, inputs, 0), need(node, inputs, 1)];
      // A constant exponent has a kernel of its own, whose gradient is right at 0.
      if (onHost(b) && numelOf(b) === 1 && b.tensor.ndim <= a.tensor.ndim) {
        const { tensors } = together([a], context);
        return [result(pow(tensors[0]!, numbersOf(b)[0]!), a.type)];
      }
      const { tensors } = together([a, b], context);
      return [result(pow(tensors[0]!, aligned(node, tensors[0]!, tensors[1]!)), a.type)];
    },
  },
  Mod: {
    run(node, inputs, context) {
      const [a, b] = [need(node, inputs, 0), need(node, inputs, 1)];
      const { tensors } = together([a, b], context);
      return [result(remainder(tensors[0]!, tensors[1]!, node.flag("fmod")), a.type)];
    },
  },
  Neg: unary(neg),
  Abs: unary(abs),
  Sign: unary(sign),
  Sqrt: unary(sqrt),
  Exp: unary(exp),
  Log: unary(log),
  Reciprocal: unary(reciprocal),
  Erf: unary(erf),
  Floor: unary(floor),
  Ceil: unary(ceil),
  Round: unary(round),
  Min: folded(minimum),
  Max: folded(maximum),
  Sum: folded((a, b) => a.add(b)),
  Mean: folded(
    (a, b) => a.add(b),
    (t, count) => t.mul(1 / count),
  ),
  Equal: binary((a, b) => a.eq(b), "bool"),
  Less: binary((a, b) => a.lt(b), "bool"),
  LessOrEqual: binary((a, b) => a.le(b), "bool"),
  Greater: binary((a, b) => a.gt(b), "bool"),
  GreaterOrEqual: binary((a, b) => a.ge(b), "bool"),
  And: logic((a, b) => a.mul(b)),
  Or: logic((a, b) => a.add(b)),
  Xor: logic((a, b) => a.sub(b)),
  Not: computed(([a]) => asNumber(a!).eq(0), "bool"),
  IsNaN: computed(([a]) => a!.ne(a!), "bool"),
  IsInf: computed(([a], node) => {
    const up = asNumber(a!.eq(Number.POSITIVE_INFINITY));
    const down = asNumber(a!.eq(Number.NEGATIVE_INFINITY));
    const wanted = [node.flag("detect_positive", true) ? up : null, node.flag("detect_negative", true) ? down : null];
    return isTrue(wanted.filter((t) => t !== null).reduce<Tensor>((a, b) => a.add(b), up.mul(0)));
  }, "bool"),
  Where: select,
  Clip: clip,
  Cast: {
    refuse(node) {
      const to = castTo(node);
      return !to || to === "string" || to.startsWith("complex") ? `casts to ${to ?? "an unknown type"}` : undefined;
    },
    run: (node, inputs, context) => [cast(need(node, inputs, 0), castTo(node)!, context)],
  },
  CastLike: { run: (node, inputs, context) => [cast(need(node, inputs, 0), need(node, inputs, 1).type, context)] },
};

function numelOf({ tensor }: Value): number {
  return tensor.numel;
}
