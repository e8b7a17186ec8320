import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm2d, Conv2d, Dropout, init, Linear, Module, ReLU6, Sequential } from "../nn/index.ts";
import { given, inRow, meeting } from "../nn/row.ts";
import { adaptiveAvgPool2d, add, flatten } from "../ops/index.ts";
import { convNorm, multipleOf8 } from "./conv-norm.ts";
import { type ImageNetOptions, imageNet, layers } from "./options.ts";

/** What `MobileNetV2` can be told. */
export interface MobileNetV2Options extends ImageNetOptions {
  /** Factor on the width of every layer. Default 1. */
  widthMult?: number;
}

/** Expansion, channels, repeats, stride of the first: the paper's table 2. */
const table = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const activation = () => new ReLU6();

/**
 * Widens `expansion` times by 1×1, filters each channel by 3×3, narrows by 1×1: y = x + conv(x) at stride 1 with as
 * many channels out as in, else y = conv(x). Batch norm after each convolution, ReLU6 after the first two.
 *
 * Shape    (N, inChannels, H, W) → (N, outChannels, ⌈H/stride⌉, ⌈W/stride⌉).
 * Keys     conv.0.0, conv.0.1, conv.1.0, conv.1.1, conv.2, conv.3; with expansion 1 conv.0.0, conv.0.1, conv.1, conv.2.
 * Source   Sandler et al. 2018 (https://arxiv.org/abs/1801.04381); torchvision.models.mobilenetv2.InvertedResidual.
 *
 * @example
 * new InvertedResidual(16, 24, 2, 6).forward(zeros([1, 16, 32, 32])).shape; // [1, 24, 16, 16]
 */
export class InvertedResidual extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly conv: Sequential;
  readonly around: boolean;

  constructor(inChannels: number, outChannels: number, stride: number, expansion: number) {
    super();
    const hidden = Math.round(inChannels * expansion);
    this.around = stride === 1 && inChannels === outChannels;
    this.conv = new Sequential(
      ...layers(
        expansion === 1 ? [] : convNorm(inChannels, hidden, { kernelSize: 1, activation }),
        convNorm(hidden, hidden, { stride, groups: hidden, activation }),
        new Conv2d(hidden, outChannels, 1, { bias: false }),
        new BatchNorm2d(outChannels),
      ),
    );
  }

  forward(input: Tensor): Tensor {
    const x = given(input);
    const y = inRow(x, this.conv);
    return (this.around ? meeting(add, x, y) : y).tensor;
  }
}

/**
 * MobileNet V2: inverted residuals with linear bottlenecks.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits.
 * Options  inChannels 3, numClasses 1000, inputSize 224, widthMult 1.
 * Size     3,504,872 parameters at the defaults.
 * Init     convolutions normal with variance 2 / fan-out, the dense layer normal with std 0.01, as torchvision.
 * Keys     torchvision's: features.0.0 …, features.1.conv.0.0 …, classifier.1.
 * Throws   ArgumentError "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 * Source   Sandler et al. 2018 (https://arxiv.org/abs/1801.04381); torchvision.models.mobilenet_v2.
 *
 * @example
 * const model = new MobileNetV2({ numClasses: 5, widthMult: 0.35 }).eval();
 * model.forward(zeros([1, 3, 64, 64])).shape; // [1, 5]
 */
export class MobileNetV2 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: MobileNetV2Options = {}) {
    super();
    checkKnown("MobileNetV2", options, { widthMult: 0, inChannels: 0, numClasses: 0, inputSize: 0 });
    const { inChannels, numClasses } = imageNet("MobileNetV2", options, 1);
    const { widthMult = 1 } = options;
    let from = multipleOf8(32 * widthMult);
    const last = multipleOf8(1280 * Math.max(1, widthMult));
    const rows = [convNorm(inChannels, from, { stride: 2, activation })] as (Sequential | InvertedResidual)[];
    for (const [expansion, channels, repeats, stride] of table) {
      const to = multipleOf8(channels * widthMult);
      for (let i = 0; i < repeats; i++) {
        rows.push(new InvertedResidual(from, to, i === 0 ? stride : 1, expansion));
        from = to;
      }
    }
    this.features = new Sequential(...rows, convNorm(from, last, { kernelSize: 1, activation }));
    this.classifier = new Sequential(new Dropout(0.2), new Linear(last, numClasses));
    for (const module of this.modules()) {
      if (module instanceof Conv2d) init.kaimingNormal_(module.weight, { mode: "fan_out" });
      else if (module instanceof Linear) init.normal_(module.weight, 0, 0.01);
      else continue;
      if (module.bias) init.zeros_(module.bias);
    }
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(flatten(adaptiveAvgPool2d(this.features.forward(input), 1), 1));
  }
}
