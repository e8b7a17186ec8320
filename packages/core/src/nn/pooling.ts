/** @file Pooling as layers; shapes and options stand with the functions in ops/. */
import type { Tensor } from "../autograd/tensor.ts";
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
import { Module } from "./module.ts";

type Size = number | readonly number[];

function withStride<O extends { stride?: Size | null }>(stride: Size | null | O | undefined, options: O): O {
  return typeof stride === "object" && stride !== null && !Array.isArray(stride)
    ? (stride as O)
    : { ...options, ...(stride === undefined || stride === null ? {} : { stride: stride as Size }) };
}

export interface ReturnIndices<Indices extends boolean> {
  /** Give { output, indices }: the position y·W + x of each maximum in its plane, too. Default false. */
  returnIndices?: Indices;
}

type Pooled<Indices extends boolean> = Indices extends true ? { output: Tensor; indices: Tensor } : Tensor;

/**
 * The largest value of each window: `new MaxPool2d(2, 2)` or `new MaxPool2d(3, { stride: 2, padding: 1 })`.
 * torch.nn.MaxPool2d.
 */
export class MaxPool2d<Indices extends boolean = false> extends Module {
  readonly kernelSize: Size;
  readonly options: MaxPool2dOptions & ReturnIndices<Indices>;

  constructor(
    kernelSize: Size,
    stride?: Size | null | (MaxPool2dOptions & ReturnIndices<Indices>),
    options: MaxPool2dOptions & ReturnIndices<Indices> = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.options = withStride(stride, options);
    poolGeometry("MaxPool2d", kernelSize, this.options);
  }

  forward(input: Tensor): Pooled<Indices> {
    return (this.options.returnIndices ? maxPool2dWithIndices : maxPool2d)(
      input,
      this.kernelSize,
      this.options,
    ) as Pooled<Indices>;
  }

  override extraRepr(): string {
    return `${this.kernelSize}`;
  }
}

/** The mean of each window. torch.nn.AvgPool2d. */
export class AvgPool2d extends Module {
  readonly kernelSize: Size;
  readonly options: AvgPool2dOptions;

  constructor(kernelSize: Size, stride?: Size | null | AvgPool2dOptions, options: AvgPool2dOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = withStride(stride, options);
    poolGeometry("AvgPool2d", kernelSize, this.options);
  }

  forward(input: Tensor): Tensor {
    return avgPool2d(input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return `${this.kernelSize}`;
  }
}

/** Means over windows that give the wanted size; 1 is global average pooling. torch.nn.AdaptiveAvgPool2d. */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: OutputSize;

  constructor(outputSize: OutputSize) {
    super();
    checkOutputSize("AdaptiveAvgPool2d", outputSize);
    this.outputSize = outputSize;
  }

  forward(input: Tensor): Tensor {
    return adaptiveAvgPool2d(input, this.outputSize);
  }

  override extraRepr(): string {
    return `${this.outputSize}`;
  }
}

/** Maxima over windows that give the wanted size. torch.nn.AdaptiveMaxPool2d. */
export class AdaptiveMaxPool2d<Indices extends boolean = false> extends Module {
  readonly outputSize: OutputSize;
  readonly returnIndices: boolean;

  constructor(outputSize: OutputSize, options: ReturnIndices<Indices> = {}) {
    super();
    checkOutputSize("AdaptiveMaxPool2d", outputSize);
    this.returnIndices = options.returnIndices ?? false;
    this.outputSize = outputSize;
  }

  forward(input: Tensor): Pooled<Indices> {
    return (this.returnIndices ? adaptiveMaxPool2dWithIndices : adaptiveMaxPool2d)(
      input,
      this.outputSize,
    ) as Pooled<Indices>;
  }
}
