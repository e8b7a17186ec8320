/** @file Networks whose recordings are fused in one way or another, and the kernels that must come of it. For tests. */
import "../src/ops/methods.ts";
import type { Tensor } from "../src/autograd/tensor.ts";
import { BasicBlock, Bottleneck } from "../src/models/resnet.ts";
import * as nn from "../src/nn/index.ts";
import { cat } from "../src/ops/index.ts";

export interface Case {
  readonly name: string;
  readonly size: readonly number[];
  make(): nn.Layer;
  /** Kernels of training and of evaluating that must be there, and some that must be gone. */
  readonly train: Readonly<Record<string, number>>;
  readonly evaluate: Readonly<Record<string, number>>;
  /** Of training; 4 unless that takes long. The last ones are replays. */
  readonly steps?: number;
}

const head = (features: number) => [new nn.Flatten(), new nn.Linear(features, 3)] as const;

/** Adds its input to what its layers make of it, twice over. */
class Twice extends nn.Module {
  readonly first = new nn.Conv2d(4, 4, 3, { padding: 1 });
  readonly second = new nn.Conv2d(4, 4, 3, { padding: 1 });
  forward(x: Tensor): Tensor {
    const y = this.first.forward(x).relu();
    return y.add(this.second.forward(y)).add(x);
  }
}

/** One convolution used twice. */
class Shared extends nn.Module {
  readonly conv = new nn.Conv2d(2, 2, 3, { padding: 1 });
  forward(x: Tensor): Tensor {
    return this.conv.forward(this.conv.forward(x).relu()).relu();
  }
}

/** ReLU of some pictures only, and a convolution of the same memory as one channel more or less. */
class Parts extends nn.Module {
  readonly first = new nn.Conv2d(2, 2, 3, { padding: 1 });
  readonly second = new nn.Conv2d(32, 4, 1);
  readonly third = new nn.Conv2d(2, 10, 4);
  forward(x: Tensor): Tensor {
    const y = this.first.forward(x);
    const rest = y
      .narrow(0, 1, x.size(0) - 1)
      .relu()
      .sum();
    const head = y.narrow(0, 0, 1).relu().sum();
    const flat = this.second.forward(y.reshape([x.size(0), 32, 1, 1])).flatten(1);
    const other = this.third.forward(y).flatten(1);
    return cat([flat, other], 1).add(rest).add(head);
  }
}

