/** @file einsum's shapes in types: letters bound to sizes, and the axes that "..." stands for. At run time: ops/einsum.ts. */
import type { BroadcastShape } from "./dense-rules.ts";
import type { Dim, Dims, Fits, Misfit, Show, ShowDim, SplitAt } from "./dims.ts";
import type { AnyUnranked } from "./join-rules.ts";

/** einsum by its equation, where that is written; operands' shapes in List. */
export type EinsumShape<E extends string, List extends readonly unknown[]> = string extends E
  ? Dims
  : true extends AnyUnranked<List>
    ? Dims
    : number extends List["length"]
      ? Dims
      : E extends `${string}...${string}`
        ? Dotted<Unspaced<E>, List>
        : Unspaced<E> extends `${infer Left}->${infer Right}`
          ? Summed<Terms<Left>, List, Letters<Right>>
          : Summed<Terms<Unspaced<E>>, List, Once<Letters<Unspaced<E>>>>;
type Unspaced<E extends string> = E extends `${infer A} ${infer B}` ? Unspaced<`${A}${B}`> : E;
type Terms<E extends string> = E extends `${infer A},${infer B}` ? [Letters<A>, ...Terms<B>] : [Letters<E>];
type Letters<E extends string, Out extends readonly string[] = []> = E extends `${infer H}${infer T}`
  ? Letters<T, [...Out, H]>
  : Out;
type Alphabet = Letters<"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz">;
/** The letters that stand once, in the order of the alphabet. */
type Once<
  L extends readonly string[],
  All extends readonly string[] = Alphabet,
  Out extends readonly string[] = [],
> = All extends readonly [infer C extends string, ...infer Rest extends readonly string[]]
  ? Once<L, Rest, Times<L, C> extends [0] ? [...Out, C] : Out>
  : Out;
type Times<L extends readonly string[], C extends string, Out extends readonly 0[] = []> = L extends readonly [
  infer H,
  ...infer T extends readonly string[],
]
  ? Times<T, C, H extends C ? [...Out, 0] : Out>
  : Out;
type Summed<
  T extends readonly (readonly string[])[],
  List extends readonly unknown[],
  Out extends readonly string[],
> = T["length"] extends List["length"]
  ? Bound<T, List> extends infer Map
    ? Map extends Misfit<string>
      ? Map
      : Looked<Out, Map>
    : never
  : Misfit<`einsum: ${T["length"]} operands are named, got ${List["length"]}`>;
type Looked<Out extends readonly string[], Map, Done extends Dims = []> = Out extends readonly [
  infer C extends string,
  ...infer T extends readonly string[],
]
  ? C extends keyof Map
    ? Looked<T, Map, [...Done, Map[C] & Dim]>
    : Misfit<`einsum: "${C}" of the result is in no operand`>
  : Done;
/** The sizes of all letters. */
// biome-ignore lint/complexity/noBannedTypes: the map that begins empty
type Bound<T extends readonly (readonly string[])[], List extends readonly unknown[], Map = {}> = T extends readonly [
  infer L extends readonly string[],
  ...infer Ts extends readonly (readonly string[])[],
]
  ? List extends readonly [infer X extends Dims, ...infer Xs]
    ? L["length"] extends X["length"]
      ? BoundOne<L, X, Map> extends infer Next
        ? Next extends Misfit<string>
          ? Next
          : Bound<Ts, Xs, Next>
        : never
      : Misfit<`einsum: ${L["length"]} letters for the ${X["length"]} axes of ${Show<X>}`>
    : never
  : Map;
