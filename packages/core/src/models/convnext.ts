import { full } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { Conv2d, Flatten, GELU, init, LayerNorm, Linear, Module, Parameter, Sequential } from "../nn/index.ts";
import { adaptiveAvgPool2d, mul, permute } from "../ops/index.ts";
import { type ImageNetOptions, imageNet } from "./options.ts";
import { StochasticDepth } from "./stochastic-depth.ts";

/** Channels and blocks of the four stages: ConvNeXt-T. */
const stages = [
  [96, 3],
  [192, 3],
  [384, 9],
  [768, 3],
] as const;

class Permute extends Module {
  readonly order: readonly number[];

  constructor(order: readonly number[]) {
    super();
    this.order = order;
  }

  forward(input: Tensor): Tensor {
    return permute(input, this.order);
  }
}

const toLast = [0, 2, 3, 1];
const toFirst = [0, 3, 1, 2];

/** Layer norm over the channels of each pixel. */
class ChannelNorm extends LayerNorm {
  override forward(input: Tensor): Tensor {
    return permute(super.forward(permute(input, toLast)), toFirst);
  }
}

/** A 7×7 filter for each channel, then two dense layers at each pixel. Keys layer_scale, block.0, block.2, block.3, block.5. */
class ConvNeXtBlock extends Module {
  readonly block: Sequential;
  readonly layer_scale: Parameter;
  readonly drop: StochasticDepth;

  constructor(channels: number, drop: number) {
    super();
    this.block = new Sequential(
      new Conv2d(channels, channels, 7, { padding: 3, groups: channels }),
      new Permute(toLast),
      new LayerNorm(channels, { eps: 1e-6 }),
      new Linear(channels, 4 * channels),
      new GELU(),
      new Linear(4 * channels, channels),
      new Permute(toFirst),
    );
    this.layer_scale = new Parameter(full([channels, 1, 1], 1e-6));
    this.drop = new StochasticDepth(drop);
  }

  forward(input: Tensor): Tensor {
    return this.drop.forward(mul(this.layer_scale, this.block.forward(input))).add(input);
  }
}

/**
 * ConvNeXt-Tiny: a residual network brought up to the habits of vision transformers, 18 blocks of
 * y = x + s · dense(gelu(dense(norm(conv7×7(x))))), s a learned scale for each channel. In training whole blocks are
 * left out by chance (stochastic depth, 0 for the first to 0.1 for the last).
 *
 * Shape    (N, inChannels, H, W) → (N, numClasses) logits. H, W at least 32.
 * Options  inChannels 3, numClasses 1000, inputSize 224.
 * Size     28,589,128 parameters at the defaults.
 * Init     weights truncated normal with std 0.02, biases 0, layer scale 1e-6, as torchvision.
 * Keys     torchvision's: features.0.0 …, features.1.0.layer_scale, features.1.0.block.0 …, classifier.0, classifier.2.
 * Throws   ArgumentError "input-size" under 32; "inChannels", "numClasses" unless whole numbers from 1.
 * Source   Liu et al. 2022 (https://arxiv.org/abs/2201.03545); torchvision.models.convnext_tiny.
 *
 * @example
 * try {
 *   new ConvNeXtTiny({ numClasses: 5, inputSize: 28 }); // four stages divide the sides by 32
 * } catch (error) {
 *   console.log((error as ArgumentError).code); // input-size
 * }
 */
export class ConvNeXtTiny extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: ImageNetOptions = {}) {
    super();
    checkKnown("ConvNeXtTiny", options, { inChannels: 0, numClasses: 0, inputSize: 0 });
    const { inChannels, numClasses } = imageNet("ConvNeXtTiny", options, 32);
    const norm = (channels: number) => new ChannelNorm(channels, { eps: 1e-6 });
    const widen = (from: number, to: number) => new Sequential(norm(from), new Conv2d(from, to, 2, { stride: 2 }));
    const blocks = stages.reduce((sum, [, count]) => sum + count, 0);
    let done = 0;
    // The layers' own initial values are left out: all of them are drawn anew below.
    this.features = init.skipInit(() => {
      const features = new Sequential(new Sequential(new Conv2d(inChannels, 96, 4, { stride: 4 }), norm(96)));
      stages.forEach(([channels, count], i) => {
        const rows = Array.from({ length: count }, () => new ConvNeXtBlock(channels, (0.1 * done++) / (blocks - 1)));
        features.append(new Sequential(...rows));
        const next = stages[i + 1]?.[0];
        if (next) features.append(widen(channels, next));
      });
      return features;
    });
    this.classifier = init.skipInit(() => new Sequential(norm(768), new Flatten(), new Linear(768, numClasses)));
    for (const module of this.modules()) {
      if (!(module instanceof Conv2d || module instanceof Linear)) continue;
      init.truncNormal_(module.weight, 0, 0.02);
      if (module.bias) init.zeros_(module.bias);
    }
  }

  forward(input: Tensor): Tensor {
    return this.classifier.forward(adaptiveAvgPool2d(this.features.forward(input), 1));
  }
}
