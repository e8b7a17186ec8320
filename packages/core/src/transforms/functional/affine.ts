/** @file Rotation, and any affine map: which place of the source each pixel of the result shows. */
import { checkKnown } from "../../base/known-options.ts";
import type { Pair } from "../../base/shape.ts";
import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { type GridInterpolation, type Matrix, sampleAffine } from "./grid.ts";

/** How `rotate` and `affine` read a picture between its pixels and outside it. */
export interface WarpOptions {
  /** Default "nearest". */
  readonly interpolation?: GridInterpolation;
  /** What stands outside the picture: one value, or one a channel, in the picture's unit. Default 0, as zeros around it. */
  readonly fill?: number | readonly number[] | undefined;
  /** [x, y] in pixels from the upper left corner; default the middle. */
  readonly center?: readonly number[] | undefined;
}

/** How `rotate` reads a picture, and how large the result is. */
export interface RotateOptions extends WarpOptions {
  /** Make the result large enough for the whole picture; for rotation about the middle. Default false. */
  readonly expand?: boolean;
}

/**
 * The picture turned counter-clockwise by `angle` degrees.
 *
 * Shape   as it is; with expand large enough for all of it.
 * Throws  ArgumentError "angle", "interpolation", "center", "fill"; "channels" for a fill that does not fit the
 *         picture.
 * Source  torchvision.transforms.v2.functional.rotate, on tensors.
 *
 * @example
 * const picture = { data: Uint8Array.of(1, 2, 3, 4), channels: 1, height: 2, width: 2 };
 * rotate(picture, 90).data; // [2, 4, 1, 3]
 */
export function rotate(picture: Picture, angle: number, options: RotateOptions = {}): Picture {
  checkKnown("rotate", options, { expand: 0, interpolation: 0, fill: 0, center: 0 });
  checkNumbers("rotate", "angle", [angle]);
  const { height, width } = picture;
  const matrix = inverseMatrix(centerOf("rotate", options.center, width, height), -angle, [0, 0], 1, [0, 0]);
  const [w, h] = options.expand ? expandedSize(matrix, width, height) : [width, height];
  return sampleAffine("rotate", picture, matrix, h, w, options);
}

/**
 * The picture turned clockwise by `angle`, sheared by `shear` = [x, y] (degrees both), scaled, and moved by `translate`
 * = [x, y] pixels.
 *
 * Shape   as it is.
 * Throws  ArgumentError "angle", "translate", "scale" (not above 0), "shear", "interpolation", "center", "fill";
 *         "channels" for a fill that does not fit the picture.
 * Source  torchvision.transforms.v2.functional.affine, on tensors.
 *
 * @example
 * const picture = { data: Uint8Array.of(1, 2, 3, 4), channels: 1, height: 2, width: 2 };
 * affine(picture, 90, [0, 0], 1, [0, 0]).data; // [3, 1, 4, 2]
 * affine(picture, 0, [1, 0], 1, [0, 0]).data; // [0, 1, 0, 3]
 */
export function affine(
  picture: Picture,
  angle: number,
  translate: readonly number[],
  scale: number,
  shear: readonly number[],
  options: WarpOptions = {},
): Picture {
  checkKnown("affine", options, { interpolation: 0, fill: 0, center: 0 });
  checkNumbers("affine", "angle", [angle]);
  checkNumbers("affine", "translate", translate, 2);
  checkNumbers("affine", "shear", shear, 2);
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new ArgumentError("affine", "scale", `scale must be above 0, got ${scale}.`);
  const { height, width } = picture;
  const center = centerOf("affine", options.center, width, height);
  const matrix = inverseMatrix(center, angle, [translate[0]!, translate[1]!], scale, [shear[0]!, shear[1]!]);
  return sampleAffine("affine", picture, matrix, height, width, options);
}

/** From a place in the result to one in the source, both counted from the middle. */
function inverseMatrix([cx, cy]: Pair, angle: number, [tx, ty]: Pair, scale: number, shear: Pair): Matrix {
  const rot = radians(angle);
  const [sx, sy] = [radians(shear[0]), radians(shear[1])];
  const a = Math.cos(rot - sy) / Math.cos(sy);
  const b = (-Math.cos(rot - sy) * Math.tan(sx)) / Math.cos(sy) - Math.sin(rot);
  const c = Math.sin(rot - sy) / Math.cos(sy);
  const d = (-Math.sin(rot - sy) * Math.tan(sx)) / Math.cos(sy) + Math.cos(rot);
  const [m0, m1, m3, m4] = [d / scale, -b / scale, -c / scale, a / scale];
  return [m0, m1, m0 * (-cx - tx) + m1 * (-cy - ty) + cx, m3, m4, m3 * (-cx - tx) + m4 * (-cy - ty) + cy];
}

function radians(degrees: number): number {
  return degrees * (Math.PI / 180);
}

function centerOf(where: string, center: readonly number[] | undefined, width: number, height: number): Pair {
  if (center === undefined) return [0, 0];
  checkNumbers(where, "center", center, 2);
  return [center[0]! - width * 0.5, center[1]! - height * 0.5];
}

/** Width and height that hold all four corners; what is less than a ten-thousandth of a pixel is rounding. */
function expandedSize(matrix: Matrix, width: number, height: number): Pair {
  const m = matrix.map(Math.fround) as unknown as Matrix;
  const xs: number[] = [];
  const ys: number[] = [];
  for (const [x, y] of [
    [-1, -1],
    [-1, 1],
    [1, 1],
    [1, -1],
  ] as const) {
    xs.push(Math.fround(0.5 * width * x * m[0] + 0.5 * height * y * m[1] + m[2] + 0.5 * width));
    ys.push(Math.fround(0.5 * width * x * m[3] + 0.5 * height * y * m[4] + m[5] + 0.5 * height));
  }
  const span = (values: number[]): number => {
    const cut = (value: number) => Math.trunc(value / 1e-4) * 1e-4;
    return Math.ceil(cut(Math.max(...values))) - Math.floor(cut(Math.min(...values)));
  };
  return [span(xs), span(ys)];
}

function checkNumbers(where: string, what: string, values: readonly number[], count = values.length): void {
  if (!Array.isArray(values) || values.length !== count || !values.every(Number.isFinite))
    throw new ArgumentError(
      where,
      what,
      `${what} must be ${count === 1 ? "a number" : `${count} numbers`}, got ${JSON.stringify(values)}.`,
    );
}
