import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  init,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "../nn/index.ts";
import { flatten } from "../ops/index.ts";
import { imageNet, layers, type ModelOptions, variant } from "./options.ts";

/** Filters of each convolution, stage by stage; a pooling by 2 ends a stage. The columns A and D of the paper's table 1. */
const stages = {
  11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
} as const;

/**
 * VGG: stages of 3×3 convolutions with ReLU, each ended by a pooling, then three dense layers with dropout 0.5.
 *
 * depth    11 or 16: layers with weights.
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 32.
 * Options  inChannels 3, numClasses 1000, inputSize 224, batchNorm false.
 * Size     VGG-11: 132,863,336 parameters at the defaults; VGG-16: 138,357,544.
 * Init     convolutions normal with variance 2 / fan-out, dense layers normal with std 0.01, biases 0, as torchvision.
 * Keys     torchvision's: features.0 …, classifier.0, classifier.3, classifier.6.
 * Throws   ArgumentError "depth", "input-size" under 32; "inChannels", "numClasses" unless whole numbers from 1.
 * Source   Simonyan & Zisserman 2014 (https://arxiv.org/abs/1409.1556); torchvision.models.vgg11, vgg16_bn.
 *
 * @example
 * try {
 *   new VGG(16, { numClasses: 5, inputSize: 28 }); // five poolings by 2
 * } catch (error) {
 *   console.log((error as ArgumentError).code); // input-size
 * }
 */
export class VGG extends Module {
  readonly features: Sequential;
  readonly avgpool = new AdaptiveAvgPool2d(7);
  readonly classifier: Sequential;

  constructor(depth: 11 | 16, options: ModelOptions = {}) {
    super();
    checkKnown("VGG", options, { inChannels: 0, numClasses: 0, inputSize: 0, batchNorm: 0 });
    variant("VGG", "depth", depth, [11, 16]);
    const { inChannels, numClasses } = imageNet(`VGG-${depth}`, options, 32);
    let from = inChannels;
    const block = (to: number) => {
      const conv = new Conv2d(from, to, 3, { padding: 1 });
      from = to;
      return layers(conv, options.batchNorm ? new BatchNorm2d(to) : [], new ReLU());
    };
    // The layers' own initial values are left out: all of them are drawn anew below, 138 million.
    this.features = init.skipInit(
      () => new Sequential(...stages[depth].flatMap((widths) => [...widths.flatMap(block), new MaxPool2d(2, 2)])),
    );
    this.classifier = init.skipInit(
      () =>
        new Sequential(
          new Linear(512 * 7 * 7, 4096),
          new ReLU(),
          new Dropout(),
          new Linear(4096, 4096),
          new ReLU(),
          new Dropout(),
          new Linear(4096, numClasses),
        ),
    );
    for (const module of this.modules()) {
      if (module instanceof Conv2d) init.kaimingNormal_(module.weight, { mode: "fan_out", nonlinearity: "relu" });
      else if (module instanceof Linear) init.normal_(module.weight, 0, 0.01);
      else continue;
      if (module.bias) init.zeros_(module.bias);
    }
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(input)), 1));
  }
}
