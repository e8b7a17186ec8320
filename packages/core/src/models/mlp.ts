import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm1d, Flatten, Linear, Module, ReLU, Sequential } from "../nn/index.ts";
import { layers, type ModelOptions, resolved } from "./options.ts";

/**
 * One hidden layer of 64 units, no convolution: the dense network that the notes use to explain batch normalisation.
 * y = W₂ · relu(norm(W₁ · x + b₁)) + b₂.
 *
 * Shape    (N, inChannels, H, W) or (N, features) → (N, numClasses) logits.
 * Options  inChannels 1, numClasses 10, inputSize 28, batchNorm true: Linear, BatchNorm1d, ReLU, Linear.
 * Size     50,890 + 128 parameters at the defaults.
 * Keys     net.1, net.2 (batch norm), net.4; without batchNorm net.1, net.3.
 * Throws   ArgumentError "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 *
 * @example
 * new MLP({ inputSize: [8, 16] }).forward(zeros([4, 1, 8, 16])).shape; // [4, 10]
 */
export class MLP extends Module {
  readonly net: Sequential;

  constructor(options: ModelOptions = {}) {
    super();
    checkKnown("MLP", options, { inChannels: 0, numClasses: 0, inputSize: 0, batchNorm: 0 });
    const { inChannels, numClasses, inputSize, batchNorm } = resolved("MLP", options, {
      inChannels: 1,
      numClasses: 10,
      inputSize: 28,
      batchNorm: true,
    });
    this.net = new Sequential(
      new Flatten(),
      ...layers(
        new Linear(inChannels * inputSize[0] * inputSize[1], 64),
        batchNorm ? new BatchNorm1d(64) : [],
        new ReLU(),
      ),
      new Linear(64, numClasses),
    );
  }

  forward(input: Tensor): Tensor {
    return this.net.forward(input);
  }
}
