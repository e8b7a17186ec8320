/** @file Random colours, grey, and blur. */
import { checkKnown } from "../base/known-options.ts";
import type { Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawChance, drawOrder, drawUniform } from "./draw.ts";
import { gaussianBlur as blur, kernelSizes } from "./functional/blur.ts";
import { adjustBrightness, adjustContrast, adjustSaturation, rgbToGrayscale } from "./functional/color.ts";
import { adjustHue } from "./functional/hue.ts";
import { probability, range, sameSize } from "./options.ts";

/** How far `colorJitter` may go with each kind of change. */
export interface ColorJitterOptions {
  /** v for factors max(0, 1 − v) … 1 + v, or [low, high]. Default 0: left alone. */
  readonly brightness?: number | readonly number[];
  /** As brightness. Default 0. */
  readonly contrast?: number | readonly number[];
  /** As brightness. Default 0. */
  readonly saturation?: number | readonly number[];
  /** v for shifts −v … v of a whole turn, at most 0.5, or [low, high]. Default 0. */
  readonly hue?: number | readonly number[];
}

/**
 * Brightness, contrast, saturation and hue, each by a random factor, in random order. What is 0 is left alone.
 *
 * Draws   the order (three numbers), then one a kind that is on.
 * Throws  ArgumentError "brightness", "contrast", "saturation", "hue"; "channels" for pictures neither grey nor colour.
 * Source  torchvision.transforms.v2.ColorJitter.
 *
 * @example
 * const jitter = colorJitter({ brightness: [1.5, 1.5] });
 * jitter.apply({ data: Uint8Array.of(10, 200), channels: 1, height: 1, width: 2 }).data; // [15, 255]
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  checkKnown("colorJitter", options, { brightness: 0, contrast: 0, saturation: 0, hue: 0 });
  const name = "colorJitter";
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  const kinds = [
    { adjust: adjustBrightness, factors: factorRange(name, "brightness", brightness) },
    { adjust: adjustContrast, factors: factorRange(name, "contrast", contrast) },
    { adjust: adjustSaturation, factors: factorRange(name, "saturation", saturation) },
    { adjust: adjustHue, factors: hueRange(name, hue) },
  ] as const;
  return sameSize({ name, brightness, contrast, saturation, hue }, true, (picture, random) => {
    const order = drawOrder(random, 4);
    const drawn = kinds.map(({ factors }) => (factors ? drawUniform(random, factors[0], factors[1]) : undefined));
    return order.reduce((p, kind) => {
      const factor = drawn[kind];
      return factor === undefined ? p : kinds[kind]!.adjust(p, factor);
    }, picture);
  });
}

/** Undefined for what changes nothing. */
function factorRange(where: string, what: string, value: unknown): readonly [number, number] | undefined {
  const [low, high] =
    typeof value === "number" && value >= 0 ? [Math.max(0, 1 - value), 1 + value] : range(where, what, value, 0);
  return low === 1 && high === 1 ? undefined : [low, high];
}

function hueRange(where: string, value: unknown): readonly [number, number] | undefined {
  const given = typeof value === "number" && value >= 0 ? [-value, value] : value;
  const [low, high] = range(where, "hue", given, -0.5, 0.5);
  return low === 0 && high === 0 ? undefined : [low, high];
}

/**
 * The picture in grey, of 1 channel (default) or 3: 0.2989 R + 0.587 G + 0.114 B, bytes without the fraction.
 *
 * Throws  ArgumentError "channels" unless picture and result have 1 or 3.
 * Source  torchvision.transforms.v2.Grayscale.
 *
 * @example
 * grayscale().apply({ data: Uint8Array.of(255, 0, 0), channels: 3, height: 1, width: 1 }).data; // [76]
 */
export function grayscale(numOutputChannels: 1 | 3 = 1): Transform {
  if (numOutputChannels !== 1 && numOutputChannels !== 3)
    throw new ArgumentError("grayscale", "channels", `numOutputChannels must be 1 or 3, got ${numOutputChannels}.`);
  return {
    ...sameSize({ name: "grayscale", numOutputChannels }, false, (p) => rgbToGrayscale(p, numOutputChannels)),
    outputShape: ([, height, width]) => [numOutputChannels, height, width],
  };
}

/**
 * Grey with probability p (default 0.1), the number of channels kept; one draw a picture.
 *
 * Throws  ArgumentError "probability" outside 0..1; "channels" for pictures neither grey nor colour.
 * Source  torchvision.transforms.v2.RandomGrayscale.
 *
 * @example
 * randomGrayscale(1).apply({ data: Uint8Array.of(255, 0, 0), channels: 3, height: 1, width: 1 }).data; // [76, 76, 76]
 */
export function randomGrayscale(p = 0.1): Transform {
  probability("randomGrayscale", p);
  return sameSize({ name: "randomGrayscale", p }, true, (picture, random) =>
    drawChance(random, p) ? rgbToGrayscale(picture, picture.channels as 1 | 3) : picture,
  );
}

/**
 * Gaussian blur with a random sigma: the mean of the neighbours, weighted by exp(−x² / 2σ²); one draw a picture.
 *
 * kernelSize  in pixels, odd: one number or [x, y].
 * sigma       in pixels: [lowest, highest], or one number; default [0.1, 2].
 * Throws      ArgumentError "kernel-size", "sigma"; "size" for a picture not larger than half the kernel.
 * Source      torchvision.transforms.v2.GaussianBlur.
 *
 * @example
 * const picture = { data: Float32Array.of(0, 0, 1, 0, 0), channels: 1, height: 1, width: 5 };
 * gaussianBlur([3, 1], 1).apply(picture).data; // [0, 0.274, 0.452, 0.274, 0]
 */
export function gaussianBlur(
  kernelSize: number | readonly number[],
  sigma: number | readonly number[] = [0.1, 2],
): Transform {
  const name = "gaussianBlur";
  const sizes = kernelSizes(name, kernelSize);
  const sigmas = range(name, "sigma", typeof sigma === "number" ? [sigma, sigma] : sigma, Number.MIN_VALUE);
  return sameSize({ name, kernelSize: sizes, sigma: sigmas }, true, (picture, random) =>
    blur(picture, sizes, drawUniform(random, sigmas[0], sigmas[1])),
  );
}
