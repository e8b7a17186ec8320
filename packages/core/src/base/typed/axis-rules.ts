/** @file What reductions and views do to shapes, in types. The run-time rules: ops/sum.ts, ops/view.ts, ops/extremum.ts. */
import type { Add, AtLeast, FloorDivide, Multiply, Subtract } from "./arithmetic.ts";
import type {
  Dim,
  Dims,
  Fits,
  IsUnion,
  Literal,
  Misfit,
  Option,
  Product,
  Show,
  ShowDim,
  Size,
  SplitAt,
  Unranked,
} from "./dims.ts";

/** An axis counted from the front, "none" when there is none, `number` when it cannot be known. */
export type AxisOf<D, Rank extends number> = [D] extends [number]
  ? number extends D
    ? number
    : IsUnion<D> extends true
      ? number
      : `${D}` extends `-${infer Back extends number}`
        ? Subtract<Rank, Back> extends infer A extends number
          ? A extends -1
            ? "none"
            : A
          : never
        : AtLeast<D, Rank> extends true
          ? "none"
          : D
  : number;

/** What is said of an axis that X does not have. */
export type NoAxis<
  Where extends string,
  D,
  X extends Dims,
> = Misfit<`${Where}: there is no axis ${ShowDim<D>} in ${Show<X>}`>;

/** X taken apart at axis D: [before, its size, behind]; a misfit; unknown for an axis that cannot be known. */
export type At<Where extends string, X extends Dims, D> =
  Unranked<X> extends true
    ? Dims
    : AxisOf<D, X["length"]> extends infer A
      ? A extends "none"
        ? NoAxis<Where, D, X>
        : number extends A
          ? Dims
          : SplitAt<X, A & number> extends [infer Head extends Dims, readonly [infer H, ...infer Tail extends Dims]]
            ? [Head, H, Tail]
            : never
      : never;

/** X with axis D replaced by the sizes New. */
export type Replaced<Where extends string, X extends Dims, D, New extends Dims> =
  At<Where, X, D> extends infer Found
    ? Found extends [infer Head extends Dims, unknown, infer Tail extends Dims]
      ? [...Head, ...New, ...Tail]
      : Found
    : never;

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

/** Axis D cut to `Length` entries. */
export type NarrowShape<X extends Dims, D, Length> =
  At<"narrow", X, D> extends infer Found
    ? Found extends [infer Head extends Dims, infer H, infer Tail extends Dims]
      ? AtLeast<Size<H>, Literal<Length>> extends false
        ? Misfit<`narrow: ${ShowDim<Length>} entries do not lie in axis ${ShowDim<D>} of ${Show<X>}`>
        : [...Head, Literal<Length>, ...Tail]
      : Found
    : never;

type Least<A extends number, B extends number> =
  AtLeast<A, B> extends infer More ? (boolean extends More ? number : More extends true ? B : A) : never;
/** How many entries start:end:step has of H; `number` unless all are written and none is below 0. */
type SliceSize<H, Start, End, Step> = [End] extends [undefined]
  ? Steps<Least<Size<H>, FromStart<Start>>, Size<H>, StepOf<Step>>
  : Steps<Least<Size<H>, FromStart<Start>>, Least<Size<H>, Literal<End>>, StepOf<Step>>;
type FromStart<S> = [S] extends [undefined] ? 0 : Literal<S>;
type StepOf<S> = [S] extends [undefined] ? 1 : Literal<S>;
type Steps<From extends number, To extends number, Step extends number> =
  Subtract<To, From> extends infer Room extends number
    ? [Room] extends [-1]
      ? 0
      : FloorDivide<Add<Room, Subtract<Step, 1>>, Step>
    : never;

/** start:end:step of axis D. */
export type SliceShape<X extends Dims, D, Start, End, Step> =
  At<"slice", X, D> extends infer Found
    ? Found extends [infer Head extends Dims, infer H, infer Tail extends Dims]
      ? [...Head, SliceSize<H, Start, End, Step>, ...Tail]
      : Found
    : never;

/** index(): an item for each axis from the first. Tensors leave the shape unknown. */
export type IndexShape<X extends Dims, Items> = Items extends readonly unknown[]
  ? true extends Unranked<X> | (number extends Items["length"] ? true : false)
    ? Dims
    : Indexed<X, Items> extends infer Y
      ? Y extends "many"
        ? Misfit<`index: ${Items["length"]} items for ${X["length"]} axes`>
        : Y
      : never
  : Dims;
