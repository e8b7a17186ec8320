/** @file Elastic distortion: every pixel read a little beside its place. */
import { checkKnown } from "../../base/known-options.ts";
import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import type { WarpOptions } from "./affine.ts";
import { placeOf, samplePlaces } from "./grid.ts";

const { fround } = Math;

/** How far beside its place each pixel is read, as shares of half the width (x) and of half the height (y). */
export interface Displacement {
  /** height·width numbers, row by row. */
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/**
 * The picture with pixel (row, column) read at its place moved by `displacement`.
 *
 * Shape   as it is; the displacements have height·width numbers each, 2/width moves by one pixel.
 * Options interpolation "nearest" (torchvision "bilinear"), fill 0.
 * Throws  ArgumentError "displacement" for another number of them, "interpolation", "fill"; "channels" for a fill that does
 *         not fit the picture.
 * Source  torchvision.transforms.v2.functional.elastic, on tensors.
 *
 * @example
 * const picture = { data: Uint8Array.of(1, 2, 3, 4), channels: 1, height: 2, width: 2 };
 * const right = { x: new Float32Array(4).fill(1), y: new Float32Array(4) }; // one pixel of two
 * elastic(picture, right, { fill: 9 }).data; // [2, 9, 4, 9]
 */
export function elastic(
  picture: Picture,
  displacement: Displacement,
  options: Pick<WarpOptions, "interpolation" | "fill"> = {},
): Picture {
  checkKnown("elastic", options, { interpolation: 0, fill: 0 });
  const { height, width } = picture;
  const size = height * width;
  if (displacement.x.length !== size || displacement.y.length !== size)
    throw new ArgumentError(
      "elastic",
      "displacement",
      `x and y must have ${height}·${width} = ${size} numbers, got ${displacement.x.length} and ${displacement.y.length}.`,
    );
  const [columns, rows] = [middles(width), middles(height)];
  const x = displacement.x.map((move, k) => placeOf(fround(columns[k % width]! + move), width / 2));
  const y = displacement.y.map((move, k) => placeOf(fround(rows[Math.floor(k / width)]! + move), height / 2));
  return samplePlaces("elastic", picture, { x, y }, height, width, options);
}

/** The middles of `count` pixels from −1 to 1, as torch.linspace counts them: from both ends. */
function middles(count: number): Float32Array {
  const [first, last] = [fround((1 - count) / count), fround((count - 1) / count)];
  const step = count > 1 ? fround(fround(last - first) / (count - 1)) : 0;
  return Float32Array.from({ length: count }, (_, i) =>
    i < count >> 1 || count === 1 ? first + step * i : last - step * (count - 1 - i),
  );
}
