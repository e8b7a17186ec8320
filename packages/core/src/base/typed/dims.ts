/** @file Shapes in types: what a size may be, what a misfit looks like, and how options are read. No run-time code. */
import type { Add, Multiply } from "./arithmetic.ts";

/** A size; `number` where only the run knows it; a name such as "N" for one that any number may take: the batch. */
export type Dim = number | string;
/** A shape as the compiler sees it; `readonly Dim[]` itself when even the number of axes is unknown. */
export type Dims = readonly Dim[];

/** What a layer's type becomes when it does not fit: the compiler's message shows the text. */
export interface Misfit<Text extends string> {
  readonly misfit: Text;
}

/** A rule's result: a shape or a misfit. */
export type Outcome = Dims | Misfit<string>;

/** Whether the number of axes is unknown. */
export type Unranked<X extends Dims> = number extends X["length"] ? true : false;

/** [8, ?, 32]: a shape in a message. */
export type Show<X extends Dims, Out extends string = ""> = X extends readonly [
  infer H extends Dim,
  ...infer T extends Dims,
]
  ? Show<T, Out extends "" ? ShowDim<H> : `${Out}, ${ShowDim<H>}`>
  : Unranked<X> extends true
    ? "[…]"
    : `[${Out}]`;
export type ShowDim<D> = D extends string ? D : D extends number ? (number extends D ? "?" : `${D}`) : "?";

/** Whether a size may stand where another is wanted: equal, or one of them unknown. */
export type Fits<A, B> = number extends A ? true : number extends B ? true : A extends B ? true : false;

/** A size for arithmetic: names count as unknown. */
export type Size<D> = D extends number ? D : number;

export type IsUnion<V, All = V> = V extends unknown ? ([All] extends [V] ? false : true) : never;

/** A number written in the source; whatever else (a variable, one of several, a fraction, below zero) is `number`. */
export type Literal<V> = [V] extends [number]
  ? number extends V
    ? number
    : IsUnion<V> extends true
      ? number
      : `${V}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
        ? number
        : V
  : number;

/** 3 → [3, 3]; [1, 2] as it is: an option of height and width. */
export type PairOf<V> = [V] extends [number]
  ? [Literal<V>, Literal<V>]
  : [V] extends [readonly [infer A, infer B]]
    ? [Literal<A>, Literal<B>]
    : [V] extends [readonly [infer A]]
      ? [Literal<A>, Literal<A>]
      : [number, number];

/** 3 and [3] → 3: an option of one axis. */
export type SingleOf<V> = [V] extends [readonly [infer A]] ? Literal<A> : Literal<V>;

/** An entry of an options object, or its default. */
export type Option<O, K extends string, Default> = K extends keyof O
  ? [O[K]] extends [null | undefined]
    ? Default
    : O[K]
  : Default;

/** Number of elements. */
export type Product<X extends Dims, Out extends number = 1> = X extends readonly [
  infer H extends Dim,
  ...infer T extends Dims,
]
  ? Product<T, Multiply<Out, Size<H>>>
  : Unranked<X> extends true
    ? number
    : Out;

/** The first `Count` sizes, and the rest; "none" when there are fewer. */
export type SplitAt<X extends Dims, Count extends number, Head extends Dims = []> = Head["length"] extends Count
  ? [Head, X]
  : X extends readonly [infer H extends Dim, ...infer T extends Dims]
    ? SplitAt<T, Count, [...Head, H]>
    : "none";

/** (C, H, W) or (N, C, H, W) as [[] or [N], C, H, W]; "none" for another number of axes. */
export type Maps<X extends Dims> = X extends readonly [infer C extends Dim, infer H extends Dim, infer W extends Dim]
  ? [[], C, H, W]
  : X extends readonly [infer N extends Dim, infer C extends Dim, infer H extends Dim, infer W extends Dim]
    ? [[N], C, H, W]
    : "none";

/** The sum of two sizes that may be names. */
export type AddDim<A, B> = Add<Size<A>, Size<B>>;

/** Options as written, refusing names that are none: inferring them exactly would let misspelt ones pass. */
export type Written<P, Options> = P & {
  readonly [Name in Exclude<keyof P, keyof Options>]: Misfit<"there is no option of this name">;
};
