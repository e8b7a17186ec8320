/** @file Residual networks with torchvision's structure and state-dict keys. */

import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Identity,
  init,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "../nn/index.ts";
import { given, inRow, meeting } from "../nn/row.ts";
import { add } from "../ops/index.ts";
import { type ModelOptions, resolved } from "./options.ts";

/** What `ResNet` can be told. */
export interface ResNetOptions extends Omit<ModelOptions, "batchNorm"> {
  /**
   * How the picture enters. "imagenet": convolution 7×7 stride 2 and max pooling 3×3 stride 2, as torchvision. "cifar":
   * convolution 3×3 and no pooling, for small pictures. Default: "cifar" below 64×64.
   */
  stem?: "imagenet" | "cifar";
  /** Blocks of three convolutions, four times as wide outside. Default false. */
  bottleneck?: boolean;
  /** Filters inside the bottlenecks of the first stage. Default 64. */
  widthPerGroup?: number;
}

/**
 * Two 3×3 convolutions and a way around them: y = relu(x′ + bn(conv(relu(bn(conv(x)))))), x′ = x or its projection.
 *
 * Shape    (N, inChannels, H, W) → (N, outChannels, ⌈H/stride⌉, ⌈W/stride⌉); stride 1 unless given.
 * Keys     conv1, bn1, conv2, bn2, downsample.0, downsample.1.
 * Source   He, Zhang, Ren & Sun 2015 (https://arxiv.org/abs/1512.03385); torchvision.models.resnet.BasicBlock.
 *
 * @example
 * new BasicBlock(16, 32, 2).forward(zeros([1, 16, 8, 8])).shape; // [1, 32, 4, 4]
 */
export class BasicBlock extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | null;

  constructor(inChannels: number, outChannels: number, stride = 1) {
    super();
    this.downsample = projection(inChannels, outChannels, stride);
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outChannels);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outChannels);
  }

  forward(input: Tensor): Tensor {
    const x = given(input);
    const inner = inRow(x, this.conv1, this.bn1, this.relu);
    const around = this.downsample ? inRow(x, this.downsample) : x;
    return inRow(meeting(add, inRow(inner, this.conv2, this.bn2), around), this.relu).tensor;
  }
}

/**
 * 1×1 to narrow, 3×3, 1×1 to widen fourfold, and a way around them, x′ = x or its projection:
 * y = relu(x′ + bn(conv(relu(bn(conv(relu(bn(conv(x)))))))). The stride is the 3×3's, as torchvision has it.
 *
 * Shape    (N, inChannels, H, W) → (N, outChannels, ⌈H/stride⌉, ⌈W/stride⌉); default stride 1.
 * Width    the middle's filters: outChannels / 4 unless given.
 * Keys     conv1, bn1, conv2, bn2, conv3, bn3, downsample.0, downsample.1.
 * Source   He, Zhang, Ren & Sun 2015; torchvision.models.resnet.Bottleneck.
 *
 * @example
 * const block = new Bottleneck(64, 128, 2);
 * block.forward(zeros([1, 64, 8, 8])).shape; // [1, 128, 4, 4]
 * block.conv2.weight.shape; // [32, 32, 3, 3]
 */
export class Bottleneck extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu = new ReLU();
  readonly downsample: Sequential | null;

  /** `width` filters in the middle. */
  constructor(inChannels: number, outChannels: number, stride = 1, width = outChannels / 4) {
    super();
    this.downsample = projection(inChannels, outChannels, stride);
    this.conv1 = new Conv2d(inChannels, width, 1, { bias: false });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, 3, { stride, padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = new Conv2d(width, outChannels, 1, { bias: false });
    this.bn3 = new BatchNorm2d(outChannels);
  }

  forward(input: Tensor): Tensor {
    const x = given(input);
    const inner = inRow(x, this.conv1, this.bn1, this.relu, this.conv2, this.bn2, this.relu);
    const around = this.downsample ? inRow(x, this.downsample) : x;
    return inRow(meeting(add, inRow(inner, this.conv3, this.bn3), around), this.relu).tensor;
  }
}

