/**
 * @file Operations as methods of Tensor: `x.add(y)` beside `add(x, y)`. They are added here, in one place, because the
 * Tensor class stands below the ops and may not import them.
 */
import { type BackwardOptions, backward, registerHook, retainGrad } from "../autograd/backward.ts";
import type { TensorHook } from "../autograd/graph.ts";
import { Tensor } from "../autograd/tensor.ts";
import type { DType } from "../base/dtype.ts";
import type { Shape } from "../base/shape.ts";
import type { FlattenShape } from "../base/typed/dense-rules.ts";
import type { Reshaped } from "../base/typed/functional-rules.ts";
import type { Result } from "../base/typed/rules.ts";
import { flip, type IndexItem, index, repeat } from "./arrange.ts";
import * as binary from "./binary.ts";
import * as byIndex from "./by-index.ts";
import { to } from "./cast.ts";
import { clamp } from "./clamp.ts";
import * as extremum from "./extremum.ts";
import * as inPlace from "./in-place.ts";
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
    registerHook(hook: TensorHook): () => void;
    retainGrad(): void;

    add<B>(other: B & binary.BroadcastFit<"add", S, B>): Tensor<binary.Broadcasted<"add", S, B>>;
    sub<B>(other: B & binary.BroadcastFit<"sub", S, B>): Tensor<binary.Broadcasted<"sub", S, B>>;
    mul<B>(other: B & binary.BroadcastFit<"mul", S, B>): Tensor<binary.Broadcasted<"mul", S, B>>;
    div<B>(other: B & binary.BroadcastFit<"div", S, B>): Tensor<binary.Broadcasted<"div", S, B>>;
    pow(exponent: Operand): Tensor;
    maximum<B>(other: B & binary.BroadcastFit<"maximum", S, B>): Tensor<binary.Broadcasted<"maximum", S, B>>;
    minimum<B>(other: B & binary.BroadcastFit<"minimum", S, B>): Tensor<binary.Broadcasted<"minimum", S, B>>;
    matmul(other: Tensor): Tensor;
    neg(): Tensor<S>;
    exp(): Tensor<S>;
    log(): Tensor<S>;
    sqrt(): Tensor<S>;
    abs(): Tensor<S>;
    sign(): Tensor<S>;
    reciprocal(): Tensor<S>;
    clamp(min?: Operand, max?: Operand): Tensor;
    relu(): Tensor<S>;
    sigmoid(): Tensor<S>;
    tanh(): Tensor<S>;
    softmax(dim: number): Tensor<S>;
    logSoftmax(dim: number): Tensor<S>;

    eq(other: Operand): Tensor;
    ne(other: Operand): Tensor;
    lt(other: Operand): Tensor;
    le(other: Operand): Tensor;
    gt(other: Operand): Tensor;
    ge(other: Operand): Tensor;

    sum(dim?: Dims, options?: ReduceOptions): Tensor;
    mean(dim?: Dims, options?: ReduceOptions): Tensor;
    amax(dim?: Dims, options?: ReduceOptions): Tensor;
    amin(dim?: Dims, options?: ReduceOptions): Tensor;
    max(dim: number, options?: ReduceOptions): { values: Tensor; indices: Tensor };
    min(dim: number, options?: ReduceOptions): { values: Tensor; indices: Tensor };
    argmax(dim?: number, options?: ReduceOptions): Tensor;
    argmin(dim?: number, options?: ReduceOptions): Tensor;

    variance(dim?: Dims, options?: statistics.VarianceOptions): Tensor;
    std(dim?: Dims, options?: statistics.VarianceOptions): Tensor;
    norm(p?: number, dim?: Dims, options?: ReduceOptions): Tensor;
    prod(dim?: number, options?: ReduceOptions): Tensor;
    cumsum(dim: number): Tensor;
    cumprod(dim: number): Tensor;
    sort(dim?: number, options?: { descending?: boolean }): Sorted;
    argsort(dim?: number, options?: { descending?: boolean }): Tensor;
    topk(k: number, dim?: number, options?: { largest?: boolean }): Sorted;
    any(dim?: Dims, options?: ReduceOptions): Tensor;
    all(dim?: Dims, options?: ReduceOptions): Tensor;

    gather(dim: number, index: Tensor): Tensor;
    scatter(dim: number, index: Tensor, source: Tensor | number): Tensor;
    scatterAdd(dim: number, index: Tensor, source: Tensor | number): Tensor;
    indexSelect(dim: number, indices: readonly number[] | Tensor): Tensor;
    maskedFill(mask: Tensor, value: Operand): Tensor;
    /** x[items]: see index(). */
    index(items: readonly IndexItem[]): Tensor;
    slice(dim: number, start?: number, end?: number, step?: number): Tensor;
    flip(dims: number | readonly number[]): Tensor;
    repeat(repeats: readonly number[]): Tensor;

    reshape<T extends Shape>(shape: T): Tensor<Reshaped<S, T>>;
    /** reshape that refuses to copy. */
    view<T extends Shape>(shape: T): Tensor<Reshaped<S, T>>;
    flatten<const From extends number = 0, const To extends number = -1>(
      startDim?: From,
      endDim?: To,
    ): Tensor<Result<S, FlattenShape<S, From, To>>>;
    permute(dims: readonly number[]): Tensor;
    transpose(dim0: number, dim1: number): Tensor;
    /** The transpose of a matrix. */
    t(): Tensor;
    expand(shape: Shape): Tensor;
    narrow(dim: number, start: number, length: number): Tensor;
    select(dim: number, index: number): Tensor;
    squeeze(dim?: number): Tensor;
    unsqueeze(dim: number): Tensor;
    contiguous(): Tensor<S>;
    clone(): Tensor<S>;
    /** The same values in another element type. */
    to(dtype: DType): Tensor<S>;

    add_(other: Operand): Tensor;
    sub_(other: Operand): Tensor;
    mul_(other: Operand): Tensor;
    div_(other: Operand): Tensor;
    fill_(value: number): Tensor;
    zero_(): Tensor;
    copy_(source: Tensor): Tensor;
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
