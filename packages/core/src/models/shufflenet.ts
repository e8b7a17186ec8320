import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, ReLU, Sequential } from "../nn/index.ts";
import { cat, mean, permute, reshape, split } from "../ops/index.ts";
import { convNorm } from "./conv-norm.ts";
import { type ImageNetOptions, imageNet, variant } from "./options.ts";

/** Channels of conv1, stages 2 to 4 and conv5, by width: the paper's table 5. */
const widths = {
  "0.5": [24, 48, 96, 192, 1024],
  "1.0": [24, 116, 232, 464, 1024],
} as const;

const activation = () => new ReLU();

function depthwise(channels: number, stride: number): Conv2d {
  return new Conv2d(channels, channels, 3, { stride, padding: 1, groups: channels, bias: false });
}

/** Mixes the channels of two halves: 0, n/2, 1, n/2 + 1, … */
function shuffleHalves(x: Tensor): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const apart = reshape(x, [batch, 2, channels / 2, height, width]);
  return reshape(permute(apart, [0, 2, 1, 3, 4]), [batch, channels, height, width]);
}

/** Half of the channels passes by (or, with stride 2, takes a branch of its own); then the halves are shuffled. */
class ShuffleUnit extends Module {
  readonly branch1: Sequential;
  readonly branch2: Sequential;
  readonly stride: number;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this.stride = stride;
    const half = outChannels / 2;
    const pointwise = (from: number) => new Conv2d(from, half, 1, { bias: false });
    this.branch1 =
      stride === 1
        ? new Sequential()
        : new Sequential(
            depthwise(inChannels, stride),
            new BatchNorm2d(inChannels),
            pointwise(inChannels),
            new BatchNorm2d(half),
            new ReLU(),
          );
    this.branch2 = new Sequential(
      pointwise(stride === 1 ? half : inChannels),
      new BatchNorm2d(half),
      new ReLU(),
      depthwise(half, stride),
      new BatchNorm2d(half),
      pointwise(half),
      new BatchNorm2d(half),
      new ReLU(),
    );
  }

  forward(input: Tensor): Tensor {
    if (this.stride > 1) return shuffleHalves(cat([this.branch1.forward(input), this.branch2.forward(input)], 1));
    const [kept, changed] = split(input, input.shape[1]! / 2, 1) as [Tensor, Tensor];
    return shuffleHalves(cat([kept, this.branch2.forward(changed)], 1));
  }
}

/**
 * ShuffleNet V2: channel splits and shuffles in place of grouped 1×1 convolutions.
 *
 * width    "0.5" or "1.0": how wide the stages are.
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits.
 * Options  inChannels 3, numClasses 1000, inputSize 224.
 * Size     ×0.5: 1,366,792 parameters at the defaults; ×1.0: 2,278,604.
 * Keys     torchvision's: conv1.0, stage2.0.branch1.0 …, conv5.0, fc.
 * Throws   ArgumentError "width"; "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 * Source   Ma et al. 2018 (https://arxiv.org/abs/1807.11164); torchvision.models.shufflenet_v2_x1_0.
 *
 * @example
 * summarize(new ShuffleNetV2("0.5"), [3, 32, 32]).parameters; // 1366792
 */
export class ShuffleNetV2 extends Module {
  readonly conv1: Sequential;
  readonly maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly stage2: Sequential;
  readonly stage3: Sequential;
  readonly stage4: Sequential;
  readonly conv5: Sequential;
  readonly fc: Linear;

  constructor(width: keyof typeof widths, options: ImageNetOptions = {}) {
    super();
    checkKnown("ShuffleNetV2", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    variant("ShuffleNetV2", "width", width, ["0.5", "1.0"]);
    const { inChannels, numClasses } = imageNet("ShuffleNetV2", options, 1);
    const [first, second, third, fourth, last] = widths[width];
    this.conv1 = convNorm(inChannels, first, { stride: 2, activation });
    const stage = (repeats: number, from: number, to: number) =>
      new Sequential(
        ...Array.from({ length: repeats }, (_, i) =>
          i === 0 ? new ShuffleUnit(from, to, 2) : new ShuffleUnit(to, to, 1),
        ),
      );
    this.stage2 = stage(4, first, second);
    this.stage3 = stage(8, second, third);
    this.stage4 = stage(4, third, fourth);
    this.conv5 = convNorm(fourth, last, { kernelSize: 1, activation });
    this.fc = new Linear(last, numClasses);
  }

  forward(input: Tensor): Tensor {
    let x = this.maxpool.forward(this.conv1.forward(input));
    for (const layer of [this.stage2, this.stage3, this.stage4, this.conv5]) x = layer.forward(x);
    return this.fc.forward(mean(x, [2, 3]));
  }
}
