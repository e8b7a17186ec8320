/** @file Sums, means, extremes and norms along axes. */
import { abs, amax, amin, cat, exp, log, mean, mul, sqrt, sub, sum, type Tensor } from "@drishti/core";
import { axesOf, need, type Operator, type Operators, result, together } from "./operator.ts";
import { axesGiven } from "./shape.ts";

type Reduction = (x: Tensor, axes: readonly number[], keepdim: boolean) => Tensor;

/** `asInput`: the opset from which the axes are an input instead of an attribute. */
function reduction(fn: Reduction, asInput = 18): Operator {
  return {
    run(node, inputs, context) {
      const input = need(node, inputs, 0);
      const x = together([input], context).tensors[0]!;
      const given = axesGiven(node, inputs, asInput) ?? [];
      if (given.length === 0 && node.flag("noop_with_empty_axes")) return [{ tensor: x, type: input.type }];
      const axes = given.length === 0 ? x.shape.map((_, i) => i) : axesOf(node, given, x.ndim);
      if (axes.length === 0) return [{ tensor: fn(x.reshape([1]), [0], false), type: input.type }];
      return [result(fn(x, axes, node.flag("keepdims", true)), input.type)];
    },
  };
}

/** Multiplies halves of the axis until one entry is left. */
function product(x: Tensor, axis: number): Tensor {
  let t = x;
  for (let size = t.shape[axis]!; size > 1; size = t.shape[axis]!) {
    const half = Math.floor(size / 2);
    const pairs = mul(t.narrow(axis, 0, half), t.narrow(axis, half, half));
    t = size % 2 === 0 ? pairs : cat([pairs, t.narrow(axis, size - 1, 1)], axis);
  }
  return t;
}

const keep = { keepdim: true };

function products(x: Tensor, axes: readonly number[], keepdim: boolean): Tensor {
  const out = axes.reduce(product, x);
  return keepdim ? out : out.reshape(out.shape.filter((_, i) => !axes.includes(i)));
}

/** Without overflow: the largest is taken out first. */
function logSumExp(x: Tensor, axes: readonly number[], keepdim: boolean): Tensor {
  const top = amax(x, axes, keep);
  const out = log(sum(exp(sub(x, top)), axes, keep)).add(top);
  return keepdim ? out : out.reshape(out.shape.filter((_, i) => !axes.includes(i)));
}

export const reductions: Operators = {
  ReduceSum: reduction((x, axes, keepdim) => sum(x, axes, { keepdim }), 13),
  ReduceMean: reduction((x, axes, keepdim) => mean(x, axes, { keepdim })),
  ReduceMax: reduction((x, axes, keepdim) => amax(x, axes, { keepdim })),
  ReduceMin: reduction((x, axes, keepdim) => amin(x, axes, { keepdim })),
  ReduceProd: reduction(products),
  ReduceL1: reduction((x, axes, keepdim) => sum(abs(x), axes, { keepdim })),
  ReduceL2: reduction((x, axes, keepdim) => sqrt(sum(mul(x, x), axes, { keepdim }))),
  ReduceSumSquare: reduction((x, axes, keepdim) => sum(mul(x, x), axes, { keepdim })),
  ReduceLogSum: reduction((x, axes, keepdim) => log(sum(x, axes, { keepdim }))),
  ReduceLogSumExp: reduction(logSumExp),
};