export const cases: readonly Case[] = [
  {
    name: "convolution, ReLU, pool, twice",
    size: [2, 9, 10],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 3, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2, 2),
        new nn.Conv2d(3, 4, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2, 2),
        ...head(16),
      ),
    train: {
      conv2d_fused_f32: 2,
      conv2d_fused_backward_f32: 2,
      relu_f32: 0,
      max_pool2d_f32: 0,
      max_pool2d_backward_f32: 0,
    },
    evaluate: { conv2d_fused_f32: 2, relu_f32: 0, max_pool2d_f32: 0 },
  },
  {
    name: "strides, dilation, ReLU without pool, a pool without ReLU, a convolution without anything",
    size: [2, 11, 12],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 3, [3, 2], { padding: [1, 2], stride: [2, 1] }),
        new nn.ReLU(),
        new nn.Conv2d(3, 4, 2, { dilation: 2, bias: false }),
        new nn.MaxPool2d(2, 2),
        new nn.Conv2d(4, 2, 1),
        ...head(24),
      ),
    train: { conv2d_fused_f32: 3, conv2d_fused_backward_f32: 3, relu_f32: 0, relu_backward_f32: 0 },
    evaluate: { conv2d_fused_f32: 3, relu_f32: 0 },
  },
  {
    name: "depthwise, ReLU6, batch norm",
    size: [3, 9, 8],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1, stride: 2, bias: false }),
        new nn.BatchNorm2d(8),
        new nn.ReLU6(),
        new nn.Conv2d(8, 8, 3, { padding: 1, groups: 8, bias: false }),
        new nn.BatchNorm2d(8),
        new nn.ReLU6(),
        new nn.Conv2d(8, 4, 1),
        new nn.BatchNorm2d(4),
        ...head(80),
      ),
    train: { conv2d_norm_train_f32: 2, conv2d_f32: 1 },
    evaluate: { conv2d_fused_f32: 3, conv2d_f32: 0, clamp_f32: 0, batch_norm_eval_f32: 0 },
  },
  {
    name: "batch norm with ReLU and pool",
    size: [2, 8, 8],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 9, 3, { padding: 1 }),
        new nn.BatchNorm2d(9),
        new nn.ReLU(),
        new nn.MaxPool2d(2, 2),
        new nn.Conv2d(9, 4, 3),
        new nn.BatchNorm2d(4, { affine: false }),
        ...head(16),
      ),
    train: {
      conv2d_norm_train_f32: 2,
      conv2d_norm_train_backward_f32: 1,
      batch_norm_fused_train_backward_f32: 1,
      relu_f32: 0,
      max_pool2d_backward_f32: 0,
    },
    evaluate: { conv2d_fused_f32: 2, batch_norm_eval_f32: 0, relu_f32: 0, max_pool2d_f32: 0 },
  },
  {
    name: "batch norm and pool whose convolution has too few outputs, or rows left over",
    size: [2, 9, 8],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 3, 3, { padding: 1 }),
        new nn.BatchNorm2d(3),
        new nn.MaxPool2d(2, 2),
        new nn.Conv2d(3, 8, 1, { bias: false }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2, 2),
        ...head(32),
      ),
    train: {
      conv2d_norm_train_f32: 2,
      conv2d_norm_train_backward_f32: 0,
      batch_norm_fused_train_backward_f32: 2,
    },
    evaluate: { conv2d_fused_f32: 2 },
  },
  {
    name: "residual blocks, with a projection, an overlapping pool and a mean",
    size: [3, 12, 12],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(3, 4, 3, { padding: 1, bias: false }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(3, 2, { padding: 1 }),
        new BasicBlock(4, 4),
        new BasicBlock(4, 6, 2),
        new nn.AdaptiveAvgPool2d(1),
        ...head(6),
      ),
    train: {
      conv2d_norm_train_f32: 6,
      add_f32: 0,
      relu_f32: 0,
      relu_backward_f32: 0,
      max_pool2d_nhwc_backward_f32: 1,
      avg_pool2d_nhwc_f32: 1,
    },
    evaluate: { conv2d_fused_f32: 6, add_f32: 0, relu_f32: 0, batch_norm_eval_f32: 0, max_pool2d_nhwc_f32: 1 },
  },
  {
    name: "3x3 convolutions of many channels go by Winograd, and their gradients",
    size: [2, 10, 11],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 32, 1),
        new BasicBlock(32, 32),
        new nn.Conv2d(32, 32, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.Conv2d(32, 33, 3, { padding: [1, 0] }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.AdaptiveAvgPool2d(1),
        ...head(33),
      ),
    train: {
      conv2d_winograd_f32: 7,
      conv2d_winograd_pack_f32: 7,
      conv2d_winograd_backward_weight_f32: 3,
      conv2d_fused_f32: 1,
      conv2d_fused_backward_f32: 2,
    },
    evaluate: { conv2d_winograd_f32: 4, conv2d_fused_f32: 1 },
    steps: 3,
  },
  {
    name: "bottlenecks",
    size: [4, 6, 6],
    make: () =>
      new nn.Sequential(new Bottleneck(4, 8, 2), new Bottleneck(8, 8), new nn.AdaptiveAvgPool2d(1), ...head(8)),
    train: { batch_norm_fused_train_backward_f32: 7, add_f32: 0 },
    evaluate: { conv2d_fused_f32: 7, add_f32: 0 },
  },
  {
    name: "sums that are no residual blocks",
    size: [4, 5, 5],
    make: () => new nn.Sequential(new Twice(), new nn.ReLU(), new Twice(), ...head(100)),
    train: { conv2d_fused_f32: 4, conv2d_fused_backward_f32: 4 },
    evaluate: { conv2d_fused_f32: 4 },
  },
  {
    name: "a convolution used twice",
    size: [2, 5, 5],
    make: () => new nn.Sequential(new Shared(), ...head(50)),
    train: { conv2d_fused_f32: 2 },
    evaluate: { conv2d_fused_f32: 2, relu_f32: 0 },
  },
  {
    name: "dropout in the middle and behind",
    size: [2, 8, 8],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 3, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2, 2),
        new nn.Dropout(0.2),
        new nn.Conv2d(3, 4, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2, 2),
        new nn.Flatten(),
        new nn.Dropout(0.5),
        new nn.Linear(16, 3),
      ),
    train: { conv2d_fused_f32: 2, conv2d_fused_backward_f32: 2, relu_backward_f32: 0 },
    evaluate: { conv2d_fused_f32: 2, relu_f32: 0 },
  },
  {
    name: "parts and other shapes of what a convolution gives",
    size: [2, 4, 4],
    make: () => new nn.Sequential(new Parts(), ...head(14)),
    train: { conv2d_fused_f32: 3, conv2d_fused_backward_f32: 3 },
    evaluate: { conv2d_fused_f32: 3 },
  },
  {
    name: "what has no fused form between: dropout, GELU, groups",
    size: [2, 6, 6],
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(2, 4, 3, { padding: 1 }),
        new nn.GELU(),
        new nn.Conv2d(4, 4, 3, { groups: 2 }),
        new nn.ReLU(),
        new nn.Dropout2d(0.5),
        new nn.Conv2d(4, 2, 3),
        new nn.ReLU(),
        ...head(8),
      ),
    train: { conv2d_fused_f32: 2, conv2d_f32: 1 },
    evaluate: { conv2d_fused_f32: 2 },
  },
];
