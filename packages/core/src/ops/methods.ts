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
    /** Calls `hook` with this tensor's gradient, which it may replace. See registerHook(). */
    registerHook(hook: TensorHook): RemoveHook;
    /** Keeps .grad of a tensor that was computed, too. See retainGrad(). */
    retainGrad(): void;

    /** this + other, with broadcasting. See add(). */
    add<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"add", X, B>,
    ): Tensor<binary.Broadcasted<"add", X, B>>;
    /** this − other, with broadcasting. See sub(). */
    sub<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"sub", X, B>,
    ): Tensor<binary.Broadcasted<"sub", X, B>>;
    /** this·other, element by element, with broadcasting. See mul(). */
    mul<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"mul", X, B>,
    ): Tensor<binary.Broadcasted<"mul", X, B>>;
    /** this/other, with broadcasting; float32. See div(). */
    div<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"div", X, B>,
    ): Tensor<binary.Broadcasted<"div", X, B>>;
    /** Each element to the power of `exponent`, with broadcasting. See pow(). */
    pow<X extends Shape, B>(
      this: Tensor<X>,
      exponent: B & binary.BroadcastFit<"pow", X, B>,
    ): Tensor<binary.Broadcasted<"pow", X, B>>;
    /** The larger of each pair, with broadcasting. See maximum(). */
    maximum<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"maximum", X, B>,
    ): Tensor<binary.Broadcasted<"maximum", X, B>>;
    /** The smaller of each pair, with broadcasting. See minimum(). */
    minimum<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"minimum", X, B>,
    ): Tensor<binary.Broadcasted<"minimum", X, B>>;
    /** Matrix product over the last two axes: (…, m, k) and (…, k, n) → (…, m, n). See matmul(). */
    matmul<X extends Shape, B extends Shape>(
      this: Tensor<X> & Fit<["matmul", B], X>,
      other: Tensor<B>,
    ): Tensor<Given<["matmul", B], X>>;
    /** −x, of each element. */
    neg(): Tensor<S>;
    /** eˣ, of each element. */
    exp(): Tensor<S>;
    /** The natural logarithm of each element. */
    log(): Tensor<S>;
    /** √x, of each element. */
    sqrt(): Tensor<S>;
    /** |x|, of each element. */
    abs(): Tensor<S>;
    /** −1, 0 or 1, of each element. */
    sign(): Tensor<S>;
    /** 1/x, of each element. */
    reciprocal(): Tensor<S>;
    /** min(max(x, min), max), each bound a number or a tensor. See clamp(). */
    clamp<X extends Shape, const A extends Operand = number, const B extends Operand = number>(
      this: Tensor<X>,
      min?: A,
      max?: B,
    ): Tensor<A | B extends number ? X : Shape>;
    /** max(0, x), of each element. */
    relu(): Tensor<S>;
    /** 1/(1 + e⁻ˣ), of each element. */
    sigmoid(): Tensor<S>;
    /** The hyperbolic tangent of each element. */
    tanh(): Tensor<S>;
    /** e^{xᵢ}/Σⱼ e^{xⱼ} along `dim`. See softmax(). */
    softmax(dim: number): Tensor<S>;
    /** log(softmax(x)) along `dim`, without the detour over tiny numbers. See logSoftmax(). */
    logSoftmax(dim: number): Tensor<S>;

    /** this = other, element by element, with broadcasting; bool. */
    eq<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    /** this ≠ other, element by element, with broadcasting; bool. */
    ne<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    /** this < other, element by element, with broadcasting; bool. */
    lt<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    /** this ≤ other, element by element, with broadcasting; bool. */
    le<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    /** this > other, element by element, with broadcasting; bool. */
    gt<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;
    /** this ≥ other, element by element, with broadcasting; bool. */
    ge<X extends Shape, B>(
      this: Tensor<X>,
      other: B & binary.BroadcastFit<"compare", X, B>,
    ): Tensor<binary.Broadcasted<"compare", X, B>>;

    /** The sum along `dim`: one axis, several, or all. See sum(). */
    sum<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The mean along `dim`: one axis, several, or all. See mean(). */
    mean<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The largest along `dim`: one axis, several, or all. See amax(). */
    amax<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The smallest along `dim`: one axis, several, or all. See amin(). */
    amin<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The largest along one axis with its index. See max(). */
    max<X extends Shape, const D extends number, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim: D,
      options?: Written<P, ReduceOptions>,
    ): { values: Tensor<Given<["reduce", D, P], X>>; indices: Tensor<Given<["reduce", D, P], X>> };
    /** The smallest along one axis with its index. See min(). */
    min<X extends Shape, const D extends number, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim: D,
      options?: Written<P, ReduceOptions>,
    ): { values: Tensor<Given<["reduce", D, P], X>>; indices: Tensor<Given<["reduce", D, P], X>> };
    /** The index of the first largest along `dim`, or of all; int32. See argmax(). */
    argmax<
      X extends Shape,
      const D extends number | undefined = undefined,
      const P extends ReduceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The index of the first smallest along `dim`, or of all; int32. See argmin(). */
    argmin<
      X extends Shape,
      const D extends number | undefined = undefined,
      const P extends ReduceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;

    /** Σ (x − mean)²/(n − correction) along `dim`; correction 1. See variance(). */
    variance<
      X extends Shape,
      const D extends Dims = undefined,
      const P extends statistics.VarianceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, statistics.VarianceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The root of the variance along `dim`. See std(). */
    std<
      X extends Shape,
      const D extends Dims = undefined,
      const P extends statistics.VarianceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, statistics.VarianceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** (Σ |x|ᵖ)^{1/p} along `dim`; p 2. See norm(). */
    norm<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      p?: number,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The product along `dim`, or of everything. See prod(). */
    prod<
      X extends Shape,
      const D extends number | undefined = undefined,
      const P extends ReduceOptions = Record<never, never>,
    >(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** The sum of all entries of an axis up to and including each. See cumsum(). */
    cumsum(dim: number): Tensor<S>;
    /** The product of all entries of an axis up to and including each. See cumprod(). */
    cumprod(dim: number): Tensor<S>;
    /** The entries of an axis (default the last) in order, with the places they came from. See sort(). */
    sort(dim?: number, options?: { descending?: boolean }): Sorted<S>;
    /** The places of an axis's entries in order, int32. See argsort(). */
    argsort(dim?: number, options?: { descending?: boolean }): Tensor<S>;
    /** The k largest entries of an axis (default the last) with their places. See topk(). */
    topk<X extends Shape, const K extends number, const D extends number = -1>(
      this: Tensor<X> & Fit<["topk", K, D], X>,
      k: K,
      dim?: D,
      options?: { largest?: boolean },
    ): Sorted<Given<["topk", K, D], X>>;
    /** Whether any element along `dim` is not 0; bool. See any(). */
    any<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;
    /** Whether no element along `dim` is 0; bool. See all(). */
    all<X extends Shape, const D extends Dims = undefined, const P extends ReduceOptions = Record<never, never>>(
      this: Tensor<X> & Fit<["reduce", D, P], X>,
      dim?: D,
      options?: Written<P, ReduceOptions>,
    ): Tensor<Given<["reduce", D, P], X>>;

    /** out[i][j] = this[i][index[i][j]] for dim 1. See gather(). */
    gather<I extends Shape>(dim: number, index: Tensor<I>): Tensor<I>;
    /** A copy with out[i][index[i][j]] = source[i][j] for dim 1. See scatter(). */
    scatter(dim: number, index: Tensor, source: Tensor | number): Tensor<S>;
    /** The same, adding to what is there. See scatterAdd(). */
    scatterAdd(dim: number, index: Tensor, source: Tensor | number): Tensor<S>;
    /** Entries of one axis in the order of `indices`. See indexSelect(). */
    indexSelect<X extends Shape, const D extends number, const I extends readonly number[] | Tensor>(
      this: Tensor<X> & Fit<["indexSelect", D, byIndex.CountOf<I>], X>,
      dim: D,
      indices: I,
    ): Tensor<Given<["indexSelect", D, byIndex.CountOf<I>], X>>;
    /** `value` where the mask is set, else this. See maskedFill(). */
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
    /** x[start:end:step] along `dim`; a view. See slice(). */
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
    /** Axes turned round. See flip(). */
    flip(dims: number | readonly number[]): Tensor<S>;
    /** This side by side with itself, `repeats` times along each axis. See repeat(). */
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
    /** `chunks` pieces of one size along `dim`, the last smaller. See chunk(). */
    chunk<X extends Shape, const C extends number, const D extends number = 0>(
      this: Tensor<X> & Misfitting<ChunkShapes<X, C, D>>,
      chunks: C,
      dim?: D,
    ): TensorsOf<ChunkShapes<X, C, D>>;

    /** The same elements under another shape; one size may be −1. See reshape(). */
    reshape<X extends Shape, const T extends Shape>(
      this: Tensor<X> & Fit<["reshape", "reshape", T], X>,
      shape: T,
    ): Tensor<Given<["reshape", "reshape", T], X>>;
    /** reshape that refuses to copy. */
    view<X extends Shape, const T extends Shape>(
      this: Tensor<X> & Fit<["reshape", "view", T], X>,
      shape: T,
    ): Tensor<Given<["reshape", "view", T], X>>;
    /** Joins the axes from startDim (default 0) to endDim (default −1) into one. See flatten(). */
    flatten<X extends Shape, const From extends number = 0, const To extends number = -1>(
      this: Tensor<X> & Fitting<X, FlattenShape<X, From, To>>,
      startDim?: From,
      endDim?: To,
    ): Tensor<Result<X, FlattenShape<X, From, To>>>;
    /** Axes in another order; a view. See permute(). */
    permute<X extends Shape, const D extends readonly number[]>(
      this: Tensor<X> & Fit<["permute", D], X>,
      dims: D,
    ): Tensor<Given<["permute", D], X>>;
    /** Two axes exchanged; a view. See transpose(). */
    transpose<X extends Shape, const A extends number, const B extends number>(
      this: Tensor<X> & Fit<["transpose", A, B], X>,
      dim0: A,
      dim1: B,
    ): Tensor<Given<["transpose", A, B], X>>;
    /** The transpose of a matrix. */
    t<X extends Shape>(this: Tensor<X>): Tensor<Given<["transpose", 0, 1], X>>;
    /** Repeats axes of size 1 without copying; −1 keeps a size. See expand(). */
    expand<X extends Shape, const T extends Shape>(
      this: Tensor<X> & Fit<["expand", T], X>,
      shape: T,
    ): Tensor<Given<["expand", T], X>>;
    /** `length` entries of one axis from `start`; a view. See narrow(). */
    narrow<X extends Shape, const D extends number, const L extends number>(
      this: Tensor<X> & Fit<["narrow", D, L], X>,
      dim: D,
      start: number,
      length: L,
    ): Tensor<Given<["narrow", D, L], X>>;
    /** One entry of an axis, which goes away; a view. See select(). */
    select<X extends Shape, const D extends number>(
      this: Tensor<X> & Fit<["select", D], X>,
      dim: D,
      index: number,
    ): Tensor<Given<["select", D], X>>;
    /** Removes an axis of size 1, or every such axis. See squeeze(). */
    squeeze<X extends Shape, const D extends number | undefined = undefined>(
      this: Tensor<X> & Fit<["squeeze", D], X>,
      dim?: D,
    ): Tensor<Given<["squeeze", D], X>>;
    /** Adds an axis of size 1 at `dim`. See unsqueeze(). */
    unsqueeze<X extends Shape, const D extends number>(
      this: Tensor<X> & Fit<["unsqueeze", D], X>,
      dim: D,
    ): Tensor<Given<["unsqueeze", D], X>>;
    /** A row-major copy, or the tensor itself when it is row-major already. */
    contiguous(): Tensor<S>;
    /** A copy with its own memory; gradients pass through. */
    clone(): Tensor<S>;
    /** The same values in another element type. */
    to(dtype: DType): Tensor<S>;

    /** this ← this + other, in place. */
    add_(other: Operand): Tensor<S>;
    /** this ← this − other, in place. */
    sub_(other: Operand): Tensor<S>;
    /** this ← this·other, in place. */
    mul_(other: Operand): Tensor<S>;
    /** this ← this/other, in place. */
    div_(other: Operand): Tensor<S>;
    /** Every element becomes `value`; the history ends here. */
    fill_(value: number): Tensor<S>;
    /** Every element becomes 0; the history ends here. */
    zero_(): Tensor<S>;
    /** Takes over the values of `source`, broadcast if need be; gradients pass to it. */
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
