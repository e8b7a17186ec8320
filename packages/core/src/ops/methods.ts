/**
 * @file Operations as methods of Tensor: `x.add(y)` beside `add(x, y)`. They are added here, in one place, because the
 * Tensor class stands below the ops and may not import them.
 */
import { type BackwardOptions, backward, type RemoveHook, registerHook, retainGrad } from "../autograd/backward.ts";
import type { TensorHook } from "../autograd/graph.ts";
import { Tensor } from "../autograd/tensor.ts";
import type { DType } from "../base/dtype.ts";
import type { Shape } from "../base/shape.ts";
import type { FlattenShape } from "../base/typed/dense-rules.ts";
import type { Written } from "../base/typed/dims.ts";
import type { ChunkShapes, SplitShapes } from "../base/typed/join-rules.ts";
import type { Fit, Fitting, Given, Misfitting, Result } from "../base/typed/rules.ts";
import { flip, type IndexItem, index, repeat } from "./arrange.ts";
import * as binary from "./binary.ts";
import * as byIndex from "./by-index.ts";
import { to } from "./cast.ts";
import { clamp } from "./clamp.ts";
import * as extremum from "./extremum.ts";
import * as inPlace from "./in-place.ts";
import { chunk, split, type TensorsOf } from "./join.ts";
import { matmul } from "./matmul.ts";
import { cumprod, cumsum, prod } from "./running.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { argsort, type Sorted, sort, topk } from "./sort.ts";
import * as statistics from "./statistics.ts";
import { type Dims, mean, type ReduceOptions, sum } from "./sum.ts";
import * as unary from "./unary.ts";
import * as views from "./view.ts";

type Operand = binary.Operand;

declare module "../autograd/tensor.ts" {
  interface Tensor<S extends Shape = Shape> {
    /** Adds this tensor's gradient to .grad of every leaf it depends on. See backward(). */
    backward(options?: BackwardOptions): void;
    registerHook(hook: TensorHook): RemoveHook;
    retainGrad(): void;

