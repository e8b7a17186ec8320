/** @file Variance, norms and other reductions that are put together from sums. */

import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { add, compare, div, mul, pow, sub, where } from "./binary.ts";
import { to } from "./cast.ts";
import { clamp } from "./clamp.ts";
import { amax, amin } from "./extremum.ts";
import type { Dims, None, Reduced, ReduceOptions, Reducing, VarianceOptions } from "./reduction-types.ts";
import { mean, reducedAxes, reducedShape, sum } from "./sum.ts";
import { abs, exp, log, sqrt } from "./unary.ts";
import { reshape } from "./view.ts";

interface EpsOptions {
  /** What is divided by at least. Default 1e-12. */
  eps?: number;
}

/** The root, with the slope 0 at 0 instead of infinity, torch's choice for norm and std; NaN stays. */
function rootOf(t: Tensor): Tensor {
  const above = compare("gt", t, 0);
  return where(above, sqrt(where(above, t, 1)), where(compare("eq", t, t), 0, t));
}

/**
 * Σ (x − mean)²/(n − correction) along `dim` (all by default); NaN when nothing is left to divide by.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  correction 1, keepdim false.
 * Throws   ShapeError "dim", "dims"; DTypeError "dtype" unless float32.
 * Source   torch.var (`var` is a word of JavaScript's).
 *
 * @example
 * await variance(tensor([1, 2, 3, 4])).item(); // 1.6667
 * await variance(tensor([1, 2, 3, 4]), 0, { correction: 0 }).item(); // 1.25
 */
export function variance<S extends Shape, const D extends Dims = undefined, const P extends VarianceOptions = None>(
  ...given: Reducing<S, D, P, VarianceOptions>
): Reduced<S, D, P>;
export function variance(input: Tensor, dim?: Dims, options: VarianceOptions = {}): Tensor {
  checkKnown("variance", options, { correction: 0, keepdim: 0 });
  const { correction = 1, keepdim = false } = options;
  const axes = reducedAxes("variance", dim, input.ndim);
  const count = axes.reduce((n, axis) => n * input.shape[axis]!, 1);
  const centred = sub(input, mean(input, axes, { keepdim: true }));
  return div(sum(mul(centred, centred), axes, { keepdim }), Math.max(0, count - correction));
}

/**
 * √variance along `dim` (all by default); its gradient is 0 where it is 0.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  correction 1, keepdim false.
 * Throws   ShapeError "dim", "dims"; DTypeError "dtype" unless float32.
 * Source   torch.std.
 *
 * @example
 * await std(tensor([[1, 3], [2, 8]]), 1).tolist(); // [1.4142, 4.2426]
 */
export function std<S extends Shape, const D extends Dims = undefined, const P extends VarianceOptions = None>(
  ...given: Reducing<S, D, P, VarianceOptions>
): Reduced<S, D, P>;
export function std(input: Tensor, dim?: Dims, options: VarianceOptions = {}): Tensor {
  checkKnown("std", options, { correction: 0, keepdim: 0 });
  return rootOf(variance(input, dim, options));
}

/**
 * (Σ |x|ᵖ)^{1/p} along `dim` (all by default). p = ±∞: the largest or smallest magnitude; 0: how many are not 0.
 * The gradient of a norm that is 0 is 0.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  p 2, keepdim false.
 * Throws   ShapeError "dim", "dims"; DTypeError "dtype" unless float32.
 * Source   torch.linalg.vector_norm.
 *
 * @example
 * await norm(tensor([3, -4])).item(); // 5
 * await norm(tensor([[3, -4], [1, 1]]), 1, 1).tolist(); // [7, 2]
 */
export function norm<
  S extends Shape,
  const D extends Dims = undefined,
  const P extends ReduceOptions = Record<never, never>,
