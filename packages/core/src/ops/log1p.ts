/** @file log(1 + x) and eˣ − 1 that keep their digits near 0, from the kernels there are. Outside the graph. */
import type { Tensor } from "../autograd/tensor.ts";
import { add, compare, div, mul, where } from "./binary.ts";
import { affine, exp, log, tanh } from "./unary.ts";

/** log(1 + x): log(u)·x/(u − 1) with u the rounded 1 + x, which cancels its rounding error (Kahan). @internal */
export function log1p(x: Tensor): Tensor {
  const u = affine(x, 1, 1);
  const rounded = affine(u, 1, -1);
  const same = compare("eq", rounded, 0);
  const infinite = compare("eq", u, Number.POSITIVE_INFINITY);
  return where(same, x, where(infinite, u, div(mul(log(u), x), where(same, 1, rounded))));
}

/** eˣ − 1 = (eˣ + 1)·tanh(x/2). @internal */
export function expm1(x: Tensor): Tensor {
  return mul(affine(exp(x), 1, 1), tanh(affine(x, 0.5, 0)));
}

/** log(1 + eˣ) = max(x, 0) + log(1 + e^{−|x|}), which overflows nowhere. @internal */
export function logOnePlusExp(x: Tensor): Tensor {
  const positive = compare("gt", x, 0);
  const minus = where(positive, affine(x, -1, 0), x);
  return add(where(positive, x, 0), log1p(exp(minus)));
}