    add<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"add", X, B>,
    ): Tensor<binary.Broadcasted<"add", X, B>>;
    sub<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"sub", X, B>,
    ): Tensor<binary.Broadcasted<"sub", X, B>>;
    mul<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"mul", X, B>,
    ): Tensor<binary.Broadcasted<"mul", X, B>>;
    div<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"div", X, B>,
    ): Tensor<binary.Broadcasted<"div", X, B>>;
    pow<X extends Shape, B>(
      this: Tensor<X>,
      exponent: B & binary.BroadcastFit<"pow", X, B>,
    ): Tensor<binary.Broadcasted<"pow", X, B>>;
    maximum<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"maximum", X, B>,
    ): Tensor<binary.Broadcasted<"maximum", X, B>>;
    minimum<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"minimum", X, B>,
    ): Tensor<binary.Broadcasted<"minimum", X, B>>;
    matmul<X extends Shape, B extends Shape>(
      this: Tensor<X> & Fit<["matmul", B], X>,
      other: Tensor<B>,
    ): Tensor<Given<["matmul", B], X>>;
    neg(): Tensor<S>;
    exp(): Tensor<S>;
    log(): Tensor<S>;
    sqrt(): Tensor<S>;
    abs(): Tensor<S>;
    sign(): Tensor<S>;
    reciprocal(): Tensor<S>;
    clamp<X extends Shape, const A extends Operand = number, const B extends Operand = number>(
      this: Tensor<X>,
      min?: A,
      max?: B,
    ): Tensor<A | B extends number ? X : Shape>;
    relu(): Tensor<S>;
    sigmoid(): Tensor<S>;
    tanh(): Tensor<S>;
    softmax(dim: number): Tensor<S>;
    logSoftmax(dim: number): Tensor<S>;

    eq<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    ne<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    lt<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    le<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    gt<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    ge<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;

    sum<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    mean<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    amax<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    amin<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    max<X extends Shape, const D extends number, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim: D,
      options?: Written<P, ReduceOptions>,
    ): { values: Tensor<Given<["reduce", D, P], X>>; indices: Tensor<Given<["reduce", D, P], X>> };
    min<X extends Shape, const D extends number, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim: D,
      options?: Written<P, ReduceOptions>,
    ): { values: Tensor<Given<["reduce", D, P], X>>; indices: Tensor<Given<["reduce", D, P], X>> };
    argmax<
      X extends Shape,
      const D extends number | undefined = undefined,
      const P extends ReduceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    argmin<
      X extends Shape,
      const D extends number | undefined = undefined,
      const P extends ReduceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;

    variance<
      X extends Shape,
      const D extends Dims = undefined,
      const P extends statistics.VarianceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, statistics.VarianceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    std<
      X extends Shape,
      const D extends Dims = undefined,
      const P extends statistics.VarianceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, statistics.VarianceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    norm<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      p?: number,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    prod<
      X extends Shape,
      const D extends number | undefined = undefined,
      const P extends ReduceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    cumsum(dim: number): Tensor<S>;
    cumprod(dim: number): Tensor<S>;
    sort(dim?: number, options?: { descending?: boolean }): Sorted<S>;
    argsort(dim?: number, options?: { descending?: boolean }): Tensor<S>;
    topk<X extends Shape, const K extends number, const D extends number = -1>(
      this: Tensor<X> & Fit<["topk", K, D], X>,
      k: K,
      dim?: D,
      options?: { largest?: boolean },
    ): Sorted<Given<["topk", K, D], X>>;
    any<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    all<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;

    gather<I extends Shape>(dim: number, index: Tensor<I>): Tensor<I>;
    scatter(dim: number, index: Tensor, source: Tensor | number): Tensor<S>;
    scatterAdd(dim: number, index: Tensor, source: Tensor | number): Tensor<S>;
    indexSelect<X extends Shape, const D extends number, const I extends readonly number[] | Tensor>(
      this: Tensor<X> & Fit<["indexSelect", D, byIndex.CountOf<I>], X>,
      dim: D,
      indices: I,
    ): Tensor<Given<["indexSelect", D, byIndex.CountOf<I>], X>>;
    maskedFill<X extends Shape, M extends Shape>(
      this: Tensor<X> & Fit<["broadcast", "maskedFill", M], X>,
      mask: Tensor<M>,
      value: Operand,
    ): Tensor<Given<["broadcast", "maskedFill", M], X>>;
    /** x[items]: see index(). */
    index<X extends Shape, const I extends readonly IndexItem[]>(
      this: Tensor<X> & Fit<["index", I], X>,
      items: I,
    ): Tensor<Given<["index", I], X>>;
    slice<
      X extends Shape,
      const D extends number,
      const From extends number | undefined = undefined,
      const To extends number | undefined = undefined,
      const Step extends number | undefined = undefined,
    >(
      this: Tensor<X> & Fit<["slice", D, From, To, Step], X>,
      dim: D,
      start?: From,
      end?: To,
      step?: Step,
    ): Tensor<Given<["slice", D, From, To, Step], X>>;
    flip(dims: number | readonly number[]): Tensor<S>;
    repeat<X extends Shape, const R extends readonly number[]>(
      this: Tensor<X> & Fit<["repeat", R], X>,
      repeats: R,
    ): Tensor<Given<["repeat", R], X>>;
    /** Pieces of `size`, or of the given sizes, along `dim`. */
    split<X extends Shape, const N extends number | readonly number[], const D extends number = 0>(
      this: Tensor<X> & Misfitting<SplitShapes<X, N, D>>,
      size: N,
      dim?: D,
    ): TensorsOf<SplitShapes<X, N, D>>;
    chunk<X extends Shape, const C extends number, const D extends number = 0>(
      this: Tensor<X> & Misfitting<ChunkShapes<X, C, D>>,
      chunks: C,
      dim?: D,
    ): TensorsOf<ChunkShapes<X, C, D>>;

    reshape<X extends Shape, const T extends Shape>(
      this: Tensor<X> & Fit<["reshape", "reshape", T], X>,
      shape: T,
    ): Tensor<Given<["reshape", "reshape", T], X>>;
    /** reshape that refuses to copy. */
    view<X extends Shape, const T extends Shape>(
      this: Tensor<X> & Fit<["reshape", "view", T], X>,
      shape: T,
    ): Tensor<Given<["reshape", "view", T], X>>;
    flatten<X extends Shape, const From extends number = 0, const To extends number = -1>(
      this: Tensor<X> & Fitting<X, FlattenShape<X, From, To>>,
      startDim?: From,
      endDim?: To,
    ): Tensor<Result<X, FlattenShape<X, From, To>>>;
    permute<X extends Shape, const D extends readonly number[]>(
      this: Tensor<X> & Fit<["permute", D], X>,
      dims: D,
    ): Tensor<Given<["permute", D], X>>;
    transpose<X extends Shape, const A extends number, const B extends number>(
      this: Tensor<X> & Fit<["transpose", A, B], X>,
      dim0: A,
      dim1: B,
    ): Tensor<Given<["transpose", A, B], X>>;
    /** The transpose of a matrix. */
    t<X extends Shape>(this: Tensor<X>): Tensor<Given<["transpose", 0, 1], X>>;
    expand<X extends Shape, const T extends Shape>(
      this: Tensor<X> & Fit<["expand", T], X>,
      shape: T,
    ): Tensor<Given<["expand", T], X>>;
    narrow<X extends Shape, const D extends number, const L extends number>(
      this: Tensor<X> & Fit<["narrow", D, L], X>,
      dim: D,
      start: number,
      length: L,
    ): Tensor<Given<["narrow", D, L], X>>;
    select<X extends Shape, const D extends number>(
      this: Tensor<X> & Fit<["select", D], X>,
      dim: D,
      index: number,
    ): Tensor<Given<["select", D], X>>;
    squeeze<X extends Shape, const D extends number | undefined = undefined>(
      this: Tensor<X> & Fit<["squeeze", D], X>,
      dim?: D,
    ): Tensor<Given<["squeeze", D], X>>;
    unsqueeze<X extends Shape, const D extends number>(
      this: Tensor<X> & Fit<["unsqueeze", D], X>,
      dim: D,
    ): Tensor<Given<["unsqueeze", D], X>>;
    contiguous(): Tensor<S>;
    clone(): Tensor<S>;
    /** The same values in another element type. */
    to(dtype: DType): Tensor<S>;

    add_(other: Operand): Tensor<S>;
    sub_(other: Operand): Tensor<S>;
    mul_(other: Operand): Tensor<S>;
    div_(other: Operand): Tensor<S>;
    fill_(value: number): Tensor<S>;
    zero_(): Tensor<S>;
    copy_(source: Tensor): Tensor<S>;
  }
}

