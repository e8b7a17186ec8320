/** @file Axes by number, in types: counted from the front, and a shape taken apart at one of them. */
import type { AtLeast, Subtract } from "./arithmetic.ts";
import type { Dims, IsUnion, Misfit, Show, ShowDim, SplitAt, Unranked } from "./dims.ts";

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
