/** @file Whole networks, with the shape after every stage: VGG-16, ResNet-18 in two ways, and both models of the notes. */
import { nn, sequential, type Tensor, zeros } from "@drishti/core";
import { same } from "./equal.ts";

const conv = <const I extends number, const O extends number>(from: I, to: O) =>
  new nn.Conv2d(from, to, 3, { padding: 1 });
const relu = () => new nn.ReLU();
const pool = () => new nn.MaxPool2d(2, 2);

// VGG-16, Simonyan & Zisserman 2014, configuration D: 138 million parameters, so it is only typed, never made.
export const vgg16 = () =>
  sequential(
    [3, 224, 224],
    [
      ...([conv(3, 64), relu(), conv(64, 64), relu(), pool()] as const),
      ...([conv(64, 128), relu(), conv(128, 128), relu(), pool()] as const),
      ...([conv(128, 256), relu(), conv(256, 256), relu(), conv(256, 256), relu(), pool()] as const),
      ...([conv(256, 512), relu(), conv(512, 512), relu(), conv(512, 512), relu(), pool()] as const),
      ...([conv(512, 512), relu(), conv(512, 512), relu(), conv(512, 512), relu(), pool()] as const),
      new nn.AdaptiveAvgPool2d(7),
      new nn.Flatten(),
      new nn.Linear((512 * 7 * 7) as 25088, 4096),
      relu(),
      new nn.Dropout(),
      new nn.Linear(4096, 4096),
      relu(),
      new nn.Dropout(),
      new nn.Linear(4096, 1000),
    ],
  );
same<nn.OutputOf<ReturnType<typeof vgg16>>, ["N", 1000]>(true);

// CIFAR10CNN, as the notes write it.
export const cifar10cnn = sequential(
  [3, 32, 32],
  [
    new nn.Conv2d(3, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Conv2d(32, 64, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Flatten(),
    new nn.Linear(4096, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  ],
);
const logits = cifar10cnn.forward(zeros([8, 3, 32, 32] as const));
same<typeof logits, Tensor<[8, 10]>>(true);
const some = cifar10cnn.forward(zeros([8, 3, 32, 32]));
same<typeof some, Tensor<[number, 10]>>(true);

// SimpleCNN: a class with two Sequentials.
export class SimpleCNN extends nn.Module {
  conv_layers = new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
  );
  fc_layers = new nn.Sequential(new nn.Flatten(), new nn.Linear(2048, 128), new nn.ReLU(), new nn.Linear(128, 10));

  forward(x: Tensor): Tensor {
    return this.fc_layers.forward(this.conv_layers.forward(x));
  }

  /** The same, known to the compiler. */
  typed(x: Tensor<[number, 3, 32, 32]>) {
    return this.fc_layers.forward(this.conv_layers.forward(x));
  }
}
const ten = new SimpleCNN().typed(zeros([4, 3, 32, 32] as const));
same<typeof ten, Tensor<[number, 10]>>(true);
const maps = new SimpleCNN().conv_layers.forward(zeros([4, 3, 32, 32] as const));
same<typeof maps, Tensor<[4, 32, 8, 8]>>(true);

// ResNet-18, He et al. 2015, out of residual containers.
const same64 = <const C extends number>(c: C) =>
  new nn.Residual(
    new nn.Sequential(
      new nn.Conv2d(c, c, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(c),
      new nn.ReLU(),
      new nn.Conv2d(c, c, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(c),
    ),
  );
const smaller = <const I extends number, const O extends number>(from: I, to: O) =>
  new nn.Residual(
    new nn.Sequential(
      new nn.Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false }),
      new nn.BatchNorm2d(to),
      new nn.ReLU(),
      new nn.Conv2d(to, to, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(to),
    ),
    new nn.Sequential(new nn.Conv2d(from, to, 1, { stride: 2, bias: false }), new nn.BatchNorm2d(to)),
  );
export const resnet18 = () =>
  sequential(
    [3, 224, 224],
    [
      new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false }),
      new nn.BatchNorm2d(64),
      relu(),
      new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
      ...([same64(64), relu(), same64(64), relu()] as const),
      ...([smaller(64, 128), relu(), same64(128), relu()] as const),
      ...([smaller(128, 256), relu(), same64(256), relu()] as const),
      ...([smaller(256, 512), relu(), same64(512), relu()] as const),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(512, 1000),
    ],
  );
same<nn.OutputOf<ReturnType<typeof resnet18>>, ["N", 1000]>(true);

// Its block as PyTorch writes it, with functions: addition checks both sides.
export class BasicBlock extends nn.Module {
  conv1 = new nn.Conv2d(64, 128, 3, { stride: 2, padding: 1, bias: false });
  bn1 = new nn.BatchNorm2d(128);
  conv2 = new nn.Conv2d(128, 128, 3, { padding: 1, bias: false });
  bn2 = new nn.BatchNorm2d(128);
  downsample = new nn.Sequential(new nn.Conv2d(64, 128, 1, { stride: 2, bias: false }), new nn.BatchNorm2d(128));
  declare readonly shapeRule: nn.RuleOf<BasicBlock["downsample"]>; // what it does to shapes, when it stands in a sequence

  forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu();
    return this.bn2.forward(this.conv2.forward(inner)).add(this.downsample.forward(x)).relu();
  }

  typed(x: Tensor<[8, 64, 56, 56]>) {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu();
    return this.bn2.forward(this.conv2.forward(inner)).add(this.downsample.forward(x)).relu();
  }
}
const block = new BasicBlock().typed(zeros([8, 64, 56, 56] as const));
same<typeof block, Tensor<[8, 128, 28, 28]>>(true);
same<nn.After<BasicBlock, ["N", 64, 56, 56]>, ["N", 128, 28, 28]>(true);
