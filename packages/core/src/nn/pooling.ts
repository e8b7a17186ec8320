/** @file Pooling as layers; shapes and options stand with the functions in ops/. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  checkOutputSize,
  type OutputSize,
} from "../ops/adaptive-pool2d.ts";
import { type AvgPool2dOptions, avgPool2d } from "../ops/avg-pool2d.ts";
import { type MaxPool2dOptions, maxPool2d, maxPool2dWithIndices } from "../ops/max-pool2d.ts";
import { poolGeometry } from "../ops/pool-shape.ts";
import { checkOptions } from "./given-options.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped, Written } from "./typed-layer.ts";

type Size = number | readonly number[];

function withStride<O extends { stride?: Size | null }>(stride: unknown, options: O): O {
  return typeof stride === "object" && stride !== null && !Array.isArray(stride)
    ? (stride as O)
    : { ...options, ...(stride === undefined || stride === null ? {} : { stride: stride as Size }) };
}

export interface ReturnIndices<Indices extends boolean> {
  /** Give { output, indices }: the position y·W + x of each maximum in its plane, too. Default false. */
  returnIndices?: Indices;
}

type Pooled<Indices extends boolean, S extends Shape = Shape> = Indices extends true
  ? { output: Tensor<S>; indices: Tensor<S> }
  : Tensor<S>;
/** What a pooling layer takes second: a stride, or the options. */
type StrideOr<Options> = Size | null | undefined | Options;

/**
 * The largest value of each window; NaN wins. The second argument is the stride or the options.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with H′ = ⌊(H + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1
 *          (⌈…⌉ with ceilMode).
 * Options  stride = kernelSize, padding 0 (−∞, so never chosen), dilation 1, ceilMode false, returnIndices false: with
 *          it the result is { output, indices }, indices int32, the position y·W + x of each maximum in its plane.
 * Throws   ArgumentError "kernelSize", "stride", "padding" (more than half the window), "dilation" at construction; in
 *          forward ShapeError "rank", "empty", "kernel-too-large".
 * Source   torch.nn.MaxPool2d.
 *
 * @example
 * await new nn.MaxPool2d(2).forward(tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]])).tolist(); // [[[4, 8]]]
 * new nn.MaxPool2d(3, { stride: 2, padding: 1 }).forward(zeros([1, 64, 112, 112])).shape; // [1, 64, 56, 56]
 */
export class MaxPool2d<
  Indices extends boolean = false,
  const K extends Size = Size,
  const T = unknown,
  const P extends MaxPool2dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["maxPool2d", K, T, P];
  readonly kernelSize: Size;
  readonly options: MaxPool2dOptions & ReturnIndices<Indices>;
  readonly #windows: MaxPool2dOptions;

  constructor(
    kernelSize: K,
    stride?: T & StrideOr<MaxPool2dOptions & ReturnIndices<Indices>>,
    options: P & ReturnIndices<Indices> = {} as P,
  ) {
    super();
    checkOptions<MaxPool2dOptions & ReturnIndices<boolean>>("MaxPool2d", options, {
      dilation: 0,
      stride: 0,
      padding: 0,
      ceilMode: 0,
      returnIndices: 0,
    });
    this.kernelSize = kernelSize;
    this.options = withStride(stride, options);
    const { returnIndices: _returnIndices, ...windows } = this.options;
    this.#windows = windows;
    poolGeometry("MaxPool2d", kernelSize, this.options);
  }

  forward<S extends Shape>(
    input: Tensor<S> & Fit<["maxPool2d", K, T, P], S>,
  ): Pooled<Indices, Given<["maxPool2d", K, T, P], S>>;
  forward(input: Unshaped): Pooled<Indices>;
  forward(input: Tensor): Pooled<Indices> {
    return (this.options.returnIndices ? maxPool2dWithIndices : maxPool2d)(
      input,
      this.kernelSize,
      this.#windows,
    ) as Pooled<Indices>;
  }

  /** Whether its windows are 2×2, side by side, with nothing around the input. @internal */
  get isHalving(): boolean {
    const { kernel, stride, padding, ceilMode } = poolGeometry("MaxPool2d", this.kernelSize, this.#windows);
    return [...kernel, ...stride].every((size) => size === 2) && padding.every((size) => size === 0) && !ceilMode;
  }

  override extraRepr(): string {
    return `${this.kernelSize}`;
  }
}

