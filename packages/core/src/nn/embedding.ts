import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { checkPaddingIdx, type EmbeddingOptions, embedding } from "../ops/embedding.ts";
import { checkOptions } from "./given-options.ts";
import { normal_ } from "./init.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * A learned row for each of numEmbeddings indices: y[…] = weight[x[…]].
 *
 * Shape    int32 (…) → (…, embeddingDim).
 * Keys     weight (numEmbeddings, embeddingDim).
 * Options  paddingIdx none: the row of this index begins as 0 and gets no gradient; negative counts from the end.
 * Init     N(0, 1).
 * Throws   ArgumentError "numEmbeddings", "embeddingDim", "paddingIdx" at construction; in forward DTypeError "dtype"
 *          unless int32, TargetError "index-range".
 * Cost     the gradient has the size of the whole table: meant for small ones.
 * Source   torch.nn.Embedding.
 *
 * @example
 * const rows = new nn.Embedding(10, 4, { paddingIdx: 0 });
 * rows.forward(tensor([[1, 2, 5]], { dtype: "int32" })).shape; // [1, 3, 4]
 * await rows.forward(tensor(0, { dtype: "int32" })).tolist(); // [0, 0, 0, 0]
 */
export class Embedding<const D extends number = number> extends Module {
  declare readonly shapeRule: ["embedding", D];
  readonly weight: Parameter;
  readonly paddingIdx: number | null;

  constructor(numEmbeddings: number, embeddingDim: D, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, { paddingIdx: 0 });
    checkSizes("Embedding", { numEmbeddings, embeddingDim });
    this.paddingIdx = checkPaddingIdx("Embedding", options.paddingIdx, numEmbeddings);
    const table = normal_(empty([numEmbeddings, embeddingDim]));
    if (this.paddingIdx !== null) table.narrow(0, this.paddingIdx, 1).zero_();
    this.weight = new Parameter(table);
  }

  forward<S extends Shape>(indices: Tensor<S> & Fit<["embedding", D], S>): Tensor<Given<["embedding", D], S>>;
  forward(indices: Unshaped): Tensor;
  forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, { paddingIdx: this.paddingIdx });
  }

  override extraRepr(): string {
    return this.weight.shape.join(", ");
  }
}
