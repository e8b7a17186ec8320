/** @file Mixing the pictures of a batch, and their labels with them: MixUp and CutMix. */
import { checkKnown } from "../base/known-options.ts";
import type { Batch, BatchTransform, RandomSource } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawInteger, drawNormal, drawShare } from "./draw.ts";
import { whole } from "./options.ts";

/** How `mixUp` and `cutMix` mix. */
export interface MixOptions {
  /** Outputs of the model: the length of a row of targets. */
  readonly numClasses: number;
  /** λ is drawn from Beta(alpha, alpha): small values mix little. Default 1, all shares alike. */
  readonly alpha?: number;
}

/**
 * Each picture becomes λ times itself and 1 − λ times the one before it in the batch; so do the targets.
 *
 * Shape   images as they are; targets (N, numClasses), one-hot before the mixing.
 * Draws   λ from Beta(alpha, alpha), once a batch.
 * Throws  ArgumentError "num-classes", "alpha"; "label" for a label that has no class.
 * Source  Zhang et al. 2017 (https://arxiv.org/abs/1710.09412); torchvision.transforms.v2.MixUp.
 *
 * @example
 * const batchTransform = mixUp({ numClasses: 10, alpha: 0.2 });
 * for await (const { shape, targets } of new DataLoader(train, { batchSize: 16, transform, batchTransform }))
 *   console.log(shape, targets?.length); // [ 16, 1, 28, 28 ] 160
 */
export function mixUp(options: MixOptions): BatchTransform {
  return mixing("mixUp", options, (batch, lambda) => {
    const size = batch.images.length / batch.count;
    const images = new Float32Array(batch.images.length);
    for (let n = 0; n < batch.count; n++) {
      const [own, other] = [n * size, before(n, batch.count) * size];
      for (let i = 0; i < size; i++)
        images[own + i] = lambda * batch.images[own + i]! + (1 - lambda) * batch.images[other + i]!;
    }
    return { images, lambda };
  });
}

/**
 * A random box of each picture shows the one before it in the batch; targets are mixed by the area. The box covers 1 −
 * λ of the picture where it lies inside.
 *
 * Shape   images as they are; targets (N, numClasses), one-hot before the mixing.
 * Draws   λ from Beta(alpha, alpha) and the box's middle, once a batch.
 * Throws  ArgumentError "num-classes", "alpha"; "label" for a label that has no class.
 * Source  Yun et al. 2019 (https://arxiv.org/abs/1905.04899); torchvision.transforms.v2.CutMix.
 *
 * @example
 * const batchTransform = cutMix({ numClasses: 10 });
 * for await (const { shape, targets } of new DataLoader(train, { batchSize: 16, transform, batchTransform }))
 *   console.log(shape, targets?.length); // [ 16, 1, 28, 28 ] 160
 */
export function cutMix(options: MixOptions): BatchTransform {
  return mixing("cutMix", options, (batch, lambda, random) => {
    const [count, channels, height, width] = batch.shape;
    const x = drawInteger(random, width);
    const y = drawInteger(random, height);
    const reach = 0.5 * Math.sqrt(1 - lambda);
    const [halfWidth, halfHeight] = [Math.trunc(reach * width), Math.trunc(reach * height)];
    const [left, right] = [Math.max(0, x - halfWidth), Math.min(width, x + halfWidth)];
    const [top, bottom] = [Math.max(0, y - halfHeight), Math.min(height, y + halfHeight)];
    const images = batch.images.slice();
    for (let n = 0; n < count; n++)
      for (let c = 0; c < channels; c++)
        for (let row = top; row < bottom; row++) {
          const at = (sample: number) => ((sample * channels + c) * height + row) * width;
          const from = at(before(n, count));
          images.set(batch.images.subarray(from + left, from + right), at(n) + left);
        }
    return { images, lambda: 1 - ((right - left) * (bottom - top)) / (width * height) };
  });
}

/**
 * One of several batch transforms, each equally likely; drawn once a batch.
 *
 * Throws  ArgumentError "empty" for an empty list.
 * Source  torchvision.transforms.v2.RandomChoice.
 *
 * @example
 * const mix = randomChoice([mixUp({ numClasses: 10, alpha: 0.2 }), cutMix({ numClasses: 10 })]);
 * mix.name; // "randomChoice"
 */
export function randomChoice(transforms: readonly BatchTransform[]): BatchTransform {
  if (transforms.length === 0) throw new ArgumentError("randomChoice", "empty", "there must be a transform to choose.");
  return {
    name: "randomChoice",
    apply: (batch, random) => transforms[drawInteger(random, transforms.length)]!.apply(batch, random),
    toJSON: () => ({ name: "randomChoice", transforms: transforms.map((transform) => transform.toJSON()) }),
  };
}

type Mix = (batch: Batch, lambda: number, random: RandomSource) => { images: Float32Array; lambda: number };

function mixing(name: string, options: MixOptions, mix: Mix): BatchTransform {
  checkKnown(name, options, { numClasses: 0, alpha: 0 });
  const { numClasses, alpha = 1 } = options;
  whole(name, "num-classes", numClasses, 1);
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw new ArgumentError(name, "alpha", `alpha must be above 0, got ${alpha}.`);
  return {
    name,
    apply(batch, random) {
      const own = batch.targets ?? oneHot(name, batch.labels, numClasses);
      const { images, lambda } = mix(batch, drawBeta(random, alpha), random);
      const targets = new Float32Array(own.length);
      for (let n = 0; n < batch.count; n++)
        for (let c = 0, at = n * numClasses, from = before(n, batch.count) * numClasses; c < numClasses; c++)
          targets[at + c] = lambda * own[at + c]! + (1 - lambda) * own[from + c]!;
      return { ...batch, images, targets };
    },
    toJSON: () => ({ name, numClasses, alpha }),
  };
}

/** torchvision rolls the batch by one. */
function before(n: number, count: number): number {
  return n === 0 ? count - 1 : n - 1;
}

function oneHot(where: string, labels: ArrayLike<number>, classes: number): Float32Array {
  const out = new Float32Array(labels.length * classes);
  for (let n = 0; n < labels.length; n++) {
    const label = labels[n]!;
    if (!(label >= 0 && label < classes))
      throw new ArgumentError(
        where,
        "label",
        `label ${label} of sample ${n} is not one of ${classes} classes: check numClasses.`,
      );
    out[n * classes + label] = 1;
  }
  return out;
}

/** From Beta(a, a): G₁ / (G₁ + G₂) of two gamma numbers. */
function drawBeta(random: RandomSource, a: number): number {
  if (a === 1) return drawShare(random);
  const [first, second] = [drawGamma(random, a), drawGamma(random, a)];
  return first + second > 0 ? first / (first + second) : drawInteger(random, 2); // both too small for a double
}

/** Marsaglia & Tsang 2000; below 1 by a number of a + 1 times U^(1/a). */
function drawGamma(random: RandomSource, a: number): number {
  if (a < 1) return drawGamma(random, a + 1) * (drawShare(random) + 2 ** -25) ** (1 / a);
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(drawShare(random) + 2 ** -25) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
