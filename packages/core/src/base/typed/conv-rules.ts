/** @file Shapes of convolutions in types. The run-time rules: ops/conv2d.ts, ops/conv1d.ts, ops/conv-transpose2d.ts. */
import type { Add, Divides } from "./arithmetic.ts";
import type {
  Dims,
  Fits,
  Literal,
  Maps,
  Misfit,
  Option,
  PairOf,
  Show,
  ShowDim,
  SingleOf,
  Size,
  Unranked,
} from "./dims.ts";
import type { Axis, Oversized, Span, Spread, TooSmall, TotalPadding, Twice, Windows } from "./windows.ts";

type Num<V> = V extends number ? V : number;

/** What stops a layer with these groups from being made. */
type BadGroups<Where extends string, I, O, G> = [Divides<Num<G>, Num<I>>, Divides<Num<G>, Num<O>>] extends [true, true]
  ? false
  : Misfit<`${Where}: groups ${ShowDim<G>} must divide ${ShowDim<I>} input and ${ShowDim<O>} output channels`>;

type WrongChannels<
  Where extends string,
  I,
  C,
  X extends Dims,
> = `${Where}: expects ${ShowDim<I>} input channels, got ${ShowDim<C>} in ${Show<X>}`;

type StrideOf<P> = PairOf<Option<P, "stride", 1>>;
type DilationOf<P> = PairOf<Option<P, "dilation", 1>>;
/** "same" keeps the size only when nothing is skipped. */
type SameWithStride<P> = [Option<P, "padding", 0>] extends ["same"]
  ? StrideOf<P> extends [1 | infer A, 1 | infer B]
    ? [number extends A ? 1 : A, number extends B ? 1 : B] extends [1, 1]
      ? false
      : true
    : true
  : false;

/** Conv2d(I, O, K, P) on X. */
export type Conv2dShape<X extends Dims, I, O, K, P> =
  BadGroups<"conv2d", I, O, Literal<Option<P, "groups", 1>>> extends infer Bad
    ? Bad extends Misfit<string>
      ? Bad
      : SameWithStride<P> extends true
        ? Misfit<`conv2d: padding "same" needs stride 1, got ${ShowDim<StrideOf<P>[0]>} × ${ShowDim<StrideOf<P>[1]>}`>
        : Unranked<X> extends true
          ? [number, Num<O>, number, number]
          : Maps<X> extends [infer N extends Dims, infer C, infer H, infer W]
            ? Fits<C, I> extends true
              ? ConvMaps<
                  "conv2d",
                  X,
                  N,
                  Num<O>,
                  H,
                  W,
                  PairOf<K>,
                  StrideOf<P>,
                  TotalPadding<Option<P, "padding", 0>, PairOf<K>, DilationOf<P>>,
                  DilationOf<P>
                >
              : Misfit<WrongChannels<"conv2d", I, C, X>>
            : Misfit<`conv2d: expects [batch, channels, height, width], got ${Show<X>}`>
    : never;

type Empty<H> = [H] extends [0] ? true : false;
type ConvMaps<
  Where extends string,
  X extends Dims,
  N extends Dims,
  O extends number,
  H,
  W,
  K extends [number, number],
  S extends [number, number],
  P extends [number, number],
  D extends [number, number],
> = [Windows<H, [K[0], S[0], P[0], D[0]]>, Windows<W, [K[1], S[1], P[1], D[1]]>] extends [
  infer h extends number,
  infer w extends number,
]
  ? true extends TooSmall<h> | TooSmall<w>
    ? Misfit<Oversized<Where, H, W, K, D, P, X>>
    : true extends Empty<H> | Empty<W>
      ? Misfit<`${Where}: the images have no pixels: ${Show<X>}`>
      : [...N, O, h, w]
  : never;

