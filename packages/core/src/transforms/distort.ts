/** @file Random perspective, and random elastic distortion. */
import { checkKnown } from "../base/known-options.ts";
import type { Picture, RandomSource, Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawChance, drawInteger, drawShare } from "./draw.ts";
import { gaussianBlur } from "./functional/blur.ts";
import { elastic } from "./functional/elastic.ts";
import { checkGrid, type GridInterpolation } from "./functional/grid.ts";
import { perspective } from "./functional/perspective.ts";
import { probability, sameSize } from "./options.ts";

/** How pictures are read between their pixels and outside. */
export interface DistortOptions {
  /** Default "bilinear". */
  readonly interpolation?: GridInterpolation;
  /** What stands outside the picture: one value, or one a channel, in the picture's unit. Default 0. */
  readonly fill?: number | readonly number[] | undefined;
}

/** How far, and how often, `randomPerspective` turns pictures aside. */
export interface PerspectiveOptions extends DistortOptions {
  /** How far the corners may go, as a share of half the picture. Default 0.5. */
  readonly distortionScale?: number;
  /** How often. Default 0.5. */
  readonly p?: number;
}

function spelled(where: string, { interpolation = "bilinear", fill = 0 }: DistortOptions) {
  checkGrid(where, interpolation, fill, null);
  return { interpolation, fill };
}

/**
 * The picture as seen from the side with probability p: each corner goes inwards by a random part of distortionScale times
 * half the picture.
 *
 * Options  distortionScale 0.5, p 0.5, interpolation "bilinear", fill 0.
 * Draws    whether, then x and y of the upper left, upper right, lower right and lower left corner; as torchvision.
 * Throws   ArgumentError "distortionScale" outside [0, 1], "probability", "interpolation", "fill".
 * Source   torchvision.transforms.v2.RandomPerspective.
 *
 * @example
 * randomPerspective({ distortionScale: 0.3 }).outputShape([3, 32, 32]); // [3, 32, 32]
 */
export function randomPerspective(options: PerspectiveOptions = {}): Transform {
  checkKnown("randomPerspective", options, { distortionScale: 0, p: 0, interpolation: 0, fill: 0 });
  const name = "randomPerspective";
  const { distortionScale = 0.5, p = 0.5 } = options;
  if (!(typeof distortionScale === "number" && distortionScale >= 0 && distortionScale <= 1))
    throw new ArgumentError(
      name,
      "distortionScale",
      `distortionScale must lie between 0 and 1, got ${JSON.stringify(distortionScale)}.`,
    );
  const read = spelled(name, options);
  return sameSize({ name, distortionScale, p: probability(name, p), ...read }, true, (picture, random) => {
    if (!drawChance(random, p)) return picture;
    const { height, width } = picture;
    const reach = (size: number) => Math.floor(distortionScale * Math.floor(size / 2));
    const near = (size: number) => drawInteger(random, reach(size) + 1);
    const far = (size: number) => size - reach(size) - 1 + drawInteger(random, reach(size) + 1);
    const corner = (x: (size: number) => number, y: (size: number) => number): [number, number] => {
      const column = x(width);
      return [column, y(height)];
    };
    const [right, bottom] = [width - 1, height - 1];
    const start: [number, number][] = [
      [0, 0],
      [right, 0],
      [right, bottom],
      [0, bottom],
    ];
    return perspective(
      picture,
      start,
      [corner(near, near), corner(far, near), corner(far, far), corner(near, far)],
      read,
    );
  });
}

/** How far and how smoothly `elasticTransform` moves pixels. */
export interface ElasticOptions extends DistortOptions {
  /** Strength, of x and y or one for both. Default 50. */
  readonly alpha?: number | readonly number[];
  /** Smoothness in pixels, of x and y or one for both; 0: every pixel by itself. Default 5. */
  readonly sigma?: number | readonly number[];
}

/**
 * Waves in the picture, as if it were drawn on rubber: random moves for every pixel, blurred by `sigma`, times `alpha`. For
 * handwriting above all.
 *
 * Options  alpha 50, sigma 5, interpolation "bilinear", fill 0. The blur's kernel has 8·sigma + 1 pixels (made odd), and the
 *          picture must be larger than half of it.
 * Draws    height·width numbers for x, then as many for y; as torchvision.
 * Throws   ArgumentError "alpha", "sigma", "interpolation", "fill"; from apply() "size" for a picture too small for sigma.
 * Source   Simard, Steinkraus & Platt 2003; torchvision.transforms.v2.ElasticTransform.
 *
 * @example
 * elasticTransform({ alpha: 30, sigma: 3 }).outputShape([1, 28, 28]); // [1, 28, 28]
 */
export function elasticTransform(options: ElasticOptions = {}): Transform {
  checkKnown("elasticTransform", options, { alpha: 0, sigma: 0, interpolation: 0, fill: 0 });
  const name = "elasticTransform";
  const alpha = pair(name, "alpha", options.alpha ?? 50);
  const sigma = pair(name, "sigma", options.sigma ?? 5);
  const read = spelled(name, options);
  return sameSize({ name, alpha, sigma, ...read }, true, (picture, random) => {
    const { height, width } = picture;
    // As torchvision: x by the height, y by the width.
    const x = moves(picture, random, alpha[0] / height, sigma[0], sigma);
    const y = moves(picture, random, alpha[1] / width, sigma[1], sigma);
    return elastic(picture, { x, y }, read);
  });
}

function pair(where: string, what: string, value: number | readonly number[]): readonly [number, number] {
  const [x, y] = typeof value === "number" ? [value, value] : Array.isArray(value) && value.length === 2 ? value : [];
  if (!(Number.isFinite(x) && x >= 0 && Number.isFinite(y) && y >= 0))
    throw new ArgumentError(where, what, `${what} must be one or two numbers from 0, got ${JSON.stringify(value)}.`);
  return [x, y];
}

/** height·width random numbers of −1 … 1, blurred, times `scale`. */
function moves(
  { height, width }: Picture,
  random: RandomSource,
  scale: number,
  smooth: number,
  sigma: readonly [number, number],
): Float32Array {
  const data = Float32Array.from({ length: height * width }, () => drawShare(random) * 2 - 1);
  let field: Picture = { data, channels: 1, height, width };
  if (smooth > 0) {
    const size = Math.trunc(8 * smooth + 1);
    field = gaussianBlur(field, size % 2 === 0 ? size + 1 : size, sigma);
  }
  return (field.data as Float32Array).map((value) => value * scale);
}
