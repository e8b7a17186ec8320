/** @file Shapes of dense, flattening and normalising layers in types, and of addition and concatenation. */
import type { AddDim, Dim, Dims, Fits, Literal, Misfit, Product, Show, ShowDim, SplitAt, Unranked } from "./dims.ts";

type Num<V> = V extends number ? V : number;

/** Linear(I, O) on X. */
export type LinearShape<X extends Dims, I, O> = X extends readonly [...infer R extends Dims, infer L extends Dim]
  ? Fits<L, I> extends true
    ? [...R, Num<O>]
    : Misfit<`linear: expects ${ShowDim<I>} input features, got ${ShowDim<L>} in ${Show<X>}${R["length"] extends 3 ? ": is a Flatten missing?" : ""}`>
  : Unranked<X> extends true
    ? [...number[], Num<O>]
    : Misfit<`linear: expects ${ShowDim<I>} input features, got ${Show<X>}`>;

/** Flatten(...D) on X: startDim 1 and endDim −1 unless given. */
export type FlattenLayerShape<X extends Dims, D> = D extends readonly []
  ? FlattenShape<X, 1, -1>
  : D extends readonly [infer From]
    ? FlattenShape<X, From, -1>
    : D extends readonly [infer From, infer To]
      ? FlattenShape<X, From, To>
      : Dims;

/** flatten(From, To) on X. Written for From ≥ 0 and To ≥ 0 or −1; others leave the shape unknown. */
export type FlattenShape<X extends Dims, From, To> =
  Unranked<X> extends true
    ? [From, To] extends [1, -1]
      ? [number, number]
      : Dims
    : number extends Literal<From>
      ? Dims
      : SplitAt<X, Literal<From>> extends [infer Head extends Dims, infer Rest extends Dims]
        ? Rest extends readonly []
          ? Head extends readonly []
            ? [1]
            : Misfit<`flatten: there is no axis ${ShowDim<From>} in ${Show<X>}`>
          : [To] extends [-1]
            ? [...Head, Product<Rest>]
            : number extends Literal<To>
              ? Dims
              : SplitAt<X, AddDim<Literal<To>, 1>> extends [infer Until extends Dims, infer Tail extends Dims]
                ? Until extends readonly [...Head, ...infer Joined extends Dims]
                  ? Joined extends readonly []
                    ? Misfit<`flatten: startDim ${ShowDim<From>} lies behind endDim ${ShowDim<To>}`>
                    : [...Head, Product<Joined>, ...Tail]
                  : Misfit<`flatten: startDim ${ShowDim<From>} lies behind endDim ${ShowDim<To>}`>
                : Misfit<`flatten: there is no axis ${ShowDim<To>} in ${Show<X>}`>
        : Misfit<`flatten: there is no axis ${ShowDim<From>} in ${Show<X>}`>;

/** A layer with C channels on X, of which it wants Ranks axes; the shape stays. `Start` is what is known of an unknown input. */
export type ChannelsShape<Where extends string, X extends Dims, C, Ranks extends number, Start extends Dims> =
  Unranked<X> extends true
    ? Start
    : X["length"] extends Ranks
      ? ChannelOf<X> extends infer Own
        ? Fits<Own, C> extends true
          ? X
          : Misfit<`${Where}: expects ${ShowDim<C>} channels, got ${ShowDim<Own>} in ${Show<X>}`>
        : never
      : Misfit<`${Where}: expects [batch, channels${Ranks extends 4 ? ", height, width" : ", …"}], got ${Show<X>}`>;
type ChannelOf<X extends Dims> = X extends readonly [Dim, infer C, ...Dims] ? C : number;

/** InstanceNorm2d(C) on X: channels count only where the input has them first or second. */
export type InstanceNormShape<X extends Dims, C> =
  Unranked<X> extends true
    ? X
    : X extends readonly [...infer N extends Dims, infer Own, Dim, Dim]
      ? N["length"] extends 0 | 1
        ? Fits<Own, C> extends true
          ? X
          : Misfit<`instanceNorm2d: expects ${ShowDim<C>} channels, got ${ShowDim<Own>} in ${Show<X>}`>
        : Misfit<`instanceNorm2d: expects [batch, channels, height, width], got ${Show<X>}`>
      : Misfit<`instanceNorm2d: expects [batch, channels, height, width], got ${Show<X>}`>;

