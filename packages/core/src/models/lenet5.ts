import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { type ModelOptions, resolved } from "./options.ts";

/**
 * LeNet-5 with the sizes of the paper and what is used in its place today: ReLU for tanh, max pooling for the trained
 * subsampling, a plain dense layer at the end.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. Pictures under 32×32 get a border of 2, as the paper did
 *          with MNIST's 28×28. H, W at least 12.
 * Options  inChannels 1, numClasses 10, inputSize 28. No batchNorm.
 * Size     61,706 parameters at the defaults.
 * Keys     features.0, features.3, classifier.1, classifier.3, classifier.5.
 * Throws   ArgumentError "input-size" under 12, "batch-norm" when asked for it; "inChannels", "numClasses", "height",
 *          "width" unless whole numbers from 1.
 * Source   LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition", section II.
 *
 * @example
 * new LeNet5().forward(zeros([1, 1, 28, 28])).shape; // [1, 10]
 */
export class LeNet5 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: ModelOptions = {}) {
    super();
    checkKnown("LeNet5", options, { inChannels: 0, numClasses: 0, inputSize: 0, batchNorm: 0 });
    const { inChannels, numClasses, inputSize, batchNorm } = resolved("LeNet5", options, {
      inChannels: 1,
      numClasses: 10,
      inputSize: 28,
      batchNorm: false,
    });
    if (batchNorm)
      throw new ArgumentError("LeNet5", "batch-norm", "LeNet-5 has no batch normalisation; take simplecnn-bn.");
    const border = Math.min(...inputSize) < 32 ? 2 : 0;
    const [height, width] = inputSize.map((size) => afterConvolutions(size, border)) as [number, number];
    if (height < 1 || width < 1)
      throw new ArgumentError(
        "LeNet5",
        "input-size",
        `pictures of ${inputSize.join("×")} are too small: two convolutions of 5×5 and two poolings want at least 12×12. Enlarge them.`,
      );
    this.features = new Sequential(
      new Conv2d(inChannels, 6, 5, { padding: border }),
      new ReLU(),
      new MaxPool2d(2, 2),
      new Conv2d(6, 16, 5),
      new ReLU(),
      new MaxPool2d(2, 2),
    );
    this.classifier = new Sequential(
      new Flatten(),
      new Linear(16 * height * width, 120),
      new ReLU(),
      new Linear(120, 84),
      new ReLU(),
      new Linear(84, numClasses),
    );
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(input));
  }
}

/** One side after convolution 5 (with border), pooling 2, convolution 5, pooling 2. */
function afterConvolutions(size: number, border: number): number {
  const first = Math.floor((size + 2 * border - 4) / 2);
  return Math.floor((first - 4) / 2);
}
