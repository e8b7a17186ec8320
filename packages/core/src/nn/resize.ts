/** @file Layers that change the size of maps without weights. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { checkInterpolate, type InterpolateOptions, interpolate } from "../ops/interpolate.ts";
import { type MaxUnpool2dOptions, maxUnpool2d } from "../ops/max-unpool2d.ts";
import { checkFactor, pixelShuffle, pixelUnshuffle } from "../ops/pixel-shuffle.ts";
import { poolGeometry } from "../ops/pool-shape.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped, Written } from "./typed-layer.ts";

/**
 * Maps in another size: `new nn.Upsample({ scaleFactor: 2, mode: "bilinear" })`.
 *
 * Shape    (N, C, H, W) → (N, C, H′, W′), by size or scaleFactor.
 * Options  as interpolate: mode "nearest", alignCorners false.
 * Source   torch.nn.Upsample.
 */
export class Upsample<const P extends InterpolateOptions = InterpolateOptions> extends Module {
  declare readonly shapeRule: ["upsample", P];
  readonly options: InterpolateOptions;

  constructor(options: Written<P, InterpolateOptions>) {
    super();
    checkInterpolate("Upsample", options);
    this.options = options;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["upsample", P], S>): Tensor<Given<["upsample", P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return interpolate(input, this.options);
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode = "nearest" } = this.options;
    return `${size === undefined ? `× ${scaleFactor}` : size}, ${mode}`;
  }
}

/** (N, C·r², H, W) → (N, C, H·r, W·r). Shi et al. 2016; torch.nn.PixelShuffle. */
export class PixelShuffle<const R extends number = number> extends Module {
  declare readonly shapeRule: ["pixelShuffle", R];
  readonly upscaleFactor: number;

  constructor(upscaleFactor: R) {
    super();
    checkFactor("PixelShuffle", "upscaleFactor", upscaleFactor);
    this.upscaleFactor = upscaleFactor;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["pixelShuffle", R], S>): Tensor<Given<["pixelShuffle", R], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor);
  }
}

/** (N, C, H·r, W·r) → (N, C·r², H, W). torch.nn.PixelUnshuffle. */
export class PixelUnshuffle<const R extends number = number> extends Module {
  declare readonly shapeRule: ["pixelUnshuffle", R];
  readonly downscaleFactor: number;

  constructor(downscaleFactor: R) {
    super();
    checkFactor("PixelUnshuffle", "downscaleFactor", downscaleFactor);
    this.downscaleFactor = downscaleFactor;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["pixelUnshuffle", R], S>): Tensor<Given<["pixelUnshuffle", R], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor);
  }
}

/**
 * Puts maxima back where MaxPool2d with returnIndices found them: `unpool.forward(output, indices)`.
 * torch.nn.MaxUnpool2d.
 */
export class MaxUnpool2d extends Module {
  readonly kernelSize: number | readonly number[];
  readonly options: Omit<MaxUnpool2dOptions, "outputSize">;

  constructor(
    kernelSize: number | readonly number[],
    stride?: number | readonly number[] | null,
    options: { padding?: number | readonly number[] } = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.options = { ...options, stride };
    poolGeometry("MaxUnpool2d", kernelSize, this.options);
  }

  forward(input: Tensor, indices: Tensor, outputSize?: readonly number[]): Tensor {
    return maxUnpool2d(input, indices, this.kernelSize, { ...this.options, outputSize });
  }
}
