import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { Conv2d, Dropout, init, Linear, Module, Sequential, SiLU } from "../nn/index.ts";
import { given, inRow, meeting } from "../nn/row.ts";
import { adaptiveAvgPool2d, add, flatten, mul, sigmoid, silu } from "../ops/index.ts";
import { convNorm } from "./conv-norm.ts";
import { type ImageNetOptions, imageNet, layers } from "./options.ts";
import { StochasticDepth } from "./stochastic-depth.ts";

/** Expansion, kernel, stride, input and output channels, repeats: the paper's table 1. */
const table = [
  [1, 3, 1, 32, 16, 1],
  [6, 3, 2, 16, 24, 2],
  [6, 5, 2, 24, 40, 2],
  [6, 3, 2, 40, 80, 3],
  [6, 5, 1, 80, 112, 3],
  [6, 5, 2, 112, 192, 4],
  [6, 3, 1, 192, 320, 1],
] as const;

const activation = () => new SiLU();

/** Weighs the channels by what the whole picture shows. Keys fc1, fc2. Hu et al. 2017; torchvision.ops.SqueezeExcitation. */
class SqueezeExcitation extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;

  constructor(channels: number, squeeze: number) {
    super();
    this.fc1 = new Conv2d(channels, squeeze, 1);
    this.fc2 = new Conv2d(squeeze, channels, 1);
  }

  forward(input: Tensor): Tensor {
    const seen = silu(this.fc1.forward(adaptiveAvgPool2d(input, 1)));
    return mul(input, sigmoid(this.fc2.forward(seen)));
  }
}

/** An inverted residual with squeeze-and-excitation. Keys block.0 …; torchvision's MBConv. */
class MBConv extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly block: Sequential;
  readonly drop: StochasticDepth;
  readonly around: boolean;

  constructor(sizes: {
    expansion: number;
    kernelSize: number;
    stride: number;
    from: number;
    to: number;
    drop: number;
  }) {
    super();
    const { expansion, kernelSize, stride, from, to, drop } = sizes;
    const hidden = from * expansion;
    this.around = stride === 1 && from === to;
    this.block = new Sequential(
      ...layers(
        expansion === 1 ? [] : convNorm(from, hidden, { kernelSize: 1, activation }),
        convNorm(hidden, hidden, { kernelSize, stride, groups: hidden, activation }),
        new SqueezeExcitation(hidden, Math.max(1, Math.floor(from / 4))),
        convNorm(hidden, to, { kernelSize: 1 }),
      ),
    );
    this.drop = new StochasticDepth(drop);
  }

  forward(input: Tensor): Tensor {
    const x = given(input);
    const y = inRow(x, this.block);
    return (this.around ? meeting(add, inRow(y, this.drop), x) : y).tensor;
  }
}

/**
 * EfficientNet-B0: inverted residuals with squeeze-and-excitation, found by search. In training whole blocks are left
 * out by chance (stochastic depth, 0 for the first, rising towards 0.2).
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits.
 * Options  inChannels 3, numClasses 1000, inputSize 224.
 * Size     5,288,548 parameters at the defaults.
 * Init     convolutions normal with variance 2 / fan-out, the dense layer uniform within 1/√numClasses, as torchvision.
 * Keys     torchvision's: features.0.0 …, features.1.0.block.0.0 …, classifier.1.
 * Throws   ArgumentError "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 * Source   Tan & Le 2019 (https://arxiv.org/abs/1905.11946); torchvision.models.efficientnet_b0.
 *
 * @example
 * const model = new EfficientNetB0({ numClasses: 5 }).eval();
 * model.forward(zeros([1, 3, 32, 32])).shape; // [1, 5]
 */
export class EfficientNetB0 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: ImageNetOptions = {}) {
    super();
    checkKnown("EfficientNetB0", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    const { inChannels, numClasses } = imageNet("EfficientNetB0", options, 1);
    const blocks = table.reduce((sum, row) => sum + row[5], 0);
    let done = 0;
    const stages = table.map(([expansion, kernelSize, stride, from, to, repeats]) => {
      const rows = Array.from({ length: repeats }, (_, i) => {
        const drop = (0.2 * done++) / blocks; // rises with depth
        return new MBConv(
          i === 0
            ? { expansion, kernelSize, stride, from, to, drop }
            : { expansion, kernelSize, stride: 1, from: to, to, drop },
        );
      });
      return new Sequential(...rows);
    });
    const first = convNorm(inChannels, 32, { stride: 2, activation });
    this.features = new Sequential(first, ...stages, convNorm(320, 1280, { kernelSize: 1, activation }));
    this.classifier = new Sequential(new Dropout(0.2), new Linear(1280, numClasses));
    for (const module of this.modules()) {
      if (module instanceof Conv2d) init.kaimingNormal_(module.weight, { mode: "fan_out" });
      else if (module instanceof Linear)
        init.uniform_(module.weight, -1 / Math.sqrt(numClasses), 1 / Math.sqrt(numClasses));
      else continue;
      if (module.bias) init.zeros_(module.bias);
    }
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(flatten(adaptiveAvgPool2d(this.features.forward(input), 1), 1));
  }
}