type Indexed<X extends Dims, Items extends readonly unknown[], Out extends Dims = []> = Items extends readonly [
  infer I,
  ...infer Rest,
]
  ? X extends readonly [infer H extends Dim, ...infer T extends Dims]
    ? [I] extends [number]
      ? Indexed<T, Rest, Out>
      : [I] extends [null]
        ? Indexed<T, Rest, [...Out, H]>
        : [I] extends [readonly unknown[]]
          ? Indexed<T, Rest, [...Out, SliceSize<H, I[0], I[1], I[2]>]>
          : Dims
    : "many"
  : [...Out, ...X];

/** X side by side with itself. */
export type RepeatShape<X extends Dims, R> = R extends Dims
  ? true extends Unranked<X> | Unranked<R>
    ? Dims
    : AtLeast<R["length"], X["length"]> extends true
      ? Repeated<X, R>
      : Misfit<`repeat: ${Show<R>} must have a number for each axis of ${Show<X>}`>
  : Dims;
type Repeated<X extends Dims, R extends Dims, Out extends Dims = []> = R extends readonly [
  ...infer Rs extends Dims,
  infer r,
]
  ? X extends readonly [...infer Xs extends Dims, infer x]
    ? Repeated<Xs, Rs, [Multiply<Size<x>, Literal<r>>, ...Out]>
    : Repeated<X, Rs, [Literal<r>, ...Out]>
  : Out;

/** functional.pad: two numbers an axis, the last axis first. */
export type PaddedShape<X extends Dims, P> = P extends Dims
  ? true extends Unranked<X> | Unranked<P>
    ? Dims
    : Padded<X, P> extends infer Y
      ? Y extends "many"
        ? Misfit<`pad: ${Show<P>} pads more axes than ${Show<X>} has`>
        : Y
      : never
  : Dims;
type Padded<X extends Dims, P extends Dims, Out extends Dims = []> = P extends readonly [
  infer B,
  infer A,
  ...infer Rest extends Dims,
]
  ? X extends readonly [...infer Xs extends Dims, infer x]
    ? Padded<Xs, Rest, [Add<Size<x>, Add<Literal<B>, Literal<A>>>, ...Out]>
    : "many"
  : [...X, ...Out];

/** The k first entries of axis D in order. */
export type TopkShape<X extends Dims, K, D> =
  At<"topk", X, D> extends infer Found
    ? Found extends [infer Head extends Dims, infer H, infer Tail extends Dims]
      ? AtLeast<Size<H>, Literal<K>> extends false
        ? Misfit<`topk: k must be a whole number from 0 to ${ShowDim<H>}, got ${ShowDim<K>}`>
        : [...Head, Literal<K>, ...Tail]
      : Found
    : never;

/** reshape to T, of which one size may be −1. */
export type ReshapeShape<Where extends string, X extends Dims, T extends Dims> = true extends Unranked<X> | Unranked<T>
  ? Dims
  : Product<X> extends infer All extends number
    ? OpenSizes<T> extends infer Open
      ? Open extends "none"
        ? Fits<Product<T>, All> extends true
          ? Sizes<T>
          : Misfit<`${Where}: ${Show<X>} has ${ShowDim<All>} elements, ${Show<T>} ${ShowDim<Product<T>>}`>
        : Open extends "one"
          ? Product<Without<T>> extends infer Rest extends number
            ? Divides0<Rest, All> extends true
              ? Filled<T, FloorDivide<All, Rest>>
              : Misfit<`${Where}: ${Show<X>} has ${ShowDim<All>} elements, which do not go into ${Show<T>}`>
            : never
          : Misfit<`${Where}: only one size may be -1, got ${Show<T>}`>
      : never
    : never;
type Sizes<T extends Dims> = { -readonly [I in keyof T]: Size<T[I]> };
/** "none", "one" or "many" sizes of −1. */
type OpenSizes<T extends Dims, Found extends "none" | "one" = "none"> = T extends readonly [
  infer H,
  ...infer R extends Dims,
]
  ? [H] extends [-1]
    ? Found extends "one"
      ? "many"
      : OpenSizes<R, "one">
    : OpenSizes<R, Found>
  : Found;
type Without<T extends Dims, Out extends Dims = []> = T extends readonly [infer H extends Dim, ...infer R extends Dims]
  ? [H] extends [-1]
    ? Without<R, Out>
    : Without<R, [...Out, H]>
  : Out;
type Filled<T extends Dims, N extends number> = { -readonly [I in keyof T]: [T[I]] extends [-1] ? N : Size<T[I]> };
type Divides0<B extends number, A extends number> = number extends A | B
  ? true
  : Multiply<FloorDivide<A, B>, B> extends A
    ? true
    : B extends 0
      ? true
      : false;
