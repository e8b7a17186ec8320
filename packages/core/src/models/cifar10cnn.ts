import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { halved, layers, type ModelOptions, resolved } from "./options.ts";

/**
 * Two convolutions of 32 and 64 filters with pooling, then 128 hidden units: the notes' network for CIFAR-10.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 4.
 * Options  inChannels 3, numClasses 10, inputSize 32, batchNorm false.
 * Size     545,098 parameters at the defaults.
 * Keys     net.0 (convolution), net.3 (convolution), net.7, net.9 (dense); with batchNorm the numbers move up, as they
 *          do in PyTorch when layers are put in between.
 * Throws   ArgumentError "input-size" under 4×4; "inChannels", "numClasses", "height", "width" unless whole numbers
 *          from 1.
 *
 * @example
 * new CIFAR10CNN().forward(zeros([1, 3, 32, 32])).shape; // [1, 10]
 */
export class CIFAR10CNN extends Module {
  readonly net: Sequential;

  constructor(options: ModelOptions = {}) {
    super();
    checkKnown("CIFAR10CNN", options, { inChannels: 0, numClasses: 0, inputSize: 0, batchNorm: 0 });
    const { inChannels, numClasses, inputSize, batchNorm } = resolved("CIFAR10CNN", options, {
      inChannels: 3,
      numClasses: 10,
      inputSize: 32,
      batchNorm: false,
    });
    const [height, width] = halved("CIFAR10CNN", inputSize, 2);
    const block = (from: number, to: number) =>
      layers(
        new Conv2d(from, to, 3, { padding: 1 }),
        batchNorm ? new BatchNorm2d(to) : [],
        new ReLU(),
        new MaxPool2d(2, 2),
      );
    this.net = new Sequential(
      ...block(inChannels, 32),
      ...block(32, 64),
      new Flatten(),
      ...layers(new Linear(64 * height * width, 128), batchNorm ? new BatchNorm1d(128) : [], new ReLU()),
      new Linear(128, numClasses),
    );
  }

  forward(input: Tensor): Tensor {
    return this.net.forward(input);
  }
}
