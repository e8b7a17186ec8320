/** @file A random part of the picture, at one size: how most ImageNet networks are trained. */
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator } from "../base/rng/index.ts";
import type { Picture, RandomSource, ResizeOptions, Transform } from "../data/index.ts";
import { roundHalfEven, sizePair } from "../data/transforms/options.ts";
import { resizer } from "../data/transforms/resize.ts";
import type { Window } from "../data/transforms/resize-passes.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawInteger, drawUniform } from "./draw.ts";
import { range } from "./options.ts";

/** Which parts of a picture `randomResizedCrop` takes, and how it resizes them. */
export interface RandomResizedCropOptions extends ResizeOptions {
  /** Share of the picture's area that is kept, lowest and highest. Default [0.08, 1]. */
  readonly scale?: readonly number[];
  /** Width divided by height, lowest and highest. Default [3/4, 4/3]. */
  readonly ratio?: readonly number[];
}

/**
 * A crop of random area and shape, resized to `size`.
 *
 * Shape   (C, H, W) → (C, size, size), or (C, h, w) for size [h, w].
 * Draws   as torchvision: up to ten times an area and (the logarithm of) a ratio, then the place; after ten that do not
 *         fit, the largest middle part of an allowed ratio.
 * Throws  ArgumentError "size", "scale", "ratio", "interpolation", "numerics", "antialias".
 * Source  Szegedy et al. 2014; torchvision.transforms.v2.RandomResizedCrop.
 *
 * @example
 * randomResizedCrop(224, { scale: [0.35, 1] }).outputShape([3, 375, 500]); // [3, 224, 224]
 */
export function randomResizedCrop(size: number | readonly number[], options: RandomResizedCropOptions = {}): Transform {
  checkKnown("randomResizedCrop", options, { scale: 0, ratio: 0, interpolation: 0, antialias: 0, numerics: 0 });
  const name = "randomResizedCrop";
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], ...resizing } = options;
  const wanted = sizePair(name, size);
  const [areas, ratios] = [range(name, "scale", scale, 0), range(name, "ratio", ratio, 0)];
  if (ratios[0] === 0) throw new ArgumentError(name, "ratio", "a ratio must be above 0.");
  const { resize, options: spelled } = resizer(name, resizing);
  return {
    name,
    random: true,
    apply: (picture, random = defaultGenerator) => resize(picture, wanted, drawWindow(picture, areas, ratios, random)),
    outputShape: ([channels]) => [channels, ...wanted],
    toJSON: () => ({ name, size: wanted, scale: areas, ratio: ratios, ...spelled }),
  };
}

function drawWindow(
  { height, width }: Picture,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: RandomSource,
): Window {
  const [low, high] = ratio.map((value) => Math.fround(Math.log(Math.fround(value)))) as [number, number];
  for (let i = 0; i < 10; i++) {
    const area = height * width * drawUniform(random, scale[0], scale[1]);
    const shape = Math.fround(Math.exp(drawUniform(random, low, high)));
    const w = roundHalfEven(Math.sqrt(area * shape));
    const h = roundHalfEven(Math.sqrt(area / shape));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const top = drawInteger(random, height - h + 1);
    return { top, left: drawInteger(random, width - w + 1), height: h, width: w };
  }
  const own = width / height;
  const w = own > ratio[1] ? Math.max(1, roundHalfEven(height * ratio[1])) : width;
  const h = own < ratio[0] ? Math.max(1, roundHalfEven(width / ratio[0])) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}
