import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { AdaptiveAvgPool2d, Conv2d, Dropout, Linear, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { flatten } from "../ops/index.ts";
import { type ImageNetOptions, imageNet } from "./options.ts";

/**
 * AlexNet in the one-column form: five convolutions, three poolings, three dense layers with dropout 0.5.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 63.
 * Options  inChannels 3, numClasses 1000, inputSize 224.
 * Size     61,100,840 parameters at the defaults.
 * Keys     torchvision's: features.0 … features.10, classifier.1, classifier.4, classifier.6.
 * Throws   ArgumentError "input-size" under 63; "inChannels", "numClasses" unless whole numbers from 1.
 * Source   Krizhevsky 2014 (https://arxiv.org/abs/1404.5997); torchvision.models.alexnet.
 *
 * @example
 * const model = new AlexNet({ numClasses: 5, inputSize: 64 }).eval();
 * model.forward(zeros([1, 3, 64, 64])).shape; // [1, 5]
 */
export class AlexNet extends Module {
  readonly features: Sequential;
  readonly avgpool = new AdaptiveAvgPool2d(6);
  readonly classifier: Sequential;

  constructor(options: ImageNetOptions = {}) {
    super();
    checkKnown("AlexNet", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    const { inChannels, numClasses } = imageNet("AlexNet", options, 63);
    const pool = () => new MaxPool2d(3, { stride: 2 });
    this.features = new Sequential(
      new Conv2d(inChannels, 64, 11, { stride: 4, padding: 2 }),
      new ReLU(),
      pool(),
      new Conv2d(64, 192, 5, { padding: 2 }),
      new ReLU(),
      pool(),
      new Conv2d(192, 384, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(384, 256, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(256, 256, 3, { padding: 1 }),
      new ReLU(),
      pool(),
    );
    this.classifier = new Sequential(
      new Dropout(),
      new Linear(256 * 6 * 6, 4096),
      new ReLU(),
      new Dropout(),
      new Linear(4096, 4096),
      new ReLU(),
      new Linear(4096, numClasses),
    );
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(input)), 1));
  }
}
