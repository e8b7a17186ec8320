/** @file Channels in another order, the colour changes of SSD, and noise. */
import { checkKnown } from "../base/known-options.ts";
import type { Picture, RandomSource, Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawChance, drawNormal, drawOrder, drawShare, drawUniform } from "./draw.ts";
import { adjustBrightness, adjustContrast, adjustSaturation } from "./functional/color.ts";
import { adjustHue } from "./functional/hue.ts";
import { probability, range, sameSize } from "./options.ts";

function reordered(picture: Picture, order: readonly number[]): Picture {
  const plane = picture.height * picture.width;
  const data = picture.data.slice();
  for (const [to, from] of order.entries())
    data.set(picture.data.subarray(from * plane, (from + 1) * plane), to * plane);
  return { ...picture, data };
}

/**
 * The channels in random order, a new one for each picture.
 *
 * Draws   torch.randperm of the channels: one number less than there are.
 * Source  torchvision.transforms.v2.RandomChannelPermutation.
 *
 * @example
 * manualSeed(0);
 * const picture = { data: Uint8Array.of(10, 20, 30), channels: 3, height: 1, width: 1 };
 * randomChannelPermutation().apply(picture).data; // [30, 10, 20]
 */
export function randomChannelPermutation(): Transform {
  return sameSize({ name: "randomChannelPermutation" }, true, (picture, random) =>
    reordered(picture, drawOrder(random, picture.channels)),
  );
}

/** How far `randomPhotometricDistort` may go, and how often. */
export interface PhotometricDistortOptions {
  /** Factors, lowest and highest. Default [0.875, 1.125]. */
  readonly brightness?: readonly number[];
  /** Factors. Default [0.5, 1.5]. */
  readonly contrast?: readonly number[];
  /** Factors. Default [0.5, 1.5]. */
  readonly saturation?: readonly number[];
  /** Shifts of a whole turn, −0.5 to 0.5. Default [−0.05, 0.05]. */
  readonly hue?: readonly number[];
  /** Probability of each change by itself. Default 0.5. */
  readonly p?: number;
}

/**
 * Brightness, contrast, saturation, hue and the order of the channels, each changed with probability p; contrast before
 * or after saturation and hue.
 *
 * Draws   for each change whether, and how far; as torchvision.
 * Throws  ArgumentError "brightness", "contrast", "saturation", "hue", "probability"; "channels" for pictures neither
 *         grey nor colour.
 * Source  Liu et al. 2016 (https://arxiv.org/abs/1512.02325); torchvision.transforms.v2.RandomPhotometricDistort.
 *
 * @example
 * const distort = randomPhotometricDistort({ hue: [-0.02, 0.02] });
 * distort.toJSON().saturation; // [0.5, 1.5]
 * compose([distort, toTensor()]).outputShape([3, 32, 32]); // [3, 32, 32]
 */
export function randomPhotometricDistort(options: PhotometricDistortOptions = {}): Transform {
  checkKnown("randomPhotometricDistort", options, { brightness: 0, contrast: 0, saturation: 0, hue: 0, p: 0 });
  const name = "randomPhotometricDistort";
  const { p = 0.5 } = options;
  probability(name, p);
  const brightness = range(name, "brightness", options.brightness ?? [0.875, 1.125], 0);
  const contrast = range(name, "contrast", options.contrast ?? [0.5, 1.5], 0);
  const saturation = range(name, "saturation", options.saturation ?? [0.5, 1.5], 0);
  const hue = range(name, "hue", options.hue ?? [-0.05, 0.05], -0.5, 0.5);
  const maybe = (random: RandomSource, [low, high]: readonly [number, number]) =>
    drawChance(random, p) ? drawUniform(random, low, high) : null;
  return sameSize({ name, brightness, contrast, saturation, hue, p }, true, (picture, random) => {
    const drawn = [brightness, contrast, saturation, hue].map((span) => maybe(random, span));
    const [light, spread, colour, turn] = drawn as [number | null, number | null, number | null, number | null];
    const early = drawShare(random) < 0.5;
    const order = drawChance(random, p) ? drawOrder(random, picture.channels) : null;
    const steps: [(p: Picture, factor: number) => Picture, number | null][] = [
      [adjustBrightness, light],
      [adjustContrast, early ? spread : null],
      [adjustSaturation, colour],
      [adjustHue, turn],
      [adjustContrast, early ? null : spread],
    ];
    const out = steps.reduce((so, [adjust, factor]) => (factor === null ? so : adjust(so, factor)), picture);
    return order ? reordered(out, order) : out;
  });
}

/** What noise `gaussianNoise` adds, in the picture's unit. */
export interface GaussianNoiseOptions {
  /** Mean of the noise. Default 0. */
  readonly mean?: number;
  /** Its standard deviation. Default 0.1. */
  readonly sigma?: number;
  /** Keep values from 0 to 1. Default true. */
  readonly clip?: boolean;
}

/**
 * Normal noise added to floats: y = x + mean + sigma · ε, kept within 0..1 unless told otherwise. After toTensor().
 *
 * Draws   two numbers an element, by Box and Muller; torch makes its normal numbers in another way.
 * Throws  ArgumentError "sigma"; "dtype" for bytes.
 * Source  torchvision.transforms.v2.GaussianNoise.
 *
 * @example
 * const lighter = gaussianNoise({ mean: 0.5, sigma: 0 }); // as clip shows
 * lighter.apply({ data: Float32Array.of(0.25, 0.75), channels: 1, height: 1, width: 2 }).data; // [0.75, 1]
 */
export function gaussianNoise(options: GaussianNoiseOptions = {}): Transform {
  checkKnown("gaussianNoise", options, { mean: 0, sigma: 0, clip: 0 });
  const name = "gaussianNoise";
  const { mean = 0, sigma = 0.1, clip = true } = options;
  if (!(Number.isFinite(mean) && Number.isFinite(sigma) && sigma >= 0))
    throw new ArgumentError(name, "sigma", `mean must be a number and sigma one from 0, got ${mean} and ${sigma}.`);
  return sameSize({ name, mean, sigma, clip }, true, (picture, random) => {
    if (picture.data instanceof Uint8Array)
      throw new ArgumentError(
        name,
        "dtype",
        "the picture holds bytes, gaussianNoise wants floats: put it after toTensor().",
      );
    const data = picture.data.map((value) => {
      const noisy = value + mean + drawNormal(random) * sigma;
      return clip ? Math.min(1, Math.max(0, noisy)) : noisy;
    });
    return { ...picture, data };
  });
}
