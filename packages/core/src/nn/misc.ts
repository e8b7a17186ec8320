import type { Tensor } from "../autograd/tensor.ts";
import type { Generator } from "../base/rng/index.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { dropout, dropout2d } from "../ops/dropout.ts";
import { flatten } from "../ops/view.ts";
import { withFirst } from "./given-options.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * Joins the axes from startDim to endDim into one: (N, C, H, W) → (N, C·H·W), what stands between maps and Linear
 * layers.
 *
 * Options  startDim 1, endDim −1 (the last).
 * Throws   ShapeError "dim" in forward when an axis does not exist.
 * Source   torch.nn.Flatten.
 *
 * @example
 * new nn.Flatten().forward(zeros([8, 16, 5, 5])).shape; // [8, 400]
 * new nn.Flatten(2).forward(zeros([8, 16, 5, 5])).shape; // [8, 16, 25]
 */
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

interface DropoutOptions {
  /** How likely an element, or channel, is dropped. Default 0.5. */
  p?: number;
  /** Default: the one that manualSeed() sets. */
  generator?: Generator;
}

/**
 * In training each element becomes 0 with probability p, the others x/(1 − p), so the expectation stays; in evaluation
 * y = x. The mask continues torch's random stream.
 *
 * Shape    any → the same.
 * Options  p 0.5; generator, by default the one that manualSeed() sets.
 * Throws   ArgumentError "p" outside [0, 1].
 * Source   Srivastava et al. 2014; torch.nn.Dropout.
 *
 * @example
 * const y = await new nn.Dropout(0.5).forward(ones([100])).toArray();
 * [...new Set(y)].sort(); // [0, 2]
 * await new nn.Dropout(0.5).eval().forward(ones([3])).tolist(); // [1, 1, 1]
 */
export class Dropout extends Module {
  declare readonly shapeRule: ["keep"];
  readonly p: number;
  readonly generator: Generator | undefined;

  constructor(p: number | DropoutOptions = 0.5, options: DropoutOptions = {}) {
    super();
    const { p: share = 0.5, generator } = withFirst("Dropout", "p", { p: 0, generator: 0 }, p, options);
    if (!(share >= 0 && share <= 1))
      throw new ArgumentError("Dropout", "p", say`p must lie in [0, 1], got ${{ p: share }}.`);
    this.p = share;
    this.generator = generator;
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

/**
 * In training each channel of each sample becomes 0 as a whole with probability p, the others x/(1 − p); in evaluation
 * y = x. Between convolutions, where neighbouring pixels would give a single dropped one away.
 *
 * Shape    (N, C, …) → the same.
 * Options  p 0.5; generator, by default the one that manualSeed() sets.
 * Throws   ArgumentError "p" outside [0, 1]; ShapeError "rank" in forward below 2 axes.
 * Source   Tompson et al. 2015 (https://arxiv.org/abs/1411.4280); torch.nn.Dropout2d.
 *
 * @example
 * const y = new nn.Dropout2d(0.5).forward(ones([1, 64, 3, 3]));
 * [...new Set(await y.mean([2, 3]).toArray())].sort(); // [0, 2]
 */
export class Dropout2d extends Module {
  declare readonly shapeRule: ["keep"];
  readonly p: number;
  readonly generator: Generator | undefined;

  constructor(p: number | DropoutOptions = 0.5, options: DropoutOptions = {}) {
    super();
    const { p: share = 0.5, generator } = withFirst("Dropout2d", "p", { p: 0, generator: 0 }, p, options);
    if (!(share >= 0 && share <= 1))
      throw new ArgumentError("Dropout2d", "p", say`p must lie in [0, 1], got ${{ p: share }}.`);
    this.p = share;
    this.generator = generator;
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

/**
 * y = x, the input itself: a layer where none is wanted, such as a shortcut or a removed head.
 *
 * Shape    any → the same.
 * Source   torch.nn.Identity.
 *
 * @example
 * const x = ones([2]);
 * new nn.Identity().forward(x) === x; // true
 */
export class Identity extends Module {
  declare readonly shapeRule: ["keep"];

  forward<S extends Shape>(input: Tensor<S>): Tensor<S>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return input;
  }
}
