/** @file Containers whose layers do not stand one behind the other: a way around, and branches side by side. */
import type { Tensor } from "../autograd/tensor.ts";
import { type Shape, sameShape } from "../base/shape.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { add } from "../ops/binary.ts";
import { cat } from "../ops/join.ts";
import type { Layer } from "./container.ts";
import { ModuleList } from "./containers.ts";
import { Identity } from "./misc.ts";
import { Module } from "./module.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * y = branch(x) + shortcut(x); without a shortcut y = branch(x) + x.
 *
 * Shape    both sides give the same.
 * Keys     branch.…, shortcut.….
 * Throws   ShapeError "residual" when they differ: nothing is broadcast.
 * Source   He, Zhang, Ren & Sun 2015 (https://arxiv.org/abs/1512.03385). PyTorch has no such class.
 *
 * @example
 * const block = new nn.Residual(new nn.Conv2d(8, 8, 3, { padding: 1 }));
 * block.forward(zeros([1, 8, 4, 4])).shape; // [1, 8, 4, 4]
 */
export class Residual<
  B extends Layer = Layer,
  A extends readonly [shortcut?: Layer] = readonly [shortcut?: Layer],
> extends Module {
  declare readonly shapeRule: ["residual", B, A];
  readonly branch: Layer;
  readonly shortcut: Layer;

  constructor(branch: B, ...around: A) {
    super();
    const [shortcut = new Identity()] = around;
    this.branch = branch;
    this.shortcut = shortcut;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["residual", B, A], S>): Tensor<Given<["residual", B, A], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    const inner = this.branch.forward(input);
    const around = this.shortcut.forward(input);
    if (!sameShape(inner.shape, around.shape))
      throw new ShapeError(
        "residual",
        "residual",
        say`the branch gives ${{ inner: inner.shape }}, the way around it ${{ around: around.shape }}.`,
        [
          { name: "branch", shape: inner.shape },
          { name: "shortcut", shape: around.shape },
        ],
        "give the branch padding, or the shortcut a convolution with the same stride and channels.",
      );
    return add(inner, around);
  }
}

/**
 * Every branch on the same input, their results joined along an axis: channels, unless `dim` says otherwise.
 *
 * Keys     branches.0.…, branches.1.….
 * Throws   ShapeError "sizes" when the results differ elsewhere.
 * Source   torch.cat over branches, as in Inception and DenseNet. PyTorch has no such class.
 *
 * @example
 * const both = new nn.Concat([new nn.Conv2d(3, 8, 1), new nn.Conv2d(3, 4, 3, { padding: 1 })]);
 * both.forward(zeros([1, 3, 6, 6])).shape; // [1, 12, 6, 6]
 */
export class Concat<const L extends readonly Layer[] = readonly Layer[], const D extends number = 1> extends Module {
  declare readonly shapeRule: ["concat", L, D];
  readonly branches: ModuleList<readonly Layer[]>;
  readonly dim: number;

  constructor(branches: L, dim?: D) {
    super();
    this.branches = new ModuleList<readonly Layer[]>(branches);
    this.dim = dim ?? 1;
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["concat", L, D], S>): Tensor<Given<["concat", L, D], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return cat(
      [...this.branches].map((branch) => branch.forward(input)),
      this.dim,
    );
  }
}