/** LayerNorm(S) on X: X must end in S. */
export type LayerNormShape<X extends Dims, S> =
  Unranked<X> extends true
    ? X
    : ([S] extends [number] ? [S] : S) extends infer Want
      ? Want extends Dims
        ? Unranked<Want> extends true
          ? X
          : EndsIn<X, Want> extends true
            ? X
            : Misfit<`layerNorm: expects an input that ends in ${Show<Want>}, got ${Show<X>}`>
        : X
      : never;
type EndsIn<X extends Dims, S extends Dims> = S extends readonly [...infer Ss extends Dims, infer B]
  ? X extends readonly [...infer Xs extends Dims, infer A]
    ? Fits<A, Literal<B>> extends true
      ? EndsIn<Xs, Ss>
      : false
    : false
  : true;

/** NumPy's broadcasting, from the last axis. */
export type BroadcastShape<Where extends string, A extends Dims, B extends Dims> = true extends
  | Unranked<A>
  | Unranked<B>
  ? Dims
  : Zip<A, B> extends infer Out
    ? Out extends Dims
      ? Out
      : Misfit<`${Where}: ${Show<A>} and ${Show<B>} do not broadcast`>
    : never;
type Zip<A extends Dims, B extends Dims, Out extends Dims = []> = A extends readonly [
  ...infer As extends Dims,
  infer a extends Dim,
]
  ? B extends readonly [...infer Bs extends Dims, infer b extends Dim]
    ? Meet<a, b> extends infer m extends Dim
      ? [m] extends [never]
        ? "misfit"
        : Zip<As, Bs, [m, ...Out]>
      : never
    : [...A, ...Out]
  : [...B, ...Out];
type Meet<A extends Dim, B extends Dim> = A extends 1
  ? B
  : B extends 1
    ? A
    : number extends A
      ? number extends B
        ? number
        : B
      : number extends B
        ? A
        : A extends B
          ? A
          : never;

/** x + f(x): the same shape on both sides. */
export type ResidualShape<A, B> =
  A extends Misfit<string>
    ? A
    : B extends Misfit<string>
      ? B
      : A extends Dims
        ? B extends Dims
          ? true extends Unranked<A> | Unranked<B>
            ? Dims
            : SameSizes<A, B> extends true
              ? BroadcastShape<"residual", A, B>
              : Misfit<`residual: the branch gives ${Show<A>}, the way around it ${Show<B>}`>
          : never
        : never;
/** Whether two shapes are the same as far as they are known. */
export type SameSizes<A extends Dims, B extends Dims> = A extends readonly [infer a, ...infer As extends Dims]
  ? B extends readonly [infer b, ...infer Bs extends Dims]
    ? Fits<a, b> extends true
      ? SameSizes<As, Bs>
      : false
    : false
  : B extends readonly []
    ? true
    : false;

/** Shapes joined along an axis ≥ 0 they have; all other sizes equal. */
export type CatShape<List extends readonly unknown[], Axis, Out extends Dims | null = null> = List extends readonly [
  infer H,
  ...infer T,
]
  ? H extends Misfit<string>
    ? H
    : H extends Dims
      ? true extends Unranked<H> | (number extends Literal<Axis> ? true : false)
        ? Dims
        : Out extends Dims
          ? Joined<Out, H, Literal<Axis>> extends infer J
            ? J extends Dims
              ? CatShape<T, Axis, J>
              : Misfit<`cat: ${Show<Out>} and ${Show<H>} differ outside axis ${ShowDim<Axis>}`>
            : never
          : CatShape<T, Axis, [...H]>
      : never
  : number extends List["length"]
    ? Dims
    : Out extends Dims
      ? Out
      : Dims;
type Joined<A extends Dims, B extends Dims, Axis extends number> = [SplitAt<A, Axis>, SplitAt<B, Axis>] extends [
  [infer AH extends Dims, readonly [infer a, ...infer AT extends Dims]],
  [infer BH extends Dims, readonly [infer b, ...infer BT extends Dims]],
]
  ? [SameSizes<AH, BH>, SameSizes<AT, BT>] extends [true, true]
    ? [...AH, AddDim<a, b>, ...AT]
    : "misfit"
  : "misfit";
