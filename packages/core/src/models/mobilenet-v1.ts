import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm2d, Conv2d, Module } from "../nn/index.ts";
import { given, inRow, meeting, type Passing } from "../nn/row.ts";
import { adaptiveAvgPool2d, dropout, flatten, pad, relu6 } from "../ops/index.ts";
import { type ImageNetOptions, imageNet } from "./options.ts";

/** What `MobileNetV1` can be told. */
export interface MobileNetV1Options extends ImageNetOptions {
  /** Factor on the width of every layer; the paper has 1, 0.75, 0.5, 0.25. Default 1. */
  alpha?: number;
}

/** Filters and stride of each depthwise-separable pair: the paper's table 1. */
const pairs = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/**
 * MobileNet V1: a 3×3 filter for each channel, then a 1×1 convolution, thirteen times. As Keras has it: a stride of 2
 * pads only at the bottom and right, batch norm with eps 1e-3, ReLU6, dropout 0.001 before the last layer.
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 32.
 * Options  inChannels 3, numClasses 1000, inputSize 224, alpha 1.
 * Size     4,253,864 parameters at the defaults; 470,072 with alpha 0.25, and 5,472 running statistics.
 * Keys     Keras' layer names: conv1, conv1_bn, conv_dw_1, conv_dw_1_bn, conv_pw_1, conv_pw_1_bn … conv_preds.
 * Throws   ArgumentError "input-size" under 32; "inChannels", "numClasses" unless whole numbers from 1.
 * Source   Howard et al. 2017 (https://arxiv.org/abs/1704.04861); keras.applications.MobileNet.
 *
 * @example
 * summarize(new MobileNetV1({ alpha: 0.25 }), [3, 32, 32]).parameters; // 470072
 */
export class MobileNetV1 extends Module {
  readonly #strides: number[] = [2];

  constructor(options: MobileNetV1Options = {}) {
    super();
    checkKnown("MobileNetV1", options, { alpha: 0, inChannels: 0, numClasses: 0, inputSize: 0 });
    const { inChannels, numClasses } = imageNet("MobileNetV1", options, 32);
    const { alpha = 1 } = options;
    const width = (filters: number) => Math.floor(filters * alpha);
    const put = (name: string, conv: Conv2d) => {
      Object.assign(this, { [name]: conv, [`${name}_bn`]: new BatchNorm2d(conv.outChannels, { eps: 1e-3 }) });
    };
    let from = width(32);
    put("conv1", new Conv2d(inChannels, from, 3, { stride: 2, bias: false }));
    pairs.forEach(([filters, stride], i) => {
      const to = width(filters);
      const padding = stride === 1 ? 1 : 0;
      put(`conv_dw_${i + 1}`, new Conv2d(from, from, 3, { stride, padding, groups: from, bias: false }));
      put(`conv_pw_${i + 1}`, new Conv2d(from, to, 1, { bias: false }));
      this.#strides.push(stride);
      from = to;
    });
    Object.assign(this, { conv_preds: new Conv2d(from, numClasses, 1) });
  }

  #row(name: string, from: Passing): Passing {
    const held = this as unknown as Record<string, Conv2d & BatchNorm2d>;
    return meeting(relu6, inRow(from, held[name]!, held[`${name}_bn`]!));
  }

  forward(input: Tensor): Tensor {
    const padded = (t: Tensor) => pad(t, [0, 1, 0, 1]);
    let x = this.#row("conv1", meeting(padded, given(input)));
    for (let i = 1; i < this.#strides.length; i++) {
      if (this.#strides[i] === 2) x = meeting(padded, x);
      x = this.#row(`conv_pw_${i}`, this.#row(`conv_dw_${i}`, x));
    }
    const { conv_preds } = this as unknown as { conv_preds: Conv2d };
    const { tensor: means } = meeting((last) => adaptiveAvgPool2d(last, 1), x);
    const pooled = dropout(means, { p: 1e-3, training: this.training });
    return flatten(conv_preds.forward(pooled), 1);
  }
}
