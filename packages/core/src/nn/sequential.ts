/** @file A Sequential whose input shape the compiler knows. */
import type { Tensor } from "../autograd/tensor.ts";
import { type Shape, sameShape } from "../base/shape.ts";
import type { Dims, Unranked } from "../base/typed/dims.ts";
import type { Chain, Checked, Result, RuleOf } from "../base/typed/rules.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { type Entry, type Layer, Sequential } from "./container.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * A Sequential made by sequential(): X is the shape of one sample, L the layers.
 *
 * @example
 * const net = nn.sequential([1, 28, 28], [new nn.Flatten(), new nn.Linear(784, 10)]);
 * net.inputShape; // [1, 28, 28]
 */
export class ShapedSequential<
  const X extends Shape = Shape,
  const L extends readonly Entry[] = readonly Layer[],
> extends Sequential<L> {
  declare readonly shapeRule: ["sequence", L, X];
  /** @internal */
  static override readonly keepsNothing: boolean = true;
  /** The shape of one sample, without the batch. */
  readonly inputShape: X;

  /** @internal Use sequential(). */
  constructor(inputShape: X, layers: L) {
    super({}); // sequential() has checked the layers, with the input; the constructor would, without it
    for (const entry of layers) this.take(entry);
    this.inputShape = inputShape;
  }

  override forward<S extends Shape>(
    input: Tensor<S> & Fit<["sequence", L, X], S>,
  ): Tensor<Unranked<S> extends true ? Result<[], Chain<L, [number, ...X]>> : Given<["sequence", L, X], S>>;
  override forward(input: Unshaped): Tensor<Result<[], Chain<L, [number, ...X]>>>;
  override forward(input: Tensor): Tensor {
    if (!sameShape(input.shape.slice(1), this.inputShape))
      throw new ShapeError(
        "sequential",
        "input",
        say`expects [N, ${this.inputShape.join(", ")}], got ${{ input: input.shape }}.`,
        [{ name: "input", shape: input.shape }],
      );
    return (super.forward as (input: Tensor) => Tensor)(input);
  }
}

/**
 * Layers one after another on samples of a known shape. A layer that does not fit is a compile error on that layer,
 * with both numbers; the model's own input and output are checked, too: this one gives [number, 10].
 *
 * Options  inputShape, one sample without the batch: [channels, height, width].
 * Shape    (N, ...inputShape) → what the last layer gives.
 * Keys     as Sequential: "0.weight", …, or "conv1.weight" for ["conv1", layer].
 * Throws   ShapeError "input" in forward for samples of another shape; ArgumentError "layer", "name" as Sequential.
 *
 * @example
 * const conv = new nn.Conv2d(3, 16, 3, { stride: 2, padding: 1 });
 * const net = sequential([3, 32, 32], [conv, new nn.ReLU(), new nn.Flatten(), new nn.Linear(16 * 16 * 16, 10)]);
 * net.forward(zeros([8, 3, 32, 32])).shape; // [8, 10]
 */
export function sequential<const X extends Shape, const L extends readonly Entry[]>(
  inputShape: X,
  layers: L & Checked<L, ["N", ...X]>,
): ShapedSequential<X, L> {
  return new ShapedSequential<X, L>(inputShape, layers);
}

/** The shape of a model's output for samples as its inputShape says: ["N", 10]. */
export type OutputOf<M> =
  RuleOf<M> extends readonly ["sequence", infer L extends readonly unknown[], infer X extends Shape]
    ? Chain<L, ["N", ...X]>
    : Dims;
