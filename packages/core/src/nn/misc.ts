import type { Tensor } from "../autograd/tensor.ts";
import type { Generator } from "../base/rng/index.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError } from "../errors/errors.ts";
import { dropout, dropout2d } from "../ops/dropout.ts";
import { flatten } from "../ops/view.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/** (B, C, H, W) → (B, C·H·W): joins all axes from startDim (default 1) to endDim (default the last). torch.nn.Flatten. */
export class Flatten<
  const D extends readonly [startDim?: number, endDim?: number] = readonly [startDim?: number, endDim?: number],
> extends Module {
  declare readonly shapeRule: ["flatten", D];
  readonly startDim: number;
  readonly endDim: number;

  constructor(...dims: D) {
    super();
    const [startDim = 1, endDim = -1] = dims;
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["flatten", D], S>): Tensor<Given<["flatten", D], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return flatten(input, this.startDim, this.endDim);
  }
}

/** In training, zeroes each element with probability p (default 0.5) and scales the rest by 1/(1 − p). torch.nn.Dropout. */
export class Dropout extends Module {
  declare readonly shapeRule: ["keep"];
  readonly p: number;
  readonly generator: Generator | undefined;

  constructor(p = 0.5, options: { generator?: Generator } = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError("Dropout", "p", `p must lie in [0, 1], got ${p}.`);
    this.p = p;
    this.generator = options.generator;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return dropout(input, { p: this.p, training: this.training, generator: this.generator });
  }

  override extraRepr(): string {
    return `p ${this.p}`;
  }
}

/** In training, zeroes whole channels (N, C, …) with probability p and scales the rest by 1/(1 − p). torch.nn.Dropout2d. */
export class Dropout2d extends Module {
  declare readonly shapeRule: ["keep"];
  readonly p: number;
  readonly generator: Generator | undefined;

  constructor(p = 0.5, options: { generator?: Generator } = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError("Dropout2d", "p", `p must lie in [0, 1], got ${p}.`);
    this.p = p;
    this.generator = options.generator;
  }

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return dropout2d(input, { p: this.p, training: this.training, generator: this.generator });
  }

  override extraRepr(): string {
    return `p ${this.p}`;
  }
}

/** Returns its input: an empty branch. torch.nn.Identity. */
export class Identity extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return input;
  }
}
