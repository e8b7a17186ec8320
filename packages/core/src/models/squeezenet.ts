import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { AdaptiveAvgPool2d, Conv2d, Dropout, init, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { given, inRow, meeting } from "../nn/row.ts";
import { cat, flatten } from "../ops/index.ts";
import { type ImageNetOptions, imageNet, variant } from "./options.ts";

/**
 * Squeezes to few channels by 1×1, expands by 1×1 and 3×3 side by side, with ReLU after each.
 *
 * Shape    (N, inChannels, H, W) → (N, 2 · expand, H, W).
 * Keys     squeeze, expand1x1, expand3x3.
 * Source   Iandola et al. 2016, section 3.2; torchvision.models.squeezenet.Fire.
 *
 * @example
 * new Fire(96, 16, 64).forward(zeros([1, 96, 8, 8])).shape; // [1, 128, 8, 8]
 */
export class Fire extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly squeeze: Conv2d;
  readonly relu = new ReLU();
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;

  constructor(inChannels: number, squeeze: number, expand: number) {
    super();
    this.squeeze = new Conv2d(inChannels, squeeze, 1);
    this.expand1x1 = new Conv2d(squeeze, expand, 1);
    this.expand3x3 = new Conv2d(squeeze, expand, 3, { padding: 1 });
  }

  forward(input: Tensor): Tensor {
    const x = inRow(given(input), this.squeeze, this.relu);
    const narrow = inRow(given(x.tensor), this.expand1x1, this.relu);
    return meeting((...both) => cat(both, 1), narrow, inRow(x, this.expand3x3, this.relu)).tensor;
  }
}

/**
 * SqueezeNet: AlexNet's accuracy with a fiftieth of its parameters; version 1.1 does 2.4 times less arithmetic than
 * 1.0.
 *
 * version  "1.0" or "1.1".
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits, none of them below 0: the last layer is a ReLU. H, W at
 *          least 17 (1.1) or 21 (1.0).
 * Options  inChannels 3, numClasses 1000, inputSize 224.
 * Size     1.0: 1,248,424 parameters at the defaults; 1.1: 1,235,496.
 * Init     the last convolution normal with std 0.01, the others Kaiming uniform, biases 0, as torchvision.
 * Keys     torchvision's: features.0, features.3.squeeze …, classifier.1.
 * Throws   ArgumentError "version", "input-size"; "inChannels", "numClasses" unless whole numbers from 1.
 * Source   Iandola et al. 2016 (https://arxiv.org/abs/1602.07360); torchvision.models.squeezenet1_1.
 *
 * @example
 * summarize(new SqueezeNet("1.1"), [3, 32, 32]).parameters; // 1235496
 */
export class SqueezeNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(version: "1.0" | "1.1", options: ImageNetOptions = {}) {
    super();
    checkKnown("SqueezeNet", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    variant("SqueezeNet", "version", version, ["1.0", "1.1"]);
    const { inChannels, numClasses } = imageNet(`SqueezeNet ${version}`, options, version === "1.0" ? 21 : 17);
    const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });
    const fire = (from: number, squeeze: number) => new Fire(from, squeeze, 4 * squeeze);
    this.features =
      version === "1.0"
        ? new Sequential(
            new Conv2d(inChannels, 96, 7, { stride: 2 }),
            new ReLU(),
            pool(),
            fire(96, 16),
            fire(128, 16),
            fire(128, 32),
            pool(),
            fire(256, 32),
            fire(256, 48),
            fire(384, 48),
            fire(384, 64),
            pool(),
            fire(512, 64),
          )
        : new Sequential(
            new Conv2d(inChannels, 64, 3, { stride: 2 }),
            new ReLU(),
            pool(),
            fire(64, 16),
            fire(128, 16),
            pool(),
            fire(128, 32),
            fire(256, 32),
            pool(),
            fire(256, 48),
            fire(384, 48),
            fire(384, 64),
            fire(512, 64),
          );
    const last = new Conv2d(512, numClasses, 1);
    this.classifier = new Sequential(new Dropout(0.5), last, new ReLU(), new AdaptiveAvgPool2d(1));
    for (const module of this.modules()) {
      if (!(module instanceof Conv2d)) continue;
      if (module === last) init.normal_(module.weight, 0, 0.01);
      else init.kaimingUniform_(module.weight);
      if (module.bias) init.zeros_(module.bias);
    }
  }

  forward(input: Tensor): Tensor {
    return flatten(this.classifier.forward(this.features.forward(input)), 1);
  }
}
