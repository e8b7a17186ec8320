import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { AvgPool2d, BatchNorm2d, Conv2d, init, Linear, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { given, inRow, meeting } from "../nn/row.ts";
import { adaptiveAvgPool2d, cat, flatten, relu } from "../ops/index.ts";
import { type ImageNetOptions, imageNet } from "./options.ts";

/** Keys norm1, conv1 (1×1), norm2, conv2 (3×3): torchvision's _DenseLayer. */
class DenseLayer extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly norm1: BatchNorm2d;
  readonly relu1 = new ReLU();
  readonly conv1: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly relu2 = new ReLU();
  readonly conv2: Conv2d;

  constructor(inChannels: number, growth: number) {
    super();
    this.norm1 = new BatchNorm2d(inChannels);
    this.conv1 = new Conv2d(inChannels, 4 * growth, 1, { bias: false });
    this.norm2 = new BatchNorm2d(4 * growth);
    this.conv2 = new Conv2d(4 * growth, growth, 3, { padding: 1, bias: false });
  }

  forward(input: Tensor): Tensor {
    const { norm1, relu1, conv1, norm2, relu2, conv2 } = this;
    return inRow(given(input), norm1, relu1, conv1, norm2, relu2, conv2).tensor;
  }
}

/** Each layer sees what all before it gave. Keys denselayer1, denselayer2, … */
class DenseBlock extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  constructor(layers: number, inChannels: number, growth: number) {
    super();
    for (let i = 0; i < layers; i++)
      Object.assign(this, { [`denselayer${i + 1}`]: new DenseLayer(inChannels + i * growth, growth) });
  }

  forward(input: Tensor): Tensor {
    const found = [given(input)];
    const beside = (...all: Tensor[]) => cat(all, 1);
    for (const [, layer] of this.namedChildren()) {
      const seen = found.length === 1 ? given(input) : meeting(beside, ...found.map(({ tensor }) => given(tensor)));
      found.push(inRow(seen, layer as DenseLayer));
    }
    return meeting(beside, ...found).tensor;
  }
}

/**
 * DenseNet-BC of growth 32 in blocks of 6, 12, 24 and 16 layers: DenseNet-121. Each layer takes what all before it in
 * its block gave, side by side.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 29.
 * Options  inChannels 3, numClasses 1000, inputSize 224.
 * Size     7,978,856 parameters at the defaults.
 * Init     convolutions Kaiming normal, the dense bias 0, as torchvision.
 * Keys     torchvision's: features.conv0, features.denseblock1.denselayer1.norm1 …, classifier.
 * Throws   ArgumentError "input-size" under 29; "inChannels", "numClasses" unless whole numbers from 1.
 * Source   Huang, Liu, van der Maaten & Weinberger 2016 (https://arxiv.org/abs/1608.06993);
 *          torchvision.models.densenet121.
 *
 * @example
 * const model = new DenseNet121({ numClasses: 5, inputSize: 32 }).eval();
 * model.forward(zeros([1, 3, 32, 32])).shape; // [1, 5]
 */
export class DenseNet121 extends Module {
  readonly features: Sequential;
  readonly classifier: Linear;

  constructor(options: ImageNetOptions = {}) {
    super();
    checkKnown("DenseNet121", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    const { inChannels, numClasses } = imageNet("DenseNet121", options, 29);
    const growth = 32;
    this.features = new Sequential({
      conv0: new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias: false }),
      norm0: new BatchNorm2d(64),
      relu0: new ReLU(),
      pool0: new MaxPool2d(3, { stride: 2, padding: 1 }),
    });
    let channels = 64;
    [6, 12, 24, 16].forEach((layers, i) => {
      this.features.append(new DenseBlock(layers, channels, growth), `denseblock${i + 1}`);
      channels += layers * growth;
      if (i === 3) return;
      const transition = new Sequential({
        norm: new BatchNorm2d(channels),
        relu: new ReLU(),
        conv: new Conv2d(channels, channels / 2, 1, { bias: false }),
        pool: new AvgPool2d(2, 2),
      });
      this.features.append(transition, `transition${i + 1}`);
      channels /= 2;
    });
    this.features.append(new BatchNorm2d(channels), "norm5");
    this.classifier = new Linear(channels, numClasses);
    for (const module of this.modules()) if (module instanceof Conv2d) init.kaimingNormal_(module.weight);
    init.zeros_(this.classifier.bias!);
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(flatten(adaptiveAvgPool2d(relu(this.features.forward(input)), 1), 1));
  }
}
