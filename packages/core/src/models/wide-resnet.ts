import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { BatchNorm2d, Conv2d, init, Linear, Module, ReLU, Sequential } from "../nn/index.ts";
import { given, inRow, meeting } from "../nn/row.ts";
import { adaptiveAvgPool2d, add, dropout, flatten } from "../ops/index.ts";
import { type ModelOptions, resolved } from "./options.ts";

/** What `WideResNet` can be told. */
export interface WideResNetOptions extends Omit<ModelOptions, "batchNorm"> {
  /** Dropout between the two convolutions of a block. Default 0. */
  dropRate?: number;
}

/** Batch norm and ReLU before each of two convolutions. Keys bn1, conv1, bn2, conv2, convShortcut. */
class WideBlock extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly bn1: BatchNorm2d;
  readonly relu1 = new ReLU();
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu2 = new ReLU();
  readonly conv2: Conv2d;
  readonly convShortcut: Conv2d | null;
  readonly dropRate: number;

  constructor(inChannels: number, outChannels: number, stride: number, dropRate: number) {
    super();
    this.bn1 = new BatchNorm2d(inChannels);
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outChannels);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { padding: 1, bias: false });
    this.convShortcut =
      inChannels === outChannels ? null : new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
    this.dropRate = dropRate;
  }

  forward(input: Tensor): Tensor {
    const x = given(input);
    const active = inRow(x, this.bn1, this.relu1);
    const { dropRate: p, training } = this;
    const inner = inRow(this.convShortcut ? given(active.tensor) : active, this.conv1, this.bn2, this.relu2);
    const dropped = p > 0 && training ? meeting((kept) => dropout(kept, { p, training }), inner) : inner;
    const y = inRow(dropped, this.conv2);
    return meeting(add, y, this.convShortcut ? inRow(active, this.convShortcut) : x).tensor;
  }
}

/**
 * Wide residual network WRN-depth-k for CIFAR: k times as wide as He's, and less deep.
 *
 * depth, widenFactor  6n + 4 (16, 22, 28, 40 …) and k.
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits.
 * Options  inChannels 3, numClasses 10, inputSize 32, dropRate 0.
 * Size     WRN-28-10: 36,479,194 parameters; WRN-16-4: 2,748,890.
 * Init     convolutions normal with variance 2 / fan-out, the dense bias 0.
 * Keys     conv1, block1.layer.0.bn1 …, bn1, fc.
 * Throws   ArgumentError "depth"; "inChannels", "numClasses", "height", "width" unless whole numbers from 1.
 * Source   Zagoruyko & Komodakis 2016 (https://arxiv.org/abs/1605.07146), table 1: 4.00 % test error on CIFAR-10
 *          (28-10).
 *
 * @example
 * new WideResNet(10, 2).forward(zeros([1, 3, 32, 32])).shape; // [1, 10]
 */
export class WideResNet extends Module {
  readonly conv1: Conv2d;
  readonly block1: Stage;
  readonly block2: Stage;
  readonly block3: Stage;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly fc: Linear;

  constructor(depth: number, widenFactor: number, options: WideResNetOptions = {}) {
    super();
    checkKnown("WideResNet", options, { dropRate: 0, inChannels: 0, numClasses: 0, inputSize: 0 });
    const blocks = (depth - 4) / 6;
    if (!(Number.isInteger(blocks) && blocks >= 1))
      throw new ArgumentError("WideResNet", "depth", `depth must be 6n + 4 (16, 22, 28, 40, …), got ${depth}.`);
    const { inChannels, numClasses } = resolved("WideResNet", options, {
      inChannels: 3,
      numClasses: 10,
      inputSize: 32,
      batchNorm: true,
    });
    const { dropRate = 0 } = options;
    const [a, b, c] = [16 * widenFactor, 32 * widenFactor, 64 * widenFactor] as const;
    this.conv1 = new Conv2d(inChannels, 16, 3, { padding: 1, bias: false });
    this.block1 = new Stage(blocks, 16, a, 1, dropRate);
    this.block2 = new Stage(blocks, a, b, 2, dropRate);
    this.block3 = new Stage(blocks, b, c, 2, dropRate);
    this.bn1 = new BatchNorm2d(c);
    this.fc = new Linear(c, numClasses);
    for (const module of this.modules())
      if (module instanceof Conv2d) init.kaimingNormal_(module.weight, { mode: "fan_out", nonlinearity: "relu" });
    init.zeros_(this.fc.bias!);
  }

  forward(input: Tensor): Tensor {
    const { conv1, block1, block2, block3, bn1, relu, fc } = this;
    const x = inRow(given(input), conv1, block1, block2, block3, bn1, relu);
    return fc.forward(flatten(meeting((last) => adaptiveAvgPool2d(last, 1), x).tensor, 1));
  }
}

class Stage extends Module {
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly layer: Sequential;

  constructor(blocks: number, inChannels: number, outChannels: number, stride: number, dropRate: number) {
    super();
    this.layer = new Sequential(
      ...Array.from({ length: blocks }, (_, i) =>
        i === 0
          ? new WideBlock(inChannels, outChannels, stride, dropRate)
          : new WideBlock(outChannels, outChannels, 1, dropRate),
      ),
    );
  }

  forward(input: Tensor): Tensor {
    return this.layer.forward(input);
  }
}
