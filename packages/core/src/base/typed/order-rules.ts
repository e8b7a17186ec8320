/** @file What views that order, drop, add and repeat axes do to shapes, in types. The run-time rules: ops/view.ts. */
import type { At, AxisOf, NoAxis } from "./axis.ts";
import type { Dim, Dims, Fits, Misfit, Show, ShowDim, Size, SplitAt, Unranked } from "./dims.ts";

/** permute to the order D. */
export type PermuteShape<X extends Dims, D> =
  Unranked<X> extends true
    ? Dims
    : D extends readonly number[]
      ? number extends D["length"]
        ? Dims
        : D["length"] extends X["length"]
          ? Ordered<X, D> extends infer Y
            ? Y extends "twice"
              ? NotAnOrder<X, D>
              : Y
            : never
          : NotAnOrder<X, D>
      : Dims;
type NotAnOrder<
  X extends Dims,
  D extends Dims,
> = Misfit<`permute: ${Show<D>} must name each of the ${X["length"]} axes once`>;
type Ordered<X extends Dims, D extends Dims, Seen = never, Out extends Dims = []> = D extends readonly [
  infer H,
  ...infer T extends Dims,
]
  ? AxisOf<H, X["length"]> extends infer A
    ? A extends "none"
      ? NoAxis<"permute", H, X>
      : number extends A
        ? Dims
        : A extends Seen
          ? "twice"
          : Ordered<X, T, Seen | A, [...Out, X[A & number]]>
    : never
  : Out;

/** Axes A and B exchanged. */
export type TransposeShape<X extends Dims, A, B> =
  At<"transpose", X, A> extends infer Left
    ? Left extends [Dims, infer a extends Dim, Dims]
      ? At<"transpose", X, B> extends infer Right
        ? Right extends [Dims, infer b extends Dim, Dims]
          ? Exchanged<X, AxisOf<A, X["length"]>, AxisOf<B, X["length"]>, a, b>
          : Right
        : never
      : Left
    : never;
type Exchanged<X extends Dims, A, B, a extends Dim, b extends Dim, Out extends Dims = []> = X extends readonly [
  infer H extends Dim,
  ...infer T extends Dims,
]
  ? Exchanged<T, A, B, a, b, [...Out, Out["length"] extends A ? b : Out["length"] extends B ? a : H]>
  : Out;

/** Axis D of size 1 removed, or every such axis. */
export type SqueezeShape<X extends Dims, D> =
  Unranked<X> extends true
    ? Dims
    : X extends readonly []
      ? []
      : [D] extends [undefined]
        ? WithoutOnes<X>
        : At<"squeeze", X, D> extends infer Found
          ? Found extends [infer Head extends Dims, infer H, infer Tail extends Dims]
            ? [H] extends [1]
              ? [...Head, ...Tail]
              : number extends Size<H>
                ? Dims
                : X
            : Found
          : never;
type WithoutOnes<X extends Dims, Out extends Dims = []> = X extends readonly [
  infer H extends Dim,
  ...infer T extends Dims,
]
  ? [H] extends [1]
    ? WithoutOnes<T, Out>
    : number extends Size<H>
      ? Dims
      : WithoutOnes<T, [...Out, H]>
  : Out;

/** An axis of size N (1 for unsqueeze) before axis D of the result. */
export type InsertShape<Where extends string, X extends Dims, D, N extends Dim = 1> =
  Unranked<X> extends true
    ? Dims
    : AxisOf<D, [...X, N]["length"]> extends infer A
      ? A extends "none"
        ? Misfit<`${Where}: there is no axis ${ShowDim<D>} in ${Show<[...X, N]>}`>
        : number extends A
          ? Dims
          : SplitAt<X, A & number> extends [infer Head extends Dims, infer Tail extends Dims]
            ? [...Head, N, ...Tail]
            : never
      : never;

/** Axes of size 1 repeated to T; −1 keeps a size. */
export type ExpandShape<X extends Dims, T> = T extends Dims
  ? true extends Unranked<X> | Unranked<T>
    ? Dims
    : Expanded<X, T> extends infer Y
      ? Y extends Dims
        ? Y
        : Misfit<`expand: ${Show<X>} cannot be expanded to ${Show<T>}`>
      : never
  : Dims;
type Expanded<X extends Dims, T extends Dims, Out extends Dims = []> = X extends readonly [
  ...infer Xs extends Dims,
  infer x,
]
  ? T extends readonly [...infer Ts extends Dims, infer t extends Dim]
    ? [t] extends [-1]
      ? Expanded<Xs, Ts, [Size<x>, ...Out]>
      : [x] extends [1]
        ? Expanded<Xs, Ts, [t, ...Out]>
        : Fits<x, t> extends true
          ? Expanded<Xs, Ts, [t, ...Out]>
          : "misfit"
    : "misfit"
  : [...T, ...Out];
