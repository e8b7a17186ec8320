/** @file Layers that change the size of maps without weights. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { checkInterpolate, type InterpolateOptions, interpolate } from "../ops/interpolate.ts";
import { type MaxUnpool2dOptions, maxUnpool2d } from "../ops/max-unpool2d.ts";
import { checkFactor, pixelShuffle, pixelUnshuffle } from "../ops/pixel-shuffle.ts";
import { poolGeometry } from "../ops/pool-shape.ts";
import { checkOptions } from "./given-options.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped, Written } from "./typed-layer.ts";

/**
 * Maps in another size: "nearest" copies pixel ⌊i·H/H′⌋, "bilinear" mixes the four pixels around, "area" averages.
 *
 * Shape    (N, C, H, W) → (N, C, H′, W′), given by size, or ⌊H·scaleFactor⌋.
 * Options  size or scaleFactor, a number or [height, width]; mode "nearest" | "nearest-exact" | "bilinear" | "area";
 *          alignCorners false, only for bilinear: whether the corner pixels' centres stay where they are.
 * Throws   ArgumentError "mode", "size", "scaleFactor", "alignCorners" at construction; in forward ShapeError "rank",
 *          "empty".
 * Source   torch.nn.Upsample.
 *
 * @example
 * const x = tensor([[[[1, 2]]]]);
 * await new nn.Upsample({ scaleFactor: 2 }).forward(x).tolist(); // [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
 * await new nn.Upsample({ size: [1, 4], mode: "bilinear" }).forward(x).tolist(); // [[[[1, 1.25, 1.75, 2]]]]
 */
export class Upsample<const P extends InterpolateOptions = InterpolateOptions> extends Module {
  declare readonly shapeRule: ["upsample", P];
  readonly options: InterpolateOptions;

  constructor(options: Written<P, InterpolateOptions>) {
    super();
    checkOptions<InterpolateOptions>("Upsample", options, { size: 0, scaleFactor: 0, mode: 0, alignCorners: 0 });
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

/**
 * Channels become pixels: y[n,c,r·i + u,r·j + v] = x[n,c·r² + u·r + v,i,j] with r = upscaleFactor. A convolution to
 * C·r² channels and this layer enlarge maps without a transposed convolution.
 *
 * Shape    (…, C·r², H, W) → (…, C, H·r, W·r).
 * Throws   ArgumentError "upscaleFactor" unless a whole number ≥ 1; in forward ShapeError "rank", "channels".
 * Source   Shi et al. 2016 (https://arxiv.org/abs/1609.05158); torch.nn.PixelShuffle.
 *
 * @example
 * await new nn.PixelShuffle(2).forward(tensor([[[1]], [[2]], [[3]], [[4]]])).tolist(); // [[[1, 2], [3, 4]]]
 */
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

/**
 * Undoes PixelShuffle: blocks of r × r pixels become channels, r = downscaleFactor, and no value is lost.
 *
 * Shape    (…, C, H·r, W·r) → (…, C·r², H, W).
 * Throws   ArgumentError "downscaleFactor" unless a whole number ≥ 1; in forward ShapeError "rank", "size".
 * Source   torch.nn.PixelUnshuffle.
 *
 * @example
 * await new nn.PixelUnshuffle(2).forward(tensor([[[1, 2], [3, 4]]])).tolist(); // [[[1]], [[2]], [[3]], [[4]]]
 */
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
 * Puts each maximum back where MaxPool2d with returnIndices found it, zeros elsewhere: forward(output, indices,
 * outputSize?).
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with outputSize, by default (H − 1)·stride − 2·padding + kernelSize.
 * Options  stride = kernelSize, padding 0: those of the MaxPool2d.
 * Throws   ArgumentError "kernelSize", "stride", "padding" at construction; in forward ShapeError "rank", "indices",
 *          ArgumentError "outputSize" a stride off or more, DTypeError "dtype", TargetError "index-range".
 * Source   torch.nn.MaxUnpool2d.
 *
 * @example
 * const pool = new nn.MaxPool2d(2, { returnIndices: true });
 * const { output, indices } = pool.forward(tensor([[[1, 2], [3, 4]]]));
 * await new nn.MaxUnpool2d(2).forward(output, indices).tolist(); // [[[0, 0], [0, 4]]]
 */
export class MaxUnpool2d extends Module {
  readonly kernelSize: number | readonly number[];
  readonly options: Omit<MaxUnpool2dOptions, "outputSize">;

  constructor(
    kernelSize: number | readonly number[],
    stride?: number | readonly number[] | null,
    options: { /** The MaxPool2d's. Default 0. */ padding?: number | readonly number[] } = {},
  ) {
    super();
    checkOptions("MaxUnpool2d", options, { padding: 0 });
    this.kernelSize = kernelSize;
    this.options = { ...options, stride };
    poolGeometry("MaxUnpool2d", kernelSize, this.options);
  }

  forward(input: Tensor, indices: Tensor, outputSize?: readonly number[]): Tensor {
    return maxUnpool2d(input, indices, this.kernelSize, { ...this.options, outputSize });
  }
}
