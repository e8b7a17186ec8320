import { Tensor } from "../autograd/tensor.ts";

/** A tensor that a module learns: requires a gradient and appears in parameters() and stateDict(). torch.nn.Parameter. */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    super(data.storage, data.dtype, data.shape, data.strides, data.offset);
    this.requiresGrad = requiresGrad;
  }
}
