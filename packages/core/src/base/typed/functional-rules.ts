/** @file Shapes of functions that take their weights as tensors, by way of the layers' rules. */
import type { Multiply } from "./arithmetic.ts";
import type { Dims, Literal, Option, Size } from "./dims.ts";

type Groups<P> = Literal<Option<P, "groups", 1>>;
type Num<V> = V extends number ? V : number;

/** A convolution by its weight (O, C/groups, kH, kW), as the layer's rule. */
export type Conv2dRule<W extends Dims, P> = W extends readonly [infer O, infer C, infer H, infer K]
  ? ["conv2d", Multiply<Size<C>, Num<Groups<P>>>, Size<O>, [Size<H>, Size<K>], P]
  : ["conv2d", number, number, [number, number], P];

/** By its weight (O, C/groups, k). */
export type Conv1dRule<W extends Dims, P> = W extends readonly [infer O, infer C, infer K]
  ? ["conv1d", Multiply<Size<C>, Num<Groups<P>>>, Size<O>, Size<K>, P]
  : ["conv1d", number, number, number, P];

/** A transposed convolution by its weight (C, O/groups, kH, kW). */
export type ConvTranspose2dRule<W extends Dims, P> = W extends readonly [infer C, infer O, infer H, infer K]
  ? ["convTranspose2d", Size<C>, Multiply<Size<O>, Num<Groups<P>>>, [Size<H>, Size<K>], P]
  : ["convTranspose2d", number, number, [number, number], P];

/** By its weight (C, O/groups, k). */
export type ConvTranspose1dRule<W extends Dims, P> = W extends readonly [infer C, infer O, infer K]
  ? ["convTranspose1d", Size<C>, Multiply<Size<O>, Num<Groups<P>>>, Size<K>, P]
  : ["convTranspose1d", number, number, number, P];

/** A dense layer by its weight (O, I). */
export type LinearRule<W extends Dims> = W extends readonly [infer O, infer I]
  ? ["linear", Size<I>, Size<O>]
  : ["linear", number, number];
