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

/** The negative with probability p (default 0.5). Source: torchvision.transforms.v2.RandomInvert. */
export function randomInvert(p = 0.5): Transform {
  return sometimes("randomInvert", {}, p, invert);
}

/** The upper `bits` of each byte (0 to 8) with probability p (default 0.5). Source: torchvision.transforms.v2.RandomPosterize. */
export function randomPosterize(bits: number, p = 0.5): Transform {
  whole("randomPosterize", "bits", bits, 0, 8);
  return sometimes("randomPosterize", { bits }, p, (picture) => posterize(picture, bits));
}

/**
 * What is at least `threshold` (0 to 255, of floats 0 to 1) inverted, with probability p (default 0.5). Source:
 * torchvision.transforms.v2.RandomSolarize.
 */
export function randomSolarize(threshold: number, p = 0.5): Transform {
  finite("randomSolarize", "threshold", threshold, 0);
  return sometimes("randomSolarize", { threshold }, p, (picture) => solarize(picture, threshold));
}

/** Each channel stretched to its whole range, with probability p (default 0.5). Source: torchvision.transforms.v2.RandomAutocontrast. */
export function randomAutocontrast(p = 0.5): Transform {
  return sometimes("randomAutocontrast", {}, p, autocontrast);
}

/** All bytes about equally frequent, with probability p (default 0.5). Source: torchvision.transforms.v2.RandomEqualize. */
export function randomEqualize(p = 0.5): Transform {
  return sometimes("randomEqualize", {}, p, equalize);
}

/**
 * Blurred (factor 0), the same (1) or sharper, with probability p (default 0.5). Source:
 * torchvision.transforms.v2.RandomAdjustSharpness.
 *
 * @example
 * randomAdjustSharpness(2, 0.3).toJSON(); // { name: "randomAdjustSharpness", sharpnessFactor: 2, p: 0.3 }
 */
export function randomAdjustSharpness(sharpnessFactor: number, p = 0.5): Transform {
  const name = "randomAdjustSharpness";
  finite(name, "sharpness-factor", sharpnessFactor, 0);
  return sometimes(name, { sharpnessFactor }, p, (picture) => adjustSharpness(picture, sharpnessFactor));
}
