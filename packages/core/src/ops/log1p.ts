/** @file log(1 + x) and eˣ − 1 that keep their digits near 0, from the kernels there are. */

import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { add, compare, div, mul, where } from "./binary.ts";
import { pointwise } from "./composed.ts";
import { affine, exp, log, neg, sigmoid, tanh } from "./unary.ts";

const log1pOp = pointwise<null>(
  "log1p",
  (x) => {
    const u = affine(x, 1, 1);
    const rounded = affine(u, 1, -1);
    const same = compare("eq", rounded, 0);
    const infinite = compare("eq", u, Number.POSITIVE_INFINITY);
    return where(same, x, where(infinite, u, div(mul(log(u), x), where(same, 1, rounded))));
  },
  (g, x) => div(g, affine(x, 1, 1)),
);

const expm1Op = pointwise<null>(
  "expm1",
  (x) => mul(affine(exp(x), 1, 1), tanh(affine(x, 0.5, 0))),
  (g, x) => mul(g, exp(x)),
);

const logOnePlusExpOp = pointwise<null>(
  "logOnePlusExp",
  (x) => {
    const positive = compare("gt", x, 0);
    const minus = where(positive, neg(x), x);
    return add(where(positive, x, 0), log1p(exp(minus)));
  },
  (g, x) => mul(g, sigmoid(x)),
);

/**
 * log(1 + x) of each element, with all digits near 0: log(u)·x/(u − 1) with u the rounded 1 + x, which cancels its
 * rounding error (Kahan). −∞ at −1, NaN below.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.log1p.
 *
 * @example
 * const x = tensor(1e-8);
 * (await log1p(x).item()) / 1e-8; // 1.0
 * (await log(x.add(1)).item()) / 1e-8; // 0.0
 */
export function log1p<S extends Shape>(x: Tensor<S>): Tensor<S>;
export function log1p(x: Tensor): Tensor {
  return log1pOp(x, null);
}

/**
 * eˣ − 1 = (eˣ + 1)·tanh(x/2) of each element, with all digits near 0.
 *
 * Throws   DTypeError "dtype" unless float32.
 * Source   torch.expm1.
 *
 * @example
 * (await expm1(tensor(1e-8)).item()) / 1e-8; // 1.0
 */
export function expm1<S extends Shape>(x: Tensor<S>): Tensor<S>;
export function expm1(x: Tensor): Tensor {
  return expm1Op(x, null);
}

/** log(1 + eˣ) = max(x, 0) + log(1 + e^{−|x|}), which overflows nowhere. @internal */
export function logOnePlusExp(x: Tensor): Tensor {
  return logOnePlusExpOp(x, null);
}
