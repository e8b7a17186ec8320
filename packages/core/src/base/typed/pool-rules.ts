/** @file Shapes of pooling and of layers that change the size of maps, in types. Run-time rules: ops/pool-shape.ts and others. */
import type { Add, AtLeast, Divides, FloorDivide, Multiply } from "./arithmetic.ts";
import type { Dims, Literal, Maps, Misfit, Option, PairOf, Show, ShowDim, Size, Unranked } from "./dims.ts";
import type { Oversized, PoolWindows, TooSmall, Twice } from "./windows.ts";

type Pair = [number, number];
type NoMaps<
  Where extends string,
  X extends Dims,
> = `${Where}: expects [batch, channels, height, width], got ${Show<X>}`;

/** The stride may stand second or among the options; without it windows do not overlap. */
type StrideOf<K, S, P> = [S] extends [number | readonly number[]]
  ? PairOf<S>
  : Option<P, "stride", null> extends infer V
    ? [V] extends [null]
      ? PairOf<K>
      : PairOf<V>
    : never;

/** MaxPool2d or AvgPool2d(K, S, P) on X; S is a stride, left out, or the options. */
export type PoolShape<Where extends string, X extends Dims, K, S, P> = [S] extends [
  number | readonly number[] | null | undefined,
]
  ? Pooled<Where, X, K, S, P>
  : [S] extends [object]
    ? Pooled<Where, X, K, unknown, S>
    : Pooled<Where, X, K, unknown, P>;

type Pooled<Where extends string, X extends Dims, K, S, P> =
  PairOf<Option<P, "padding", 0>> extends infer Pad extends Pair
    ? [AtLeast<PairOf<K>[0], Twice<Pad>[0]>, AtLeast<PairOf<K>[1], Twice<Pad>[1]>] extends [infer A, infer B]
      ? false extends (boolean extends A ? true : A) | (boolean extends B ? true : B)
        ? Misfit<`${Where}: padding ${ShowDim<Pad[0]>} × ${ShowDim<Pad[1]>} must be at most half of the window ${ShowDim<PairOf<K>[0]>} × ${ShowDim<PairOf<K>[1]>}`>
        : Unranked<X> extends true
          ? X
          : Maps<X> extends [infer N extends Dims, infer C, infer H, infer W]
            ? PooledMaps<
                Where,
                X,
                [...N, C & (number | string)],
                H,
                W,
                PairOf<K>,
                StrideOf<K, S, P>,
                Pad,
                PairOf<Option<P, "dilation", 1>>,
                Option<P, "ceilMode", false>
              >
            : Misfit<NoMaps<Where, X>>
      : never
    : never;

type PooledMaps<
  Where extends string,
  X extends Dims,
  Lead extends Dims,
  H,
  W,
  K extends Pair,
  S extends Pair,
  P extends Pair,
  D extends Pair,
  Ceil,
> = [
  PoolWindows<H, [K[0], S[0], Twice<P>[0], D[0]], P[0], Ceil>,
  PoolWindows<W, [K[1], S[1], Twice<P>[1], D[1]], P[1], Ceil>,
] extends [infer h extends number, infer w extends number]
  ? true extends TooSmall<h> | TooSmall<w>
    ? Misfit<Oversized<Where, H, W, K, D, Twice<P>, X>>
    : [...Lead, h, w]
  : never;

type Wanted<V, Own> = [V] extends [null] ? Own : Literal<V>;

/** AdaptiveAvgPool2d or AdaptiveMaxPool2d(K) on X; null keeps a size. */
export type AdaptivePoolShape<Where extends string, X extends Dims, K> = (
  [K] extends [readonly [infer A, infer B]]
    ? [A, B]
    : [K] extends [number | null]
      ? [K, K]
      : [number, number]
) extends [infer A, infer B]
  ? Unranked<X> extends true
    ? [number, number, Wanted<A, number>, Wanted<B, number>]
    : Maps<X> extends [infer N extends Dims, infer C, infer H, infer W]
      ? [...N, C & (number | string), Wanted<A, H> & (number | string), Wanted<B, W> & (number | string)]
      : Misfit<NoMaps<Where, X>>
  : never;

/** Upsample({ size } or { scaleFactor }) on X. */
export type UpsampleShape<X extends Dims, P> =
  Unranked<X> extends true
    ? X
    : X extends readonly [infer N extends number | string, infer C extends number | string, infer H, infer W]
      ? "size" extends keyof P
        ? [N, C, ...PairOf<P["size"]>]
        : "scaleFactor" extends keyof P
          ? [N, C, Multiply<Size<H>, PairOf<P["scaleFactor"]>[0]>, Multiply<Size<W>, PairOf<P["scaleFactor"]>[1]>]
          : [N, C, number, number]
      : Misfit<NoMaps<"upsample", X>>;

/** PixelShuffle(R) on X. */
export type PixelShuffleShape<X extends Dims, R> =
  Unranked<X> extends true
    ? X
    : X extends readonly [...infer N extends Dims, infer C, infer H, infer W]
      ? Divides<Multiply<Literal<R>, Literal<R>>, Size<C>> extends true
        ? [
            ...N,
            FloorDivide<Size<C>, Multiply<Literal<R>, Literal<R>>>,
            Multiply<Size<H>, Literal<R>>,
            Multiply<Size<W>, Literal<R>>,
          ]
        : Misfit<`pixelShuffle: ${ShowDim<R>}² = ${Multiply<Literal<R>, Literal<R>>} must divide ${ShowDim<C>} channels in ${Show<X>}`>
      : Misfit<`pixelShuffle: expects [batch, channels, height, width], got ${Show<X>}`>;

/** PixelUnshuffle(R) on X. */
export type PixelUnshuffleShape<X extends Dims, R> =
  Unranked<X> extends true
    ? X
    : X extends readonly [...infer N extends Dims, infer C, infer H, infer W]
      ? [Divides<Literal<R>, Size<H>>, Divides<Literal<R>, Size<W>>] extends [true, true]
        ? [
            ...N,
            Multiply<Size<C>, Multiply<Literal<R>, Literal<R>>>,
            FloorDivide<Size<H>, Literal<R>>,
            FloorDivide<Size<W>, Literal<R>>,
          ]
        : Misfit<`pixelUnshuffle: ${ShowDim<R>} must divide ${ShowDim<H>} × ${ShowDim<W>} in ${Show<X>}`>
      : Misfit<`pixelUnshuffle: expects [batch, channels, height, width], got ${Show<X>}`>;

/** ZeroPad2d and its like (P) on X: one number, or [left, right, top, bottom]. */
export type PadShape<X extends Dims, P> =
  Unranked<X> extends true
    ? X
    : Maps<X> extends [infer N extends Dims, infer C, infer H, infer W]
      ? (
          [P] extends [readonly [infer L, infer R, infer T, infer B]]
            ? [Add<Literal<T>, Literal<B>>, Add<Literal<L>, Literal<R>>]
            : Twice<PairOf<P>>
        ) extends [infer V extends number, infer U extends number]
        ? [...N, C & (number | string), Add<Size<H>, V>, Add<Size<W>, U>]
        : never
      : Misfit<NoMaps<"pad", X>>;