/** The way around where the shape changes: torchvision makes it before the block, and so draws its weights first. */
function projection(inChannels: number, outChannels: number, stride: number): Sequential | null {
  if (stride === 1 && inChannels === outChannels) return null;
  return new Sequential(new Conv2d(inChannels, outChannels, 1, { stride, bias: false }), new BatchNorm2d(outChannels));
}

/**
 * A residual network: of basic blocks, (2, 2, 2, 2) of them for ResNet-18 and (3, 4, 6, 3) for ResNet-34, or with
 * `bottleneck` (3, 4, 6, 3) for ResNet-50.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits.
 * Options  inChannels 3, numClasses 10, inputSize 32, stem by the input size, bottleneck false, widthPerGroup 64.
 * Size     ResNet-18: 11,173,962 parameters for CIFAR-10; 11,689,512 with the ImageNet stem and 1000 classes;
 *          ResNet-50: 25,557,032 then, and 68,883,240 with widthPerGroup 128 (Wide ResNet-50-2).
 * Init     convolutions normal with variance 2 / fan-out, batch norms 1 and 0, as torchvision.
 * Keys     torchvision's: conv1, bn1, layer1.0.conv1 … layer4.1.bn2, fc.
 * Throws   ArgumentError "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 * Source   He et al. 2015; Zagoruyko & Komodakis 2016; torchvision.models.resnet18, resnet50, wide_resnet50_2.
 *
 * @example
 * const model = new ResNet([1, 1, 1, 1], { numClasses: 5 }); // ResNet-10; [2, 2, 2, 2] is ResNet-18
 * model.forward(zeros([1, 3, 32, 32])).shape; // [1, 5]
 */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly maxpool: MaxPool2d | Identity;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly flatten = new Flatten();
  readonly fc: Linear;

  constructor(blocks: readonly [number, number, number, number], options: ResNetOptions = {}) {
    super();
    checkKnown("ResNet", options, {
      stem: 0,
      bottleneck: 0,
      widthPerGroup: 0,
      inChannels: 0,
      numClasses: 0,
      inputSize: 0,
    });
    const { inChannels, numClasses, inputSize } = resolved("ResNet", options, {
      inChannels: 3,
      numClasses: 10,
      inputSize: 32,
      batchNorm: true,
    });
    const small = (options.stem ?? (Math.min(...inputSize) < 64 ? "cifar" : "imagenet")) === "cifar";
    this.conv1 = new Conv2d(inChannels, 64, small ? 3 : 7, {
      stride: small ? 1 : 2,
      padding: small ? 1 : 3,
      bias: false,
    });
    this.bn1 = new BatchNorm2d(64);
    this.maxpool = small ? new Identity() : new MaxPool2d(3, { stride: 2, padding: 1 });
    const { bottleneck = false, widthPerGroup = 64 } = options;
    const expansion = bottleneck ? 4 : 1;
    let from = 64;
    const stage = (index: 0 | 1 | 2 | 3, planes: number) => {
      const to = planes * expansion;
      const rows: Layer[] = [];
      for (let i = 0; i < blocks[index]; i++) {
        const stride = i === 0 && index > 0 ? 2 : 1;
        rows.push(
          bottleneck
            ? new Bottleneck(from, to, stride, (planes * widthPerGroup) / 64)
            : new BasicBlock(from, to, stride),
        );
        from = to;
      }
      return new Sequential(...rows);
    };
    this.layer1 = stage(0, 64);
    this.layer2 = stage(1, 128);
    this.layer3 = stage(2, 256);
    this.layer4 = stage(3, 512);
    this.fc = new Linear(from, numClasses);
    for (const module of this.modules())
      if (module instanceof Conv2d) init.kaimingNormal_(module.weight, { mode: "fan_out", nonlinearity: "relu" });
  }

  forward(input: Tensor): Tensor {
    const { conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc } = this;
    return inRow(given(input), conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc).tensor;
  }
}
