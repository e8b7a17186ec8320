/** @file Other shapes of the same elements as methods of Tensor, by declaration merging; methods.ts adds them. */
import type { Tensor } from "../autograd/tensor.ts";
import type { DType } from "../base/dtype.ts";
import type { Shape } from "../base/shape.ts";
import type { FlattenShape } from "../base/typed/dense-rules.ts";
import type { Fit, Fitting, Given, Result } from "../base/typed/rules.ts";
import { flip, repeat, roll, tile } from "./arrange.ts";
import { to } from "./cast.ts";
import * as views from "./view.ts";

/** Sizes as one list, or written out as in PyTorch. */
type Sizes = readonly [sizes: readonly number[]] | readonly number[];
type Listed<T extends Sizes> = T extends readonly [infer L extends readonly number[]]
  ? L
  : T extends readonly number[]
    ? T
    : readonly number[];

const listed = (sizes: readonly unknown[]): readonly number[] =>
  (sizes.length === 1 && Array.isArray(sizes[0]) ? sizes[0] : sizes) as readonly number[];
/** A function of a list as a method of a list or of numbers. */
const spread =
  (f: (self: Tensor, sizes: readonly number[]) => Tensor) =>
  (self: Tensor, ...sizes: readonly unknown[]) =>
    f(self, listed(sizes));

declare module "../autograd/tensor.ts" {
  interface Tensor<S extends Shape = Shape> {
    /** The same elements under another shape; one size may be −1. See reshape(). */
    reshape<X extends Shape, const T extends Sizes>(
      this: Tensor<X> & Fit<["reshape", "reshape", Listed<T>], X>,
      ...sizes: T
    ): Tensor<Given<["reshape", "reshape", Listed<T>], X>>;
    /** reshape that refuses to copy. */
    view<X extends Shape, const T extends Sizes>(
      this: Tensor<X> & Fit<["reshape", "view", Listed<T>], X>,
      ...sizes: T
    ): Tensor<Given<["reshape", "view", Listed<T>], X>>;
    /** Axes in another order; a view. See permute(). */
    permute<X extends Shape, const T extends Sizes>(
      this: Tensor<X> & Fit<["permute", Listed<T>], X>,
      ...dims: T
    ): Tensor<Given<["permute", Listed<T>], X>>;
    /** Repeats axes of size 1 without copying; −1 keeps a size. See expand(). */
    expand<X extends Shape, const T extends Sizes>(
      this: Tensor<X> & Fit<["expand", Listed<T>], X>,
      ...sizes: T
    ): Tensor<Given<["expand", Listed<T>], X>>;
    /** This side by side with itself, `repeats` times along each axis. See repeat(). */
    repeat<X extends Shape, const T extends Sizes>(
      this: Tensor<X> & Fit<["repeat", Listed<T>], X>,
      ...sizes: T
    ): Tensor<Given<["repeat", Listed<T>], X>>;
    /** Axes turned round. See flip(). */
    flip(...dims: Sizes | readonly [number]): Tensor<S>;
    /** The tensor side by side with itself. See tile(). */
    tile(...repeats: Sizes): Tensor;
    /** Moves elements along axes; what leaves at one end enters at the other. See roll(). */
    roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor<S>;
    /** expand() to the shape of another tensor. */
    expandAs<T extends Shape>(other: Tensor<T>): Tensor<T>;
    /** Joins the axes from startDim (default 0) to endDim (default −1) into one. See flatten(). */
    flatten<X extends Shape, const From extends number = 0, const To extends number = -1>(
      this: Tensor<X> & Fitting<X, FlattenShape<X, From, To>>,
      startDim?: From,
      endDim?: To,
    ): Tensor<Result<X, FlattenShape<X, From, To>>>;
    /** Two axes exchanged; a view. See transpose(). */
    transpose<X extends Shape, const A extends number, const B extends number>(
      this: Tensor<X> & Fit<["transpose", A, B], X>,
      dim0: A,
      dim1: B,
    ): Tensor<Given<["transpose", A, B], X>>;
    /** The transpose of a matrix. */
    t<X extends Shape>(this: Tensor<X>): Tensor<Given<["transpose", 0, 1], X>>;
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
  }
}

/** @internal */
export const shapes = {
  reshape: spread(views.reshape),
  view: spread(views.view),
  permute: spread(views.permute),
  expand: spread(views.expand),
  repeat: spread(repeat),
  flip: spread(flip),
  tile: spread(tile),
  roll,
  expandAs: (self: Tensor, other: Tensor) => views.expand(self, other.shape),
  t: (self: Tensor) => views.transpose(self, 0, 1),
  to,
  flatten: views.flatten,
  transpose: views.transpose,
  squeeze: views.squeeze,
  unsqueeze: views.unsqueeze,
  contiguous: views.contiguous,
  clone: views.clone,
};
