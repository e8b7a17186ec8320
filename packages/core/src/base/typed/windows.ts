/** @file How many windows fit, as a type: the arithmetic of ops/conv2d.ts, ops/pool-shape.ts and ops/conv-transpose2d.ts. */
import type { Add, AtLeast, FloorDivide, Multiply, Subtract } from "./arithmetic.ts";
import type { PairOf, Show, Size } from "./dims.ts";

/** dilation·(kernel − 1) + 1. */
export type Span<K extends number, D extends number> = Add<Multiply<D, Subtract<K, 1>>, 1>;

/** A window, one axis: kernel, stride, padding at both ends together, dilation. */
export type Axis = readonly [kernel: number, stride: number, padding: number, dilation: number];

/** ⌊(H + padding − span)/stride⌋ + 1; −1 when the window does not fit. */
export type Windows<H, A extends Axis> =
  Subtract<Add<Size<H>, A[2]>, Span<A[0], A[3]>> extends infer Room extends number
    ? [Room] extends [-1]
      ? -1
      : Add<FloorDivide<Room, A[1]>, 1>
    : never;

/** The same rounded up, but a last window must begin inside the input or its left padding, `Before`. */
export type CeilWindows<H, A extends Axis, Before extends number> =
  Subtract<Add<Add<Size<H>, A[2]>, Subtract<A[1], 1>>, Span<A[0], A[3]>> extends infer Room extends number
    ? [Room] extends [-1]
      ? -1
      : FloorDivide<Room, A[1]> extends infer Last extends number
        ? AtLeast<Multiply<Last, A[1]>, Add<Size<H>, Before>> extends infer Outside
          ? boolean extends Outside
            ? number
            : Outside extends true
              ? Last
              : Add<Last, 1>
          : never
        : never
    : never;

/** Windows by a ceilMode that may be unknown. */
export type PoolWindows<H, A extends Axis, Before extends number, Ceil> = [Ceil] extends [true]
  ? CeilWindows<H, A, Before>
  : [Ceil] extends [false]
    ? Windows<H, A>
    : number;

/** (H − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1; −1 below zero. */
export type Spread<H, A extends Axis, Extra extends number> = Subtract<
  Add<Add<Multiply<Subtract<Size<H>, 1>, A[1]>, Span<A[0], A[3]>>, Extra>,
  A[2]
>;

export type Twice<P> = P extends readonly [infer A extends number, infer B extends number]
  ? [Multiply<2, A>, Multiply<2, B>]
  : [number, number];

/** Zeros at both ends of each axis together, by the option: numbers, "valid", or "same" for this kernel. */
export type TotalPadding<P, K extends readonly number[], D extends readonly number[]> = [P] extends ["same"]
  ? [Multiply<D[0], Subtract<K[0], 1>>, Multiply<D[1], Subtract<K[1], 1>>]
  : [P] extends ["valid"]
    ? [0, 0]
    : [P] extends [number | readonly number[]]
      ? Twice<PairOf<P>>
      : [number, number];

/** Whether an output size tells that no window fits. */
export type TooSmall<H> = [H] extends [-1] ? true : [H] extends [0] ? true : false;

/** What is said of a window larger than what it slides over. */
export type Oversized<
  Where extends string,
  H,
  W,
  K extends readonly number[],
  D extends readonly number[],
  P extends readonly number[],
  X extends readonly (number | string)[],
> = `${Where}: the window covers ${Span<K[0], D[0]>} × ${Span<K[1], D[1]>}, the padded input is only ${Add<Size<H>, P[0]>} × ${Add<Size<W>, P[1]>} in ${Show<X>}`;
