/** @file AugMix: a picture mixed with several chains of changes of itself. */
import { checkKnown } from "../base/known-options.ts";
import type { Picture, RandomSource, Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { applyOperation, type Magnitudes, magnitudes, type OperationName, type Space } from "./augment-op.ts";
import { type AugmentOptions, checkBytes, warpOptions } from "./auto-augment.ts";
import { drawInteger, drawNormal, drawShare } from "./draw.ts";
import type { WarpOptions } from "./functional/affine.ts";
import { sameSize, whole } from "./options.ts";

/** How strongly `augMix` changes a picture, and in how many chains. */
export interface AugMixOptions extends AugmentOptions {
  /** Strength of the changes, 1 to 10. Default 3. */
  readonly severity?: number;
  /** Number of chains. Default 3. */
  readonly mixtureWidth?: number;
  /** Changes a chain; −1: one to three at random. Default −1. */
  readonly chainDepth?: number;
  /** Parameter of the Dirichlet distributions that the weights come from, above 0. Default 1. */
  readonly alpha?: number;
  /** Brightness, colour, contrast and sharpness, too. Default true. */
  readonly allOps?: boolean;
}

const space: Space = {
  shear: 0.3,
  translate: (size) => size / 3,
  rotate: 30,
  color: 0.9,
  posterize: 4,
  posterizeFrom: 4,
};
const shapesAndTones: readonly OperationName[] = [
  "ShearX",
  "ShearY",
  "TranslateX",
  "TranslateY",
  "Rotate",
  "Posterize",
  "Solarize",
  "AutoContrast",
  "Equalize",
];
const colours: readonly OperationName[] = ["Brightness", "Color", "Contrast", "Sharpness"];
const bins = 10;

/**
 * The picture mixed with `mixtureWidth` chains of one to three changes each, by random weights: robust against blur,
 * noise and weather. y = w₀ · x + Σ wᵢ · chainᵢ(x), Σ w = 1; for bytes of 1 or 3 channels.
 *
 * Draws   the weights, then for each chain its length and for each change which one, its magnitude and its sign. As
 *         torchvision, but for the weights, whose gamma numbers are made in another way.
 * Throws  ArgumentError "severity", "mixture-width", "chain-depth", "alpha", "interpolation", "fill"; "dtype" for
 *         floats.
 * Source  Hendrycks et al. 2019 (https://arxiv.org/abs/1912.02781); torchvision.transforms.v2.AugMix.
 *
 * @example
 * compose([randomHorizontalFlip(), augMix({ severity: 5 }), toTensor()]).outputShape([3, 32, 32]); // [3, 32, 32]
 */
export function augMix(options: AugMixOptions = {}): Transform {
  checkKnown("augMix", options, {
    severity: 0,
    mixtureWidth: 0,
    chainDepth: 0,
    alpha: 0,
    allOps: 0,
    interpolation: 0,
    fill: 0,
  });
  const name = "augMix";
  const { severity = 3, mixtureWidth = 3, chainDepth = -1, alpha = 1, allOps = true } = options;
  whole(name, "severity", severity, 1, bins);
  whole(name, "mixture-width", mixtureWidth, 1);
  if (chainDepth !== -1) whole(name, "chain-depth", chainDepth, 1);
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw new ArgumentError(name, "alpha", `alpha must be above 0, got ${JSON.stringify(alpha)}.`);
  const warp = warpOptions(name, { interpolation: "bilinear", ...options });
  const json = { name, severity, mixtureWidth, chainDepth, alpha, allOps, ...warp };
  return sameSize(json, true, (picture, random) => {
    checkBytes(name, picture);
    const [own, rest] = dirichlet(random, alpha, 2) as [number, number];
    const weights = dirichlet(random, alpha, mixtureWidth).map((w) => Math.fround(w * rest));
    return mixChains(picture, own, weights, { severity, chainDepth, allOps, warp }, random);
  });
}

interface Chains {
  readonly severity: number;
  readonly chainDepth: number;
  readonly allOps: boolean;
  readonly warp: WarpOptions;
}

/** own·picture + Σ weights·chains, in float32, rounded down to bytes. @internal */
export function mixChains(
  picture: Picture,
  own: number,
  weights: readonly number[],
  { severity, chainDepth, allOps, warp }: Chains,
  random: RandomSource,
): Picture {
  const { fround } = Math;
  const all = magnitudes(space, bins, picture);
  const names = allOps ? [...shapesAndTones, ...colours] : shapesAndTones;
  const mix = Float32Array.from(picture.data, (value) => fround(own) * value);
  for (const weight of weights) {
    let changed = picture;
    const depth = chainDepth > 0 ? chainDepth : 1 + drawInteger(random, 3);
    for (let i = 0; i < depth; i++) {
      const change: Magnitudes = all[names[drawInteger(random, names.length)]!];
      let magnitude = change.at ? change.at(drawInteger(random, severity)) : 0;
      if (change.at && change.signed && drawShare(random) <= 0.5) magnitude = -magnitude;
      changed = applyOperation(change.name, changed, magnitude, warp);
    }
    for (const [k, value] of changed.data.entries()) mix[k]! += fround(fround(weight) * value);
  }
  return { ...picture, data: Uint8Array.from(mix) };
}

/** Shares that add up to 1: gamma numbers divided by their sum. */
function dirichlet(random: RandomSource, alpha: number, count: number): number[] {
  const drawn = Array.from({ length: count }, () => gamma(random, alpha));
  const total = drawn.reduce((a, b) => a + b, 0);
  return drawn.map((value) => Math.fround(value / total));
}

/** Marsaglia & Tsang 2000; below 1 by the next larger one. */
function gamma(random: RandomSource, alpha: number): number {
  if (alpha < 1) return gamma(random, alpha + 1) * (1 - drawShare(random)) ** (1 / alpha);
  const d = alpha - 1 / 3;
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - drawShare(random)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
