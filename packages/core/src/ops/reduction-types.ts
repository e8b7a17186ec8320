/** @file The shapes of reductions in types, for functions and methods. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";

/** One axis or several; undefined means all. */
export type Dims = number | readonly number[] | undefined;

/** What every reduction takes besides the axes. */
export interface ReduceOptions {
  /** Keep the reduced axes with size 1. Default false. */
  keepdim?: boolean;
}

/** What variance and deviation take. */
export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the number of values before dividing: 1 estimates a population's variance. Default 1. */
  correction?: number;
}

/** No options. */
export type None = Record<never, never>;

/** What a reduction of `dim` takes: an input that has the axes, and what it may leave out. */
export type Reducing<S extends Shape, D extends Dims, P, O = ReduceOptions> = [
  input: Tensor<S> & Fit<["reduce", D, P], S>,
  dim?: D,
  options?: Written<P, O>,
];

/** What comes of it. */
export type Reduced<S extends Shape, D extends Dims, P> = Tensor<Given<["reduce", D, P], S>>;

/** Of one axis the extrema and where they are, of everything the one extremum. */
export type Extremum<S extends Shape, D extends number | undefined, P> = D extends undefined
  ? Reduced<S, D, P>
  : { values: Reduced<S, D, P>; indices: Reduced<S, D, P> };

/** A reduction as a method; `D` are the axes it may take. */
export type ReduceMethod<Axes extends Dims = Dims, O extends ReduceOptions = ReduceOptions> = <
  X extends Shape,
  const D extends Axes | undefined = undefined,
  const P extends VarianceOptions = None,
>(
  this: Tensor<X> & Fit<["reduce", D, P], X>,
  dim?: D,
  options?: Written<P, O>,
) => Reduced<X, D, P>;

/** max and min as methods. */
export type ExtremumMethod = <
  X extends Shape,
  const D extends number | undefined = undefined,
  const P extends ReduceOptions = None,
>(
  this: Tensor<X> & Fit<["reduce", D, P], X>,
  dim?: D,
  options?: Written<P, ReduceOptions>,
) => Extremum<X, D, P>;
