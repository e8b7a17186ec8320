/** @file Shapes of several tensors together, in types. The run-time rules: ops/join.ts, ops/matmul.ts. */
import type { Add, AtLeast, FloorDivide, Subtract } from "./arithmetic.ts";
import type { At } from "./axis.ts";
import type { BroadcastShape, SameSizes } from "./dense-rules.ts";
import type { Dim, Dims, Fits, Literal, Misfit, Show, ShowDim, Size, Unranked } from "./dims.ts";
import type { InsertShape } from "./order-rules.ts";

/** Shapes alike, along a new axis. */
export type StackShape<List extends readonly unknown[], D> = List extends readonly [
  infer First extends Dims,
  ...infer Rest,
]
  ? true extends AnyUnranked<List>
    ? Dims
    : Unlike<First, Rest> extends infer Other
      ? Other extends Dims
        ? Misfit<`stack: ${Show<First>} and ${Show<Other>} differ`>
        : InsertShape<"stack", First, D, List["length"]>
      : never
  : Dims;
export type AnyUnranked<List extends readonly unknown[]> = List extends readonly [infer H, ...infer T]
  ? H extends Dims
    ? Unranked<H> extends true
      ? true
      : AnyUnranked<T>
    : true
  : false;
type Unlike<First extends Dims, Rest extends readonly unknown[]> = Rest extends readonly [
  infer H extends Dims,
  ...infer T,
]
  ? SameSizes<First, H> extends true
    ? Unlike<First, T>
    : H
  : "none";

/** Pieces of axis D: of a size, or of a list of sizes. A list of shapes, a misfit, or unknown. */
export type SplitShapes<X extends Dims, N, D> =
  At<"split", X, D> extends infer Found
    ? Found extends [infer Head extends Dims, infer H, infer Tail extends Dims]
      ? [N] extends [number]
        ? Cut<Size<H>, Literal<N>> extends infer Sizes
          ? Sizes extends readonly number[]
            ? Pieces<Sizes, Head, Tail>
            : readonly Dims[]
          : never
        : [N] extends [readonly number[]]
          ? number extends N["length"]
            ? readonly Dims[]
            : Total<N> extends infer Sum extends number
              ? Fits<Sum, Size<H>> extends true
                ? Pieces<N, Head, Tail>
                : Misfit<`split: sizes ${Show<N>} do not add up to ${ShowDim<H>} along axis ${ShowDim<D>} of ${Show<X>}`>
              : never
          : readonly Dims[]
      : Found extends Misfit<string>
        ? Found
        : readonly Dims[]
    : never;
type Pieces<Sizes extends readonly number[], Head extends Dims, Tail extends Dims> = {
  -readonly [I in keyof Sizes]: [...Head, Literal<Sizes[I]>, ...Tail];
};
type Total<N extends readonly number[], Sum extends number = 0> = N extends readonly [
  infer H extends number,
  ...infer T extends readonly number[],
]
  ? Total<T, Add<Sum, Literal<H>>>
  : Sum;
/** Size cut into pieces of N, the last smaller; unknown beyond 99 pieces. */
type Cut<H extends number, N extends number> = number extends H | N
  ? "unknown"
  : N extends 0
    ? "unknown"
    : AtLeast<FloorDivide<H, N>, 100> extends true
      ? "unknown"
      : CutPieces<H, N>;
type CutPieces<H extends number, N extends number, Out extends readonly number[] = []> =
  AtLeast<N, H> extends true ? [...Out, H] : CutPieces<Subtract<H, N>, N, [...Out, N]>;

/** chunk(): the pieces' size is the axis over their number, rounded up. */
export type ChunkShapes<X extends Dims, C, D> =
  At<"chunk", X, D> extends infer Found
    ? Found extends [Dims, infer H, Dims]
      ? number extends Literal<C>
        ? readonly Dims[]
        : SplitShapes<X, FloorDivide<Subtract<Add<Size<H>, Literal<C>>, 1>, Literal<C>>, D>
      : Found extends Misfit<string>
        ? Found
        : readonly Dims[]
    : never;

/** The matrix product of A and B; vectors stand for one row or one column. */
export type MatmulShape<A extends Dims, B extends Dims> = true extends Unranked<A> | Unranked<B>
  ? Dims
  : A extends readonly [infer k]
    ? B extends readonly [infer k2]
      ? Inner<k, k2, A, B> extends true
        ? []
        : Inner<k, k2, A, B>
      : B extends readonly [...infer Lead extends Dims, infer k2, infer n extends Dim]
        ? Inner<k, k2, A, B> extends true
          ? [...Lead, n]
          : Inner<k, k2, A, B>
        : NoScalar
    : A extends readonly [...infer LeadA extends Dims, infer m extends Dim, infer k]
      ? B extends readonly [infer k2]
        ? Inner<k, k2, A, B> extends true
          ? [...LeadA, m]
          : Inner<k, k2, A, B>
        : B extends readonly [...infer LeadB extends Dims, infer k2, infer n extends Dim]
          ? Inner<k, k2, A, B> extends true
            ? BroadcastShape<"matmul", LeadA, LeadB> extends infer Lead
              ? Lead extends Dims
                ? [...Lead, m, n]
                : Lead
              : never
            : Inner<k, k2, A, B>
          : NoScalar
      : NoScalar;
type NoScalar = Misfit<"matmul: scalars have no matrix product">;
type Inner<K, K2, A extends Dims, B extends Dims> =
  Fits<K, K2> extends true
    ? true
    : Misfit<`matmul: ${Show<A>} has ${ShowDim<K>} columns, ${Show<B>} ${ShowDim<K2>} rows`>;