/** Conv1d(I, O, K, P) on X: (N, C, L) or (C, L). */
export type Conv1dShape<X extends Dims, I, O, K, P> =
  BadGroups<"conv1d", I, O, Literal<Option<P, "groups", 1>>> extends infer Bad
    ? Bad extends Misfit<string>
      ? Bad
      : Unranked<X> extends true
        ? [number, Num<O>, number]
        : X extends readonly [...infer N extends Dims, infer C, infer L]
          ? N["length"] extends 0 | 1
            ? Fits<C, I> extends true
              ? Conv1dLine<
                  X,
                  N,
                  Num<O>,
                  L,
                  [
                    SingleOf<K>,
                    SingleOf<Option<P, "stride", 1>>,
                    LinePadding<Option<P, "padding", 0>, SingleOf<K>, SingleOf<Option<P, "dilation", 1>>>,
                    SingleOf<Option<P, "dilation", 1>>,
                  ]
                >
              : Misfit<WrongChannels<"conv1d", I, C, X>>
            : Misfit<`conv1d: expects [batch, channels, length], got ${Show<X>}`>
          : Misfit<`conv1d: expects [batch, channels, length], got ${Show<X>}`>
    : never;

type LinePadding<P, K extends number, D extends number> = TotalPadding<
  P extends readonly [infer A] ? A : P,
  [K, K],
  [D, D]
>[0];
type Conv1dLine<X extends Dims, N extends Dims, O extends number, L, A extends Axis> =
  Windows<L, A> extends infer l extends number
    ? TooSmall<l> extends true
      ? Misfit<`conv1d: the window covers ${Span<A[0], A[3]>}, the padded input is only ${Add<Size<L>, A[2]>} in ${Show<X>}`>
      : [...N, O, l]
    : never;

/** ConvTranspose2d(I, O, K, P) on X. */
export type ConvTranspose2dShape<X extends Dims, I, O, K, P> =
  BadGroups<"convTranspose2d", I, O, Literal<Option<P, "groups", 1>>> extends infer Bad
    ? Bad extends Misfit<string>
      ? Bad
      : Unranked<X> extends true
        ? [number, Num<O>, number, number]
        : Maps<X> extends [infer N extends Dims, infer C, infer H, infer W]
          ? Fits<C, I> extends true
            ? SpreadMaps<
                X,
                N,
                Num<O>,
                H,
                W,
                PairOf<K>,
                StrideOf<P>,
                Twice<PairOf<Option<P, "padding", 0>>>,
                DilationOf<P>,
                PairOf<Option<P, "outputPadding", 0>>
              >
            : Misfit<WrongChannels<"convTranspose2d", I, C, X>>
          : Misfit<`convTranspose2d: expects [batch, channels, height, width], got ${Show<X>}`>
    : never;

type SpreadMaps<
  X extends Dims,
  N extends Dims,
  O extends number,
  H,
  W,
  K extends [number, number],
  S extends [number, number],
  P extends [number, number],
  D extends [number, number],
  E extends [number, number],
> = [Spread<H, [K[0], S[0], P[0], D[0]], E[0]>, Spread<W, [K[1], S[1], P[1], D[1]], E[1]>] extends [
  infer h extends number,
  infer w extends number,
]
  ? true extends TooSmall<h> | TooSmall<w>
    ? Misfit<`convTranspose2d: padding takes away all of ${Show<X>}`>
    : [...N, O, h, w]
  : never;

/** ConvTranspose1d(I, O, K, P) on X: (N, C, L) or (C, L). */
export type ConvTranspose1dShape<X extends Dims, I, O, K, P> =
  BadGroups<"convTranspose1d", I, O, Literal<Option<P, "groups", 1>>> extends infer Bad
    ? Bad extends Misfit<string>
      ? Bad
      : Unranked<X> extends true
        ? [number, Num<O>, number]
        : X extends readonly [...infer N extends Dims, infer C, infer L]
          ? N["length"] extends 0 | 1
            ? Fits<C, I> extends true
              ? Spread<
                  L,
                  [
                    SingleOf<K>,
                    SingleOf<Option<P, "stride", 1>>,
                    Twice<[SingleOf<Option<P, "padding", 0>>, 0]>[0],
                    SingleOf<Option<P, "dilation", 1>>,
                  ],
                  SingleOf<Option<P, "outputPadding", 0>>
                > extends infer l extends number
                ? TooSmall<l> extends true
                  ? Misfit<`convTranspose1d: padding takes away all of ${Show<X>}`>
                  : [...N, Num<O>, l]
                : never
              : Misfit<WrongChannels<"convTranspose1d", I, C, X>>
            : Misfit<`convTranspose1d: expects [batch, channels, length], got ${Show<X>}`>
          : Misfit<`convTranspose1d: expects [batch, channels, length], got ${Show<X>}`>
    : never;
