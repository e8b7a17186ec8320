/** @file Random rotation, and random affine maps. */
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator } from "../base/rng/index.ts";
import type { Picture, Transform } from "../data/index.ts";
import { roundHalfEven } from "../data/transforms/options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawUniform } from "./draw.ts";
import { affine, type RotateOptions, rotate, type WarpOptions } from "./functional/affine.ts";
import { checkGrid } from "./functional/grid.ts";
import { aroundZero, range, sameSize } from "./options.ts";

/**
 * The picture turned by a random angle, all of them equally likely.
 *
 * degrees  [lowest, highest] counter-clockwise; d means [−d, d].
 * Options  interpolation "nearest", fill 0, center the middle; expand false: with it, sizes differ from picture to picture.
 * Throws   ArgumentError "degrees", "interpolation", "fill".
 * Source   torchvision.transforms.v2.RandomRotation.
 *
 * @example
 * randomRotation(15, { interpolation: "bilinear" }).outputShape([3, 32, 32]); // [3, 32, 32]
 */
export function randomRotation(degrees: number | readonly number[], options: RotateOptions = {}): Transform {
  checkKnown("randomRotation", options, { expand: 0, interpolation: 0, fill: 0, center: 0 });
  const name = "randomRotation";
  const angles = aroundZero(name, "degrees", degrees);
  const spelled = warpOptions(name, options);
  const expand = options.expand === true;
  return {
    ...sameSize({ name, degrees: angles, ...spelled, expand }, true, (picture) => picture),
    apply: (picture, random = defaultGenerator) =>
      rotate(picture, drawUniform(random, angles[0], angles[1]), { ...spelled, expand }),
    outputShape(shape) {
      if (!expand) return shape;
      throw new ArgumentError(
        name,
        "expand",
        "with expand every picture has another size: put a resize or centerCrop to [h, w] after it.",
      );
    },
  };
}

/** How far `randomAffine` may move, scale and shear. */
export interface RandomAffineOptions extends WarpOptions {
  /** Largest shift as a share of the width and of the height. Default none. */
  readonly translate?: readonly number[] | undefined;
  /** Lowest and highest factor. Default 1. */
  readonly scale?: readonly number[] | undefined;
  /** Degrees: s for [−s, s] along x; [low, high] along x; [xLow, xHigh, yLow, yHigh]. Default none. */
  readonly shear?: number | readonly number[] | undefined;
}

/**
 * The picture turned (clockwise), moved, scaled and sheared at random, its middle fixed.
 *
 * degrees  [lowest, highest]; d means [−d, d].
 * Options  translate, scale, shear; interpolation "nearest", fill 0, center the middle.
 * Draws    the angle, then x, y, the factor and the shears that are on; as torchvision.
 * Throws   ArgumentError "degrees", "translate", "scale", "shear", "interpolation", "fill".
 * Source   torchvision.transforms.v2.RandomAffine.
 *
 * @example
 * const warp = randomAffine(10, { translate: [0.1, 0.1], scale: [0.9, 1.1] });
 * warp.toJSON().degrees; // [-10, 10]
 */
export function randomAffine(degrees: number | readonly number[], options: RandomAffineOptions = {}): Transform {
  checkKnown("randomAffine", options, { translate: 0, scale: 0, shear: 0, interpolation: 0, fill: 0, center: 0 });
  const name = "randomAffine";
  const { translate, scale, shear } = options;
  const angles = aroundZero(name, "degrees", degrees);
  if (
    translate !== undefined &&
    !(Array.isArray(translate) && translate.length === 2 && translate.every((t) => t >= 0 && t <= 1))
  )
    throw new ArgumentError(
      name,
      "translate",
      `translate must be two shares from 0 to 1, got ${JSON.stringify(translate)}.`,
    );
  const factors = scale === undefined ? undefined : range(name, "scale", scale, 0);
  if (factors?.[0] === 0) throw new ArgumentError(name, "scale", "a scale must be above 0.");
  const shears = shear === undefined ? undefined : shearRange(shear);
  const spelled = warpOptions(name, options);
  const json = { name, degrees: angles, translate, scale: factors, shear: shears, ...spelled };
  return sameSize(json, true, (picture: Picture, random) => {
    const uniform = ([low, high]: readonly number[]) => drawUniform(random, low!, high!);
    const angle = uniform(angles);
    const shift = (share: number, edge: number) => roundHalfEven(uniform([-share * edge, share * edge]));
    const x = translate ? shift(translate[0]!, picture.width) : 0;
    const y = translate ? shift(translate[1]!, picture.height) : 0;
    const factor = factors ? uniform(factors) : 1;
    const shearX = shears ? uniform(shears) : 0;
    const shearY = shears?.length === 4 ? uniform(shears.slice(2)) : 0;
    return affine(picture, angle, [x, y], factor, [shearX, shearY], spelled);
  });
}

function shearRange(shear: number | readonly number[]): readonly number[] {
  const list = typeof shear === "number" ? [-shear, shear] : shear;
  const pairs = Array.isArray(list) && list.length === 4 ? [list.slice(0, 2), list.slice(2)] : [list];
  return pairs.flatMap((pair) => range("randomAffine", "shear", pair));
}

/** Options that rotation and affine maps share, all spelled out. */
function warpOptions(
  where: string,
  options: WarpOptions,
): { interpolation: "nearest" | "bilinear"; fill: number | readonly number[]; center?: readonly number[] } {
  const { interpolation = "nearest", fill = 0, center } = options;
  checkGrid(where, interpolation, fill, null);
  return { interpolation, fill, ...(center === undefined ? {} : { center }) };
}