type Method = (self: Tensor, ...rest: never[]) => unknown;

const methods: Record<string, Method> = {
  backward,
  registerHook,
  retainGrad,
  add: binary.add,
  sub: binary.sub,
  mul: binary.mul,
  div: binary.div,
  pow: binary.pow,
  maximum: binary.maximum,
  minimum: binary.minimum,
  matmul,
  neg: unary.neg,
  exp: unary.exp,
  log: unary.log,
  sqrt: unary.sqrt,
  abs: unary.abs,
  sign: unary.sign,
  reciprocal: unary.reciprocal,
  clamp,
  relu: unary.relu,
  sigmoid: unary.sigmoid,
  tanh: unary.tanh,
  softmax,
  logSoftmax,
  sum,
  mean,
  amax: extremum.amax,
  amin: extremum.amin,
  max: extremum.max,
  min: extremum.min,
  argmax: extremum.argmax,
  argmin: extremum.argmin,
  variance: statistics.variance,
  std: statistics.std,
  norm: statistics.norm,
  any: statistics.any,
  all: statistics.all,
  prod,
  cumsum,
  cumprod,
  sort,
  argsort,
  topk,
  gather: byIndex.gather,
  scatter: byIndex.scatter,
  scatterAdd: byIndex.scatterAdd,
  indexSelect: byIndex.indexSelect,
  maskedFill: binary.maskedFill,
  index,
  flip,
  repeat,
  split,
  chunk,
  slice: views.slice,
  reshape: views.reshape,
  view: views.view,
  flatten: views.flatten,
  permute: views.permute,
  transpose: views.transpose,
  t: (self: Tensor) => views.transpose(self, 0, 1),
  expand: views.expand,
  narrow: views.narrow,
  select: views.select,
  squeeze: views.squeeze,
  unsqueeze: views.unsqueeze,
  contiguous: views.contiguous,
  clone: views.clone,
  to,
  add_: inPlace.add_,
  sub_: inPlace.sub_,
  mul_: inPlace.mul_,
  div_: inPlace.div_,
  fill_: inPlace.fill_,
  zero_: inPlace.zero_,
  copy_: inPlace.copy_,
};
for (const name of ["eq", "ne", "lt", "le", "gt", "ge"] as const)
  methods[name] = (self: Tensor, other: Operand) => binary.compare(name, self, other);

for (const [name, method] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return method(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}
