import type { Shape } from "../base/shape.ts";
import type { ChunkShapes, SplitShapes } from "../base/typed/join-rules.ts";
import type { Fit, Given, Misfitting } from "../base/typed/rules.ts";
import { type IndexItem, index, maskedSelect, tril, triu } from "./arrange.ts";
import { maskedFill, type Operand } from "./binary.ts";
import { type CountOf, gather, indexSelect, scatter, scatterAdd } from "./by-index.ts";
import { chunk, split, type TensorsOf } from "./join.ts";
import { diagonal, narrow, select, slice } from "./view.ts";

declare module "../autograd/tensor.ts" {
  interface Tensor<S extends Shape = Shape> {
    /** out[i][j] = this[i][index[i][j]] for dim 1. See gather(). */
    gather<I extends Shape>(dim: number, index: Tensor<I>): Tensor<I>;
    /** A copy with out[i][index[i][j]] = source[i][j] for dim 1. See scatter(). */
    scatter(dim: number, index: Tensor, source: Tensor | number): Tensor<S>;
    /** The same, adding to what is there. See scatterAdd(). */
    scatterAdd(dim: number, index: Tensor, source: Tensor | number): Tensor<S>;
    /** Entries of one axis in the order of `indices`. See indexSelect(). */
    indexSelect<X extends Shape, const D extends number, const I extends readonly number[] | Tensor>(
      this: Tensor<X> & Fit<["indexSelect", D, CountOf<I>], X>,
      dim: D,
      indices: I,
    ): Tensor<Given<["indexSelect", D, CountOf<I>], X>>;
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
    /** The elements where `mask` is true, in a row: see maskedSelect(). */
    maskedSelect(mask: Tensor): Tensor;
    /** The part on and below a diagonal, zeros above. See tril(). */
    tril(diagonal?: number): Tensor<S>;
    /** The part on and above a diagonal, zeros below. See triu(). */
    triu(diagonal?: number): Tensor<S>;
    /** The elements with equal index on two axes, as a last axis. See diagonal(). */
    diagonal(dim0?: number, dim1?: number): Tensor;
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
  }
}

/** @internal */
export const selections = {
  gather,
  scatter,
  scatterAdd,
  indexSelect,
  maskedFill,
  maskedSelect,
  index,
  slice,
  narrow,
  select,
  split,
  chunk,
  tril,
  triu,
  diagonal,
};
