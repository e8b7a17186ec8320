/** @file The residual networks that He et al. made for CIFAR-10. */

import { zeros } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { BatchNorm2d, Conv2d, init, Linear, Module, ReLU, Sequential } from "../nn/index.ts";
import { given, inRow, meeting, type Passing } from "../nn/row.ts";
import { adaptiveAvgPool2d, add, avgPool2d, cat, flatten } from "../ops/index.ts";
import { type ModelOptions, resolved } from "./options.ts";

/** Two 3×3 convolutions; around them x itself, or every second pixel of it with channels of zeros added (option A). */
class CifarBlock extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu = new ReLU();

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outChannels);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outChannels);
  }

  forward(input: Tensor): Tensor {
    const x = given(input);
    const inner = inRow(x, this.conv1, this.bn1, this.relu, this.conv2, this.bn2);
    return inRow(meeting(add, inner, this.#around(x)), this.relu).tensor;
  }

  #around(x: Passing): Passing {
    const added = this.conv1.outChannels - this.conv1.inChannels;
    if (added === 0) return x;
    const every2nd = meeting((t) => avgPool2d(t, 1, { stride: 2 }), x); // a window of one pixel: its value
    const { shape, backend } = every2nd.tensor;
    const none = (channels: number): Passing => ({
      tensor: zeros([shape[0]!, channels, shape[2]!, shape[3]!], { device: backend }),
      mine: true,
    });
    const before = Math.floor(added / 2);
    return meeting((...all) => cat(all, 1), none(before), every2nd, none(added - before));
  }
}

/**
 * The residual networks of section 4.2 of the paper: three stages of 16, 32 and 64 filters, n blocks each, 6n + 2
 * layers, shortcuts without parameters.
 *
 * depth    6n + 2: 20, 32, 44, 56, 110 …
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits.
 * Options  inChannels 3, numClasses 10, inputSize 32.
 * Size     ResNet-20: 269,722 parameters; 32: 464,154; 44: 658,586; 56: 853,018.
 * Init     convolutions and the dense layer Kaiming normal, as the paper.
 * Keys     those of the weights most often shared (pytorch_resnet_cifar10): conv1, bn1, layer1.0.conv1 …, linear.
 * Throws   ArgumentError "depth"; "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 * Source   He, Zhang, Ren & Sun 2015 (https://arxiv.org/abs/1512.03385), section 4.2: test error 8.75 % (20), 6.97 %
 *          (56).
 *
 * @example
 * summarize(new ResNetCifar(20), [3, 32, 32]).parameters; // 269722
 */
export class ResNetCifar extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly linear: Linear;
  readonly relu = new ReLU();

  constructor(depth: number, options: Omit<ModelOptions, "batchNorm"> = {}) {
    super();
    checkKnown("ResNetCifar", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    const blocks = (depth - 2) / 6;
    if (!(Number.isInteger(blocks) && blocks >= 1))
      throw new ArgumentError("ResNetCifar", "depth", `depth must be 6n + 2 (20, 32, 44, 56, …), got ${depth}.`);
    const { inChannels, numClasses } = resolved("ResNetCifar", options, {
      inChannels: 3,
      numClasses: 10,
      inputSize: 32,
      batchNorm: true,
    });
    this.conv1 = new Conv2d(inChannels, 16, 3, { padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(16);
    const stage = (from: number, to: number) =>
      new Sequential(
        ...Array.from({ length: blocks }, (_, i) =>
          i === 0 ? new CifarBlock(from, to, from === to ? 1 : 2) : new CifarBlock(to, to, 1),
        ),
      );
    this.layer1 = stage(16, 16);
    this.layer2 = stage(16, 32);
    this.layer3 = stage(32, 64);
    this.linear = new Linear(64, numClasses);
    this.apply((module) => {
      if (module instanceof Conv2d || module instanceof Linear) init.kaimingNormal_(module.weight);
    });
  }

  forward(input: Tensor): Tensor {
    const { conv1, bn1, relu, layer1, layer2, layer3, linear } = this;
    const x = inRow(given(input), conv1, bn1, relu, layer1, layer2, layer3);
    return linear.forward(flatten(meeting((last) => adaptiveAvgPool2d(last, 1), x).tensor, 1));
  }
}
