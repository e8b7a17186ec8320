/** @file Padding as layers: [left, right, top, bottom], or one number for all four; negative values crop. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { type PadMode, pad } from "../ops/pad.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/** One number for all four sides, or [left, right, top, bottom]. */
export type Padding2d = number | readonly number[];

abstract class Pad2d<const P extends Padding2d> extends Module {
  declare readonly shapeRule: ["pad", P];
  readonly padding: readonly number[];
  readonly value: number;

  constructor(padding: P, value = 0) {
    super();
    const list =
      typeof padding === "number" ? [padding, padding, padding, padding] : [...(padding as readonly number[])];
    if (list.length !== 4 || !list.every(Number.isInteger))
      throw new ArgumentError(
        this.constructor.name,
        "padding",
        say`padding must be one whole number or [left, right, top, bottom], got ${{ list }}.`,
      );
    this.padding = list;
    this.value = value;
  }

  protected abstract get mode(): PadMode;

  forward<S extends Shape>(input: Tensor<S> & Fit<["pad", P], S>): Tensor<Given<["pad", P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    if (input.ndim !== 3 && input.ndim !== 4)
      throw new ShapeError(
        this.constructor.name,
        "rank",
        say`input must be (N, C, H, W) or (C, H, W), got ${{ axes: input.ndim }} axes.`,
        [{ name: "input", shape: input.shape }],
      );
    return pad(input, this.padding, { mode: this.mode, value: this.value });
  }

  override extraRepr(): string {
    return `[${this.padding.join(", ")}]`;
  }
}

/**
 * A border of zeros around maps.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with H + top + bottom and W + left + right.
 * Options  padding, one number for all sides or [left, right, top, bottom]; negative ones crop.
 * Throws   ArgumentError "padding" unless 1 or 4 whole numbers; in forward ShapeError "rank", "negative" when more is
 *          cropped than there is.
 * Source   torch.nn.ZeroPad2d.
 *
 * @example
 * await new nn.ZeroPad2d([1, 0, 0, 1]).forward(tensor([[[5, 6]]])).tolist(); // [[[0, 5, 6], [0, 0, 0]]]
 */
export class ZeroPad2d<const P extends Padding2d = Padding2d> extends Pad2d<P> {
  constructor(padding: P) {
    super(padding);
  }

  protected get mode(): PadMode {
    return "constant";
  }
}

/**
 * A border of one value around maps.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with H + top + bottom and W + left + right.
 * Options  padding, one number for all sides or [left, right, top, bottom]; negative ones crop. value has no default.
 * Throws   ArgumentError "padding"; in forward ShapeError "rank", "negative".
 * Source   torch.nn.ConstantPad2d.
 *
 * @example
 * await new nn.ConstantPad2d([1, 0, 0, 1], 9).forward(tensor([[[5, 6]]])).tolist(); // [[[9, 5, 6], [9, 9, 9]]]
 */
export class ConstantPad2d<const P extends Padding2d = Padding2d> extends Pad2d<P> {
  constructor(padding: P, value: number) {
    super(padding, value);
  }

  protected get mode(): PadMode {
    return "constant";
  }
}

/**
 * A border that mirrors the map at its edge pixels, which are not repeated.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with H + top + bottom and W + left + right.
 * Options  padding, one number for all sides or [left, right, top, bottom]; negative ones crop.
 * Throws   ArgumentError "padding"; in forward ShapeError "rank", "negative", "too-wide" for a border of H or W
 *          pixels or more.
 * Source   torch.nn.ReflectionPad2d.
 *
 * @example
 * await new nn.ReflectionPad2d([2, 1, 0, 0]).forward(tensor([[[1, 2, 3]]])).tolist(); // [[[3, 2, 1, 2, 3, 2]]]
 */
export class ReflectionPad2d<const P extends Padding2d = Padding2d> extends Pad2d<P> {
  constructor(padding: P) {
    super(padding);
  }

  protected get mode(): PadMode {
    return "reflect";
  }
}

/**
 * A border that repeats the edge pixels.
 *
 * Shape    (N, C, H, W) or (C, H, W) → the same with H + top + bottom and W + left + right.
 * Options  padding, one number for all sides or [left, right, top, bottom]; negative ones crop.
 * Throws   ArgumentError "padding"; in forward ShapeError "rank", "negative".
 * Source   torch.nn.ReplicationPad2d.
 *
 * @example
 * await new nn.ReplicationPad2d([2, 1, 0, 0]).forward(tensor([[[1, 2, 3]]])).tolist(); // [[[1, 1, 1, 2, 3, 3]]]
 */
export class ReplicationPad2d<const P extends Padding2d = Padding2d> extends Pad2d<P> {
  constructor(padding: P) {
    super(padding);
  }

  protected get mode(): PadMode {
    return "replicate";
  }
}
