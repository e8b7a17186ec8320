/** @file Several crops of one picture: a network's answers on them are averaged. */
import { checkKnown } from "../../base/known-options.ts";
import { type Picture, resize } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { arrayLike } from "./values.ts";

/** Five pictures. */
export type FiveCrops = [Picture, Picture, Picture, Picture, Picture];

/**
 * The four corners and the middle: upper left, upper right, lower left, lower right, middle.
 *
 * Shape   five of (C, size, size), or (C, h, w) for size [h, w].
 * Throws  ArgumentError "size" for one larger than the picture.
 * Source  torchvision.transforms.v2.functional.five_crop.
 *
 * @example
 * const picture = { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), channels: 1, height: 3, width: 3 };
 * fiveCrop(picture, 1).map(({ data }) => data[0]); // [1, 3, 7, 9, 5]
 */
export function fiveCrop(picture: Picture, size: number | readonly number[]): FiveCrops {
  return crops("fiveCrop", picture, size);
}

/**
 * fiveCrop() of the picture, then of its mirror image: Krizhevsky et al.'s test of 2012.
 *
 * Shape   ten of (C, size, size), or (C, h, w) for size [h, w].
 * Options verticalFlip false: with it the second five are upside down instead.
 * Throws  ArgumentError "size" for one larger than the picture.
 * Source  torchvision.transforms.v2.functional.ten_crop.
 *
 * @example
 * const picture = { data: Uint8Array.of(1, 2, 3), channels: 1, height: 1, width: 3 };
 * tenCrop(picture, [1, 2]).map(({ data }) => data[0]); // [1, 2, 1, 2, 1, 3, 2, 3, 2, 3]
 */
export function tenCrop(
  picture: Picture,
  size: number | readonly number[],
  options: { /** Mirror upside down instead. Default false. */ verticalFlip?: boolean } = {},
): [...FiveCrops, ...FiveCrops] {
  checkKnown("tenCrop", options, { verticalFlip: 0 });
  const { height, width } = picture;
  const mirrored = options.verticalFlip
    ? cut(picture, 0, 0, height, width, (row, column) => (height - 1 - row) * width + column)
    : cut(picture, 0, 0, height, width, (row, column) => row * width + width - 1 - column);
  return [...crops("tenCrop", picture, size), ...crops("tenCrop", mirrored, size)];
}

function crops(where: string, picture: Picture, size: number | readonly number[]): FiveCrops {
  const [, h, w] = resize(typeof size === "number" ? [size, size] : size).outputShape([1, 1, 1]); // checks the size
  const { height, width } = picture;
  if (h > height || w > width)
    throw new ArgumentError(
      where,
      "size",
      `cannot cut ${h}×${w} (height × width) from a picture of ${height}×${width}. Resize it first, or take smaller crops.`,
    );
  const at = (top: number, left: number) => cut(picture, top, left, h, w);
  return [
    at(0, 0),
    at(0, width - w),
    at(height - h, 0),
    at(height - h, width - w),
    at(even((height - h) / 2), even((width - w) / 2)),
  ];
}

/** Python's round: halves to the even neighbour. */
const even = (value: number): number => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

function cut(
  picture: Picture,
  top: number,
  left: number,
  height: number,
  width: number,
  from: (row: number, column: number) => number = (row, column) => row * picture.width + column,
): Picture {
  const { data, channels } = picture;
  const out = arrayLike(picture, channels * height * width);
  const plane = picture.height * picture.width;
  for (let c = 0, to = 0; c < channels; c++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++, to++) out[to] = data[c * plane + from(top + row, left + column)]!;
  return { data: out, channels, height, width };
}
