import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { amax, amin, argmax, argmin, max, min } from "./extremum.ts";
import type { Dims, ExtremumMethod, ReduceMethod, ReduceOptions, VarianceOptions } from "./reduction-types.ts";
import { cumprod, cumsum, prod } from "./running.ts";
import { argsort, type Sorted, sort, topk } from "./sort.ts";
import { all, any, logsumexp, norm, std, variance } from "./statistics.ts";
import { mean, sum } from "./sum.ts";

declare module "../autograd/tensor.ts" {
  interface Tensor<S extends Shape = Shape> {
    /** The sum along `dim`: one axis, several, or all. See sum(). */
    sum: ReduceMethod;
    /** The mean along `dim`: one axis, several, or all. See mean(). */
    mean: ReduceMethod;
    /** The largest along `dim`: one axis, several, or all. See amax(). */
    amax: ReduceMethod;
    /** The smallest along `dim`: one axis, several, or all. See amin(). */
    amin: ReduceMethod;
    /** The largest along one axis with its index, or of everything. See max(). */
    max: ExtremumMethod;
    /** The smallest along one axis with its index, or of everything. See min(). */
    min: ExtremumMethod;
    /** The index of the first largest along `dim`, or of all; int32. See argmax(). */
    argmax: ReduceMethod<number>;
    /** The index of the first smallest along `dim`, or of all; int32. See argmin(). */
    argmin: ReduceMethod<number>;
    /** Σ (x − mean)²/(n − correction) along `dim`; correction 1. See variance(). */
    variance: ReduceMethod<Dims, VarianceOptions>;
    /** variance() under PyTorch's name. */
    var: ReduceMethod<Dims, VarianceOptions>;
    /** The root of the variance along `dim`. See std(). */
    std: ReduceMethod<Dims, VarianceOptions>;
    /** log Σ eˣ along `dim`, without overflow. See logsumexp(). */
    logsumexp: ReduceMethod;
    /** Whether any element along `dim` is not 0; bool. See any(). */
    any: ReduceMethod;
    /** Whether no element along `dim` is 0; bool. See all(). */
    all: ReduceMethod;
    /** The product along `dim`, or of everything. See prod(). */
    prod: ReduceMethod<number>;
    /** (Σ |x|ᵖ)^{1/p} along `dim`; p 2. See norm(). */
    norm<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      p?: number,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The sum of all entries of an axis up to and including each. See cumsum(). */
    cumsum(dim: number): Tensor<S>;
    /** The product of all entries of an axis up to and including each. See cumprod(). */
    cumprod(dim: number): Tensor<S>;
    /** The entries of an axis (default the last) in order, with the places they came from. See sort(). */
    sort(dim?: number, options?: { descending?: boolean }): Sorted<S>;
    /** The places of an axis's entries in order, int32. See argsort(). */
    argsort(dim?: number, options?: { descending?: boolean }): Tensor<S>;
    /** The k largest entries of an axis (default the last) with their places. See topk(). */
    topk<X extends Shape, const K extends number, const D extends number = -1>(
      this: Tensor<X> & Fit<["topk", K, D], X>,
      k: K,
      dim?: D,
      options?: { largest?: boolean },
    ): Sorted<Given<["topk", K, D], X>>;
  }
}

/** @internal */
export const reductions = {
  sum,
  mean,
  amax,
  amin,
  max,
  min,
  argmax,
  argmin,
  variance,
  std,
  norm,
  logsumexp,
  any,
  all,
  prod,
  cumsum,
  cumprod,
  sort,
  argsort,
  topk,
  var: variance,
};
