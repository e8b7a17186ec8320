import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { checkPaddingIdx, type EmbeddingOptions, embedding } from "../ops/embedding.ts";
import { normal_ } from "./init.ts";
import { checkSizes } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/**
 * A learned row for each of numEmbeddings indices.
 *
 * Shape    int32 (…) → (…, embeddingDim).
 * Keys     weight (numEmbeddings, embeddingDim).
 * Init     N(0, 1), the row paddingIdx 0.
 * Source   torch.nn.Embedding. Meant for small tables: see the function's cost.
 */
export class Embedding<const D extends number = number> extends Module {
  declare readonly shapeRule: ["embedding", D];
  readonly weight: Parameter;
  readonly paddingIdx: number | null;

  constructor(numEmbeddings: number, embeddingDim: D, options: EmbeddingOptions = {}) {
    super();
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
