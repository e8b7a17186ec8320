/** @file What reductions, and topk, do to shapes, in types. The run-time rules: ops/sum.ts, ops/extremum.ts. */
import type { AtLeast } from "./arithmetic.ts";
import type { At, AxisOf, NoAxis } from "./axis.ts";
import type { Dim, Dims, Literal, Misfit, Option, ShowDim, Size, Unranked } from "./dims.ts";

type AxesOf<D, Rank extends number> = [D] extends [undefined]
  ? "all"
  : [D] extends [number]
    ? AxisOf<D, Rank>
    : [D] extends [readonly []]
      ? "all"
      : [D] extends [readonly number[]]
        ? number extends D["length"]
          ? number
          : { [I in keyof D]: AxisOf<D[I], Rank> }[number]
        : number;
type FirstMissing<D, Rank extends number> = D extends readonly [infer H, ...infer T]
  ? AxisOf<H, Rank> extends "none"
    ? H
    : FirstMissing<T, Rank>
  : D;

/**
 * A reduction of X along D, all axes when undefined, with { keepdim }. All have one rule and so one type: the compiler can
 * tell what `largest ? argmax : argmin` is.
 */
export type ReduceShape<X extends Dims, D, P> =
  Unranked<X> extends true
    ? Dims
    : X extends readonly []
      ? []
      : AxesOf<D, X["length"]> extends infer A
        ? "none" extends A
          ? NoAxis<"reduction", FirstMissing<D, X["length"]>, X>
          : [A] extends ["all"]
            ? Reduced<X, number, Option<P, "keepdim", false>>
            : number extends A
              ? Dims
              : Reduced<X, A, Option<P, "keepdim", false>>
        : never;
/** Axes: the union of those that go; `number` for all. */
type Reduced<X extends Dims, Axes, Keep, Done extends readonly unknown[] = [], Out extends Dims = []> = [Keep] extends [
  boolean,
]
  ? boolean extends Keep
    ? Dims
    : X extends readonly [infer H extends Dim, ...infer T extends Dims]
      ? Done["length"] extends Axes
        ? Reduced<T, Axes, Keep, [...Done, 0], Keep extends true ? [...Out, 1] : Out>
        : Reduced<T, Axes, Keep, [...Done, 0], [...Out, H]>
      : Out
  : Dims;

/** The k first entries of axis D in order. */
export type TopkShape<X extends Dims, K, D> =
  At<"topk", X, D> extends infer Found
    ? Found extends [infer Head extends Dims, infer H, infer Tail extends Dims]
      ? AtLeast<Size<H>, Literal<K>> extends false
        ? Misfit<`topk: k must be a whole number from 0 to ${ShowDim<H>}, got ${ShowDim<K>}`>
        : [...Head, Literal<K>, ...Tail]
      : Found
    : never;
