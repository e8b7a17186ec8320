/**
 * @file From a layer's type to its shape rule. Every layer class carries `shapeRule`, a tuple of the rule's name and the
 * layer's arguments, in its type only; the table below says what each rule does to a shape.
 */

import type { Replaced } from "./axis.ts";
import type { Conv1dShape, Conv2dShape, ConvTranspose1dShape, ConvTranspose2dShape } from "./conv-rules.ts";
import type {
  BroadcastShape,
  CatShape,
  ChannelsShape,
  FlattenLayerShape,
  InstanceNormShape,
  LayerNormShape,
  LinearShape,
  ResidualShape,
  SameSizes,
} from "./dense-rules.ts";
import type { Dim, Dims, Misfit, Outcome, Show, Unranked } from "./dims.ts";
import type { EinsumShape } from "./einsum-rules.ts";
import type { MatmulShape, SplitShapes, StackShape } from "./join-rules.ts";
import type { ExpandShape, InsertShape, PermuteShape, SqueezeShape, TransposeShape } from "./order-rules.ts";
import type {
  AdaptivePoolShape,
  PadShape,
  PixelShuffleShape,
  PixelUnshuffleShape,
  PoolShape,
  UpsampleShape,
} from "./pool-rules.ts";
import type { ReduceShape, TopkShape } from "./reduce-rules.ts";
import type { ReshapeShape } from "./reshape-rules.ts";
import type { IndexShape, NarrowShape, PaddedShape, RepeatShape, SliceShape } from "./slice-rules.ts";

/** A rule's name and its arguments. */
export type ShapeRule = readonly [name: string, ...args: unknown[]];

/** What rule R gives for a shape X, by the rule's name. */
export interface ShapeRules<R extends readonly unknown[], X extends Dims> {
  keep: X;
  conv1d: Conv1dShape<X, R[1], R[2], R[3], R[4]>;
  conv2d: Conv2dShape<X, R[1], R[2], R[3], R[4]>;
  convTranspose1d: ConvTranspose1dShape<X, R[1], R[2], R[3], R[4]>;
  convTranspose2d: ConvTranspose2dShape<X, R[1], R[2], R[3], R[4]>;
  maxPool2d: PoolShape<"maxPool2d", X, R[1], R[2], R[3]>;
  avgPool2d: PoolShape<"avgPool2d", X, R[1], R[2], R[3]>;
  adaptiveAvgPool2d: AdaptivePoolShape<"adaptiveAvgPool2d", X, R[1]>;
  adaptiveMaxPool2d: AdaptivePoolShape<"adaptiveMaxPool2d", X, R[1]>;
  upsample: UpsampleShape<X, R[1]>;
  pixelShuffle: PixelShuffleShape<X, R[1]>;
  pixelUnshuffle: PixelUnshuffleShape<X, R[1]>;
  pad: PadShape<X, R[1]>;
  flatten: FlattenLayerShape<X, R[1]>;
  linear: LinearShape<X, R[1], R[2]>;
  embedding: [...X, R[1] extends number ? R[1] : number];
  batchNorm1d: ChannelsShape<"batchNorm1d", X, R[1], 2 | 3, X>;
  batchNorm2d: ChannelsShape<"batchNorm2d", X, R[1], 4, [number, R[1] extends number ? R[1] : number, number, number]>;
  groupNorm: ChannelsShape<"groupNorm", X, R[1], 2 | 3 | 4 | 5, X>;
  instanceNorm2d: InstanceNormShape<X, R[1]>;
  layerNorm: LayerNormShape<X, R[1]>;
  sequence: OnShape<X, R[2], R[1] extends readonly unknown[] ? R[1] : readonly unknown[]>;
  residual: ResidualShape<
    After<R[1], X>,
    R[2] extends readonly [] ? X : R[2] extends readonly [infer A] ? After<A, X> : Dims
  >;
  concat: CatShape<EachOf<R[1], X>, R[2]>;
  // Functions of tensors.
  reduce: ReduceShape<X, R[1], R[2]>;
  permute: PermuteShape<X, R[1]>;
  transpose: TransposeShape<X, R[1], R[2]>;
  squeeze: SqueezeShape<X, R[1]>;
  unsqueeze: InsertShape<"unsqueeze", X, R[1]>;
  expand: ExpandShape<X, R[1]>;
  narrow: NarrowShape<X, R[1], R[2]>;
  slice: SliceShape<X, R[1], R[2], R[3], R[4]>;
  select: Replaced<"select", X, R[1], []>;
  index: IndexShape<X, R[1]>;
  indexSelect: Replaced<"indexSelect", X, R[1], [R[2] extends number ? R[2] : number]>;
  repeat: RepeatShape<X, R[1]>;
  padded: PaddedShape<X, R[1]>;
  topk: TopkShape<X, R[1], R[2]>;
  /** Of which there are several: only the misfit counts. */
  split: SplitShapes<X, R[1], R[2]> extends infer Y ? (Y extends Misfit<string> ? Y : Dims) : never;
  reshape: ReshapeShape<Text<R[1]>, X, R[2] extends Dims ? R[2] : Dims>;
  broadcast: BroadcastShape<Text<R[1]>, X, R[2] extends Dims ? R[2] : Dims>;
  matmul: MatmulShape<X, R[1] extends Dims ? R[1] : Dims>;
  stack: StackShape<[X, ...(R[1] extends readonly unknown[] ? R[1] : [])], R[2]>;
  einsum: EinsumShape<Text<R[1]>, [X, ...(R[2] extends readonly unknown[] ? R[2] : [])]>;
}

