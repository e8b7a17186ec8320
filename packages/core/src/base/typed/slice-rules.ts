/** @file What cutting along axes, and putting beside, does to shapes, in types. The run-time rules: ops/view.ts, ops/arrange.ts, ops/pad.ts. */
import type { Add, AtLeast, FloorDivide, Multiply, Subtract } from "./arithmetic.ts";
import type { At } from "./axis.ts";
import type { Dim, Dims, Literal, Misfit, Show, ShowDim, Size, Unranked } from "./dims.ts";

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