type BoundOne<L extends readonly string[], X extends Dims, Map> = L extends readonly [
  infer C extends string,
  ...infer Ls extends readonly string[],
]
  ? X extends readonly [infer H, ...infer Xs extends Dims]
    ? C extends keyof Map
      ? [H] extends [1]
        ? BoundOne<Ls, Xs, Map>
        : [Map[C]] extends [1]
          ? BoundOne<Ls, Xs, Omit<Map, C> & Record<C, H>>
          : Fits<Map[C], H> extends true
            ? BoundOne<Ls, Xs, number extends Map[C] ? Omit<Map, C> & Record<C, H> : Map>
            : Misfit<`einsum: axis "${C}" is ${ShowDim<Map[C]>} here and ${ShowDim<H>} there`>
      : BoundOne<Ls, Xs, Map & Record<C, H>>
    : Map
  : Map;

/** With "...": its axes are cut out of every operand and broadcast; what is left is an equation of letters. */
type Dotted<E extends string, List extends readonly unknown[]> = E extends `${infer Left}->${infer Right}`
  ? WithDots<Undot<Split<Left>, List>, Right>
  : WithDots<Undot<Split<E>, List>, `...${Joined<Once<Letters<Bare<E>>>>}`>;
type Split<E extends string> = E extends `${infer A},${infer B}` ? [A, ...Split<B>] : [E];
/** Without dots and commas. */
type Bare<E extends string> = E extends `${infer A}...${infer B}`
  ? `${Bare<A>}${Bare<B>}`
  : E extends `${infer A},${infer B}`
    ? `${A}${Bare<B>}`
    : E;
type Joined<L extends readonly string[]> = L extends readonly [
  infer H extends string,
  ...infer T extends readonly string[],
]
  ? `${H}${Joined<T>}`
  : "";
type Undot<
  T extends readonly string[],
  List extends readonly unknown[],
  Left extends readonly (readonly string[])[] = [],
  Shapes extends readonly unknown[] = [],
  Dots extends Dims = [],
> = T extends readonly [infer H extends string, ...infer Ts extends readonly string[]]
  ? List extends readonly [infer X extends Dims, ...infer Xs]
    ? H extends `${infer A}...${infer B}`
      ? Around<X, Letters<A>, Letters<B>> extends [infer Kept extends Dims, infer Own extends Dims]
        ? BroadcastShape<"einsum", Dots, Own> extends infer All
          ? All extends Dims
            ? Undot<Ts, Xs, [...Left, [...Letters<A>, ...Letters<B>]], [...Shapes, Kept], All>
            : All
          : never
        : Misfit<`einsum: ${Letters<`${A}${B}`>["length"]} letters for the ${X["length"]} axes of ${Show<X>}`>
      : Undot<Ts, Xs, [...Left, Letters<H>], [...Shapes, X], Dots>
    : Misfit<"einsum: fewer operands than the equation names">
  : List extends readonly []
    ? { left: Left; shapes: Shapes; dots: Dots }
    : Misfit<"einsum: more operands than the equation names">;
/** The sizes with a letter, and those that "..." stands for. */
type Around<X extends Dims, A extends readonly string[], B extends readonly string[]> =
  SplitAt<X, A["length"]> extends [infer Head extends Dims, infer Rest extends Dims]
    ? FromEnd<Rest, B["length"]> extends [infer Own extends Dims, infer Tail extends Dims]
      ? [[...Head, ...Tail], Own]
      : "none"
    : "none";
type FromEnd<X extends Dims, Count extends number, Tail extends Dims = []> = Tail["length"] extends Count
  ? [X, Tail]
  : X extends readonly [...infer Rest extends Dims, infer H extends Dim]
    ? FromEnd<Rest, Count, [H, ...Tail]>
    : "none";
type WithDots<U, Right extends string> = U extends {
  left: infer Left extends readonly (readonly string[])[];
  shapes: infer Shapes extends readonly unknown[];
  dots: infer Dots extends Dims;
}
  ? Right extends `${infer A}...${infer B}`
    ? Placed<Summed<Left, Shapes, Letters<A>>, Dots, Summed<Left, Shapes, Letters<B>>>
    : Summed<Left, Shapes, Letters<Right>>
  : U;
type Placed<A, Dots extends Dims, B> = A extends Dims ? (B extends Dims ? [...A, ...Dots, ...B] : B) : A;