type Text<T> = T extends string ? T : string;

/** The shape after rule R, or the misfit; what has no rule leaves the shape unknown. */
export type Apply<R, X extends Dims> = R extends readonly [infer Name extends keyof ShapeRules<[], []>, ...unknown[]]
  ? ShapeRules<R, X>[Name] extends infer Y extends Outcome
    ? Y
    : Dims
  : Dims;

/** A layer's rule; a layer may stand beside its name. */
export type RuleOf<L> = L extends readonly [string, infer M]
  ? RuleOf<M>
  : L extends { readonly shapeRule?: infer R }
    ? R
    : unknown;

/** The shape after one layer. */
export type After<L, X extends Dims> = Apply<RuleOf<L>, X>;

/** The shape after a list of layers, or the first misfit. */
export type Chain<L extends readonly unknown[], X extends Dims> = L extends readonly [infer H, ...infer T]
  ? After<H, X> extends infer Y
    ? Y extends Dims
      ? Chain<T, Y>
      : Y
    : never
  : number extends L["length"]
    ? Dims
    : X;

/** Layers L on a batch of samples of shape I, which may be unknown. */
type OnShape<X extends Dims, I, L extends readonly unknown[]> = I extends Dims
  ? true extends Unranked<I> | Unranked<X>
    ? Chain<L, X>
    : X extends readonly [infer N extends Dim, ...infer Sample extends Dims]
      ? SameSizes<Sample, I> extends true
        ? Chain<L, [N, ...I]>
        : Misfit<`sequential: expects ${Show<["N", ...I]>}, got ${Show<X>}`>
      : Misfit<`sequential: expects ${Show<["N", ...I]>}, got ${Show<X>}`>
  : Chain<L, X>;

type EachOf<L, X extends Dims> = L extends readonly [infer H, ...infer T]
  ? [After<H, X>, ...EachOf<T, X>]
  : L extends readonly []
    ? []
    : unknown[];

/**
 * The list itself, with the first layer that does not fit made into its misfit, so that the compiler points at it.
 * A list of unknown length passes.
 */
export type Checked<
  L extends readonly unknown[],
  X extends Dims,
  Done extends readonly unknown[] = [],
> = L extends readonly [infer H, ...infer T]
  ? After<H, X> extends infer Y
    ? Y extends Dims
      ? Checked<T, Y, [...Done, H]>
      : [...Done, H & Y, ...T]
    : never
  : number extends L["length"]
    ? L
    : Done;

/** The shape of a result: unknown when the input's is, so that plain `let x: Tensor` code stays plain. */
export type Result<X extends Dims, Y> =
  Unranked<X> extends true ? readonly number[] : Y extends readonly number[] ? Y : readonly number[];

/** What a tensor of shape X must be besides a tensor when Y is what comes of it: nothing more, or a misfit that no tensor is. */
export type Fitting<X extends Dims, Y> = Unranked<X> extends true ? unknown : Y extends Misfit<string> ? Y : unknown;

/** The same where an unknown shape is no misfit: what comes of several tensors. */
export type Misfitting<Y> = Y extends Misfit<string> ? Y : unknown;
/** The shape, where it is known. */
export type Known<Y> = Y extends readonly number[] ? Y : readonly number[];

/** What an input of shape S must be for a layer with rule R besides a tensor. */
export type Fit<R, S extends Dims> = Unranked<S> extends true ? unknown : Fitting<S, Apply<R, S>>;

/** The shape that the layer gives for it. */
export type Given<R, S extends Dims> = Result<S, Apply<R, S>>;

/** What comes of a list of tensors: unknown as soon as one is. */
export type ShapesOf<T extends readonly unknown[]> = T extends readonly [infer H, ...infer R]
  ? [H extends { readonly shape: infer S } ? S : Dims, ...ShapesOf<R>]
  : number extends T["length"]
    ? readonly Dims[]
    : [];
