import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { halved, layers, type ModelOptions, resolved } from "./options.ts";

/**
 * Two convolutions of 16 and 32 filters with pooling, then 128 hidden units: the network the notes explain layer by
 * layer.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 4.
 *          32×32×3 → 32×32×16 → 16×16×16 → 16×16×32 → 8×8×32 → 2048 → 128 → 10 (height × width × channels).
 * Options  inChannels 3, numClasses 10, inputSize 32, batchNorm false.
 * Size     268,650 parameters at the defaults.
 * Keys     conv_layers.0, conv_layers.3, fc_layers.1, fc_layers.3; with batchNorm the numbers move up.
 * Throws   ArgumentError "input-size" under 4×4; "inChannels", "numClasses", "height", "width" unless whole numbers
 *          from 1.
 *
 * @example
 * new SimpleCNN({ inChannels: 1, inputSize: 28 }).forward(zeros([1, 1, 28, 28])).shape; // [1, 10]
 */
export class SimpleCNN extends Module {
  // Field names are the state-dict keys, and those are PyTorch's.
  readonly conv_layers: Sequential;
  readonly fc_layers: Sequential;

  constructor(options: ModelOptions = {}) {
    super();
    checkKnown("SimpleCNN", options, { inChannels: 0, numClasses: 0, inputSize: 0, batchNorm: 0 });
    const { inChannels, numClasses, inputSize, batchNorm } = resolved("SimpleCNN", options, {
      inChannels: 3,
      numClasses: 10,
      inputSize: 32,
      batchNorm: false,
    });
    const [height, width] = halved("SimpleCNN", inputSize, 2);
    const block = (from: number, to: number) =>
      layers(
        new Conv2d(from, to, 3, { padding: 1 }),
        batchNorm ? new BatchNorm2d(to) : [],
        new ReLU(),
        new MaxPool2d(2, 2),
      );
    this.conv_layers = new Sequential(...block(inChannels, 16), ...block(16, 32));
    this.fc_layers = new Sequential(
      new Flatten(),
      ...layers(new Linear(32 * height * width, 128), batchNorm ? new BatchNorm1d(128) : [], new ReLU()),
      new Linear(128, numClasses),
    );
  }

  forward(input: Tensor): Tensor {
    return this.fc_layers.forward(this.conv_layers.forward(input));
  }
}
