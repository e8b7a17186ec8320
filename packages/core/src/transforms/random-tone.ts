/** @file What looks at single values, done or not done by chance: six transforms of one form. */
import type { Picture, Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawChance } from "./draw.ts";
import { adjustSharpness } from "./functional/blur.ts";
import { autocontrast, equalize, invert, posterize, solarize } from "./functional/tone.ts";
import { probability, sameSize, whole } from "./options.ts";

/** `run` with probability p; one draw a picture. */
function sometimes(name: string, json: object, p: number, run: (picture: Picture) => Picture): Transform {
  probability(name, p);
  return sameSize({ name, ...json, p }, true, (picture, random) => (drawChance(random, p) ? run(picture) : picture));
}

function finite(where: string, what: string, value: number, least: number): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= least) return value;
  throw new ArgumentError(where, what, `${what} must be a number from ${least}, got ${JSON.stringify(value)}.`);
}

/**
 * The negative, 255 − x of bytes and 1 − x of floats, with probability p (default 0.5); one draw a picture.
 *
 * Throws  ArgumentError "probability" outside 0..1.
 * Source  torchvision.transforms.v2.RandomInvert.
 *
 * @example
 * randomInvert(1).apply({ data: Uint8Array.of(0, 100, 255), channels: 1, height: 1, width: 3 }).data; // [255, 155, 0]
 */
export function randomInvert(p = 0.5): Transform {
  return sometimes("randomInvert", {}, p, invert);
}

/**
 * The upper `bits` of each byte (0 to 8) with probability p (default 0.5); one draw a picture. Floats are brought down
 * to 2^bits levels.
 *
 * Throws  ArgumentError "bits", "probability".
 * Source  torchvision.transforms.v2.RandomPosterize.
 *
 * @example
 * const greys = { data: Uint8Array.of(0, 100, 255), channels: 1, height: 1, width: 3 };
 * randomPosterize(2, 1).apply(greys).data; // [0, 64, 192]
 */
export function randomPosterize(bits: number, p = 0.5): Transform {
  whole("randomPosterize", "bits", bits, 0, 8);
  return sometimes("randomPosterize", { bits }, p, (picture) => posterize(picture, bits));
}

/**
 * What is at least `threshold` (0 to 255, of floats 0 to 1) inverted, with probability p (default 0.5); one draw a
 * picture.
 *
 * Throws  ArgumentError "threshold", "probability".
 * Source  torchvision.transforms.v2.RandomSolarize.
 *
 * @example
 * const greys = { data: Uint8Array.of(0, 100, 255), channels: 1, height: 1, width: 3 };
 * randomSolarize(128, 1).apply(greys).data; // [0, 100, 0]
 */
export function randomSolarize(threshold: number, p = 0.5): Transform {
  finite("randomSolarize", "threshold", threshold, 0);
  return sometimes("randomSolarize", { threshold }, p, (picture) => solarize(picture, threshold));
}

/**
 * Each channel stretched to its whole range, with probability p (default 0.5); one draw a picture.
 *
 * Throws  ArgumentError "probability" outside 0..1.
 * Source  torchvision.transforms.v2.RandomAutocontrast.
 *
 * @example
 * const grey = { data: Uint8Array.of(50, 70, 100), channels: 1, height: 1, width: 3 };
 * randomAutocontrast(1).apply(grey).data; // [0, 102, 255]
 */
export function randomAutocontrast(p = 0.5): Transform {
  return sometimes("randomAutocontrast", {}, p, autocontrast);
}

/**
 * All bytes about equally frequent, with probability p (default 0.5); one draw a picture.
 *
 * Throws  ArgumentError "probability" outside 0..1; "dtype" for floats: it comes before toTensor.
 * Source  torchvision.transforms.v2.RandomEqualize.
 *
 * @example
 * const half = Uint8Array.from({ length: 512 }, (_, i) => (i < 256 ? 100 : 110)); // two greys, much alike
 * randomEqualize(1).apply({ data: half, channels: 1, height: 2, width: 256 }).data.slice(255, 257); // [0, 255]
 */
export function randomEqualize(p = 0.5): Transform {
  return sometimes("randomEqualize", {}, p, equalize);
}

/**
 * Blurred (factor 0), the same (1) or sharper, with probability p (default 0.5); one draw a picture.
 *
 * Throws  ArgumentError "sharpness-factor" below 0, "probability"; "channels" for pictures neither grey nor colour.
 * Source  torchvision.transforms.v2.RandomAdjustSharpness.
 *
 * @example
 * const dot = { data: Uint8Array.of(0, 0, 0, 0, 130, 0, 0, 0, 0), channels: 1, height: 3, width: 3 };
 * randomAdjustSharpness(0, 1).apply(dot).data[4]; // 50
 */
export function randomAdjustSharpness(sharpnessFactor: number, p = 0.5): Transform {
  const name = "randomAdjustSharpness";
  finite(name, "sharpness-factor", sharpnessFactor, 0);
  return sometimes(name, { sharpnessFactor }, p, (picture) => adjustSharpness(picture, sharpnessFactor));
}
