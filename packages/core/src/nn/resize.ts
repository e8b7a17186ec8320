/** @file Layers that change the size of maps without weights. */
import type { Tensor } from "../autograd/tensor.ts";
import { checkInterpolate, type InterpolateOptions, interpolate } from "../ops/interpolate.ts";
import { type MaxUnpool2dOptions, maxUnpool2d } from "../ops/max-unpool2d.ts";
import { checkFactor, pixelShuffle, pixelUnshuffle } from "../ops/pixel-shuffle.ts";
import { poolGeometry } from "../ops/pool-shape.ts";
import { Module } from "./module.ts";

/**
 * Maps in another size: `new nn.Upsample({ scaleFactor: 2, mode: "bilinear" })`.
 *
 * Shape    (N, C, H, W) → (N, C, H′, W′), by size or scaleFactor.
 * Options  as interpolate: mode "nearest", alignCorners false.
 * Source   torch.nn.Upsample.
 */
export class Upsample extends Module {
  readonly options: InterpolateOptions;

  constructor(options: InterpolateOptions) {
    super();
    checkInterpolate("Upsample", options);
    this.options = options;
  }

  forward(input: Tensor): Tensor {
    return interpolate(input, this.options);
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode = "nearest" } = this.options;
    return `${size === undefined ? `× ${scaleFactor}` : size}, ${mode}`;
  }
}

/** (N, C·r², H, W) → (N, C, H·r, W·r). Shi et al. 2016; torch.nn.PixelShuffle. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    checkFactor("PixelShuffle", "upscaleFactor", upscaleFactor);
    this.upscaleFactor = upscaleFactor;
  }

  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor);
  }
}

/** (N, C, H·r, W·r) → (N, C·r², H, W). torch.nn.PixelUnshuffle. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    checkFactor("PixelUnshuffle", "downscaleFactor", downscaleFactor);
    this.downscaleFactor = downscaleFactor;
  }

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
