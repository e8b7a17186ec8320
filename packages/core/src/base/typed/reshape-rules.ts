/** @file What reshape does to shapes, in types. The run-time rule: base/shape.ts. */
import type { FloorDivide, Multiply } from "./arithmetic.ts";
import type { Dim, Dims, Fits, Misfit, Product, Show, ShowDim, Size, Unranked } from "./dims.ts";

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