/**
 * The mean of each window. The second argument is the stride or the options.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with H′ = ⌊(H + 2·padding − k)/stride⌋ + 1 (⌈…⌉ with ceilMode).
 * Options  stride = kernelSize, padding 0, ceilMode false, countIncludePad true (padding counts as zeros in the mean),
 *          divisorOverride none (divide by this instead of the window's size).
 * Throws   ArgumentError "kernelSize", "stride", "padding" (more than half the window) at construction; in forward
 *          ShapeError "rank", "empty", "kernel-too-large", ArgumentError "divisor" for a divisorOverride of 0.
 * Source   torch.nn.AvgPool2d.
 *
 * @example
 * await new nn.AvgPool2d(2).forward(tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]])).tolist(); // [[[2.5, 6.5]]]
 */
export class AvgPool2d<
  const K extends Size = Size,
  const T = unknown,
  const P extends AvgPool2dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["avgPool2d", K, T, P];
  readonly kernelSize: Size;
  readonly options: AvgPool2dOptions;

  constructor(
    kernelSize: K,
    stride?: T & StrideOr<AvgPool2dOptions>,
    options: Written<P, AvgPool2dOptions> = {} as Written<P, AvgPool2dOptions>,
  ) {
    super();
    checkOptions<AvgPool2dOptions>("AvgPool2d", options, {
      countIncludePad: 0,
      divisorOverride: 0,
      stride: 0,
      padding: 0,
      ceilMode: 0,
    });
    this.kernelSize = kernelSize;
    this.options = withStride(stride, options);
    poolGeometry("AvgPool2d", kernelSize, this.options);
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["avgPool2d", K, T, P], S>): Tensor<Given<["avgPool2d", K, T, P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return avgPool2d(input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return `${this.kernelSize}`;
  }
}

/**
 * The means of windows chosen so that the result has outputSize, whatever the input's size: window i begins at ⌊i·H/H′⌋
 * and ends before ⌈(i + 1)·H/H′⌉. Size 1 is global average pooling.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with the given height and width.
 * Options  outputSize, a number or [height, width]; null keeps the input's.
 * Throws   ArgumentError "outputSize" unless whole numbers ≥ 1; in forward ShapeError "rank", "empty".
 * Source   torch.nn.AdaptiveAvgPool2d.
 *
 * @example
 * await new nn.AdaptiveAvgPool2d(1).forward(tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]])).tolist(); // [[[4.5]]]
 * new nn.AdaptiveAvgPool2d([7, 7]).forward(zeros([1, 512, 9, 13])).shape; // [1, 512, 7, 7]
 */
export class AdaptiveAvgPool2d<const K extends OutputSize = OutputSize> extends Module {
  declare readonly shapeRule: ["adaptiveAvgPool2d", K];
  readonly outputSize: OutputSize;

  constructor(outputSize: K) {
    super();
    checkOutputSize("AdaptiveAvgPool2d", outputSize);
    this.outputSize = outputSize;
  }

  forward<S extends Shape>(
    input: Tensor<S> & Fit<["adaptiveAvgPool2d", K], S>,
  ): Tensor<Given<["adaptiveAvgPool2d", K], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return adaptiveAvgPool2d(input, this.outputSize);
  }

  override extraRepr(): string {
    return `${this.outputSize}`;
  }
}

/**
 * The largest values of windows chosen so that the result has outputSize, the same windows as in AdaptiveAvgPool2d.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with the given height and width.
 * Options  outputSize, a number or [height, width]; null keeps the input's. returnIndices false: as in MaxPool2d.
 * Throws   ArgumentError "outputSize" unless whole numbers ≥ 1; in forward ShapeError "rank", "empty".
 * Source   torch.nn.AdaptiveMaxPool2d.
 *
 * @example
 * await new nn.AdaptiveMaxPool2d([1, 2]).forward(tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]])).tolist(); // [[[4, 8]]]
 */
export class AdaptiveMaxPool2d<
  Indices extends boolean = false,
  const K extends OutputSize = OutputSize,
> extends Module {
  declare readonly shapeRule: ["adaptiveMaxPool2d", K];
  readonly outputSize: OutputSize;
  readonly returnIndices: boolean;

  constructor(outputSize: K, options: ReturnIndices<Indices> = {}) {
    super();
    checkOptions("AdaptiveMaxPool2d", options, { returnIndices: 0 });
    checkOutputSize("AdaptiveMaxPool2d", outputSize);
    this.returnIndices = options.returnIndices ?? false;
    this.outputSize = outputSize;
  }

  forward<S extends Shape>(
    input: Tensor<S> & Fit<["adaptiveMaxPool2d", K], S>,
  ): Pooled<Indices, Given<["adaptiveMaxPool2d", K], S>>;
  forward(input: Unshaped): Pooled<Indices>;
  forward(input: Tensor): Pooled<Indices> {
    return (this.returnIndices ? adaptiveMaxPool2dWithIndices : adaptiveMaxPool2d)(
      input,
      this.outputSize,
    ) as Pooled<Indices>;
  }
}
