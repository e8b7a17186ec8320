import { Tensor } from "../autograd/tensor.ts";

/**
 * A tensor that a module learns: it requires a gradient, and as a field of a module it appears in parameters() and
 * stateDict(). It shares the memory of the tensor it is made of.
 *
 * Options  requiresGrad true.
 * Source   torch.nn.Parameter.
 *
 * @example
 * class Scale extends nn.Module {
 *   factor = new nn.Parameter(ones([1]));
 *   forward(x: Tensor) { return x.mul(this.factor); }
 * }
 * [...new Scale().stateDict().keys()]; // ["factor"]
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    super(data.storage, data.dtype, data.shape, data.strides, data.offset);
    this.requiresGrad = requiresGrad;
  }
}