>(
  input: Tensor<S> & Fit<["reduce", D, P], S>,
  p?: number,
  dim?: D,
  options?: Written<P, ReduceOptions>,
): Tensor<Given<["reduce", D, P], S>>;
export function norm(input: Tensor, p = 2, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("norm", options, { keepdim: 0 });
  if (p === 2) return rootOf(sum(mul(input, input), dim, options));
  const magnitude = abs(input);
  if (p === 1) return sum(magnitude, dim, options);
  if (p === Number.POSITIVE_INFINITY) return amax(magnitude, dim, options);
  if (p === Number.NEGATIVE_INFINITY) return amin(magnitude, dim, options);
  if (p === 0) return sum(to(compare("ne", input, 0), "float32"), dim, options);
  return pow(sum(pow(magnitude, p), dim, options), 1 / p);
}

/**
 * x / max(‖x‖ₚ, eps): of length 1 along `dim`, whatever was there; zeros stay.
 *
 * Shape    as the input.
 * Options  p 2, dim 1, eps 1e-12.
 * Throws   ShapeError "dim", "dims"; DTypeError "dtype" unless float32; ArgumentError "option".
 * Source   torch.nn.functional.normalize.
 *
 * @example
 * await normalize(tensor([[3, -4], [0, 0]])).tolist(); // [[0.6, -0.8], [0, 0]]
 */
export function normalize<S extends Shape>(input: Tensor<S>, p?: number, dim?: Dims, options?: EpsOptions): Tensor<S>;
export function normalize(input: Tensor, p = 2, dim: Dims = 1, options: EpsOptions = {}): Tensor {
  checkKnown("normalize", options, { eps: 0 });
  return div(input, clamp(norm(input, p, dim, { keepdim: true }), options.eps ?? 1e-12));
}

/**
 * log Σ eˣ along `dim`, without overflow.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "dim", "dims"; DTypeError "dtype" unless float32.
 * Source   torch.logsumexp.
 *
 * @example
 * await logsumexp(tensor([1000, 1000]), 0).item(); // 1000.693
 */
export function logsumexp<S extends Shape, const D extends Dims, const P extends ReduceOptions = Record<never, never>>(
  input: Tensor<S> & Fit<["reduce", D, P], S>,
  dim: D,
  options?: Written<P, ReduceOptions>,
): Tensor<Given<["reduce", D, P], S>>;
export function logsumexp(input: Tensor, dim: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("logsumexp", options, { keepdim: 0 });
  const axes = reducedAxes("logsumexp", dim, input.ndim);
  const largest = amax(input.detach(), axes, { keepdim: true });
  // Of nothing but −∞ the difference would be NaN.
  const shift = where(compare("lt", abs(largest), Number.POSITIVE_INFINITY), largest, 0);
  const total = add(log(sum(exp(sub(input, shift)), axes, { keepdim: true })), shift);
  return options.keepdim ? total : reshape(total, reducedShape(input.shape, axes, false));
}

/**
 * Whether any element is not 0, along `dim` or of all; bool. Of nothing it is false.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "dim" for an axis that does not exist, "dims" for one named twice.
 * Source   torch.any.
 *
 * @example
 * await any(tensor([[0, 0], [0, 3]]), 1).tolist(); // [0, 1]
 */
export function any<S extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = None>(
  ...given: Reducing<S, D, P>
): Reduced<S, D, P>;
export function any(input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("any", options, { keepdim: 0 });
  return compare("gt", sum(to(compare("ne", input, 0), "int32"), dim, options), 0);
}

/**
 * Whether no element is 0, along `dim` or of all; bool. Of nothing it is true.
 *
 * Shape    the axes vanish, or stay with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "dim" for an axis that does not exist, "dims" for one named twice.
 * Source   torch.all.
 *
 * @example
 * await all(tensor([[1, 0], [2, 3]]), 1).tolist(); // [0, 1]
 */
export function all<S extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = None>(
  ...given: Reducing<S, D, P>
): Reduced<S, D, P>;
export function all(input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  checkKnown("all", options, { keepdim: 0 });
  return compare("eq", sum(to(compare("eq", input, 0), "int32"), dim, options), 0);
}
