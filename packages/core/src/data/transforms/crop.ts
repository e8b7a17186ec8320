/** @file Crops: from the middle, and from a random place. */
import { checkKnown } from "../../base/known-options.ts";
import { defaultGenerator } from "../../base/rng/index.ts";
import { ArgumentError, say } from "../../errors/errors.ts";
import { floats, paddingSides, roundHalfEven, sizePair } from "./options.ts";
import { applyMove, type PaddingMode, padAxis, paddingModes } from "./pixel-map.ts";
import { drawInteger, type PixelMove } from "./transform.ts";

/**
 * The middle `size` of the picture; a picture that is smaller is padded with 0 first.
 *
 * Shape   (C, H, W) → (C, size, size), or (C, h, w) for size [h, w]. Where the margin is odd, top and left are
 *         round((H − h) / 2) with halves to even, as in torchvision.
 * Throws  ArgumentError "size".
 * Source  torchvision.transforms.CenterCrop.
 *
 * @example
 * centerCrop(224).outputShape([3, 256, 341]); // [3, 224, 224]
 */
export function centerCrop(size: number | readonly number[]): PixelMove {
  const [height, width] = sizePair("centerCrop", size);
  const axis = (from: Int32Array, want: number): Int32Array => {
    const missing = Math.max(0, want - from.length);
    const padded = padAxis(from, Math.floor(missing / 2), Math.ceil(missing / 2), "constant");
    const start = roundHalfEven((padded.length - want) / 2);
    return padded.subarray(start, start + want);
  };
  const transform: PixelMove = {
    name: "centerCrop",
    random: false,
    fill: 0,
    pads: true,
    move: ({ rows, cols }) => ({ rows: axis(rows, height), cols: axis(cols, width) }),
    apply: (picture, random = defaultGenerator) => applyMove(transform, picture, random),
    outputShape: ([channels]) => [channels, height, width],
    toJSON: () => ({ name: "centerCrop", size: [height, width] }),
  };
  return transform;
}

/** How `randomCrop` treats the picture's edge. */
export interface RandomCropOptions {
  /** Pixels added before cropping: all sides, [left/right, top/bottom], or [left, top, right, bottom]. Default 0. */
  readonly padding?: number | readonly number[];
  /** Value of the padding, one or one a channel, in the picture's unit at this place (bytes before toTensor). Default 0. */
  readonly fill?: number | readonly number[];
  /** What the padding shows. Default "constant": the fill. */
  readonly paddingMode?: PaddingMode;
  /** Pad a picture that is smaller than the crop, instead of refusing it. Default false. */
  readonly padIfNeeded?: boolean;
}

/**
 * A window of `size` at a random place, every place equally likely.
 *
 * Shape   (C, H, W) → (C, size, size), or (C, h, w) for size [h, w].
 * Draws   the row, then the column; nothing when the (padded) picture already has the size. With a `Generator` these
 *         are the numbers torchvision draws.
 * Throws  ArgumentError "size" when the padded picture is smaller than the crop, "padding", "padding-mode", "fill";
 *         "channels" for a fill that does not fit the picture.
 * Source  torchvision.transforms.RandomCrop.
 *
 * @example
 * const augment = compose([randomCrop(32, { padding: 4 }), randomHorizontalFlip(), toTensor()]);
 * augment.outputShape([3, 32, 32]); // [3, 32, 32]
 */
export function randomCrop(size: number | readonly number[], options: RandomCropOptions = {}): PixelMove {
  checkKnown("randomCrop", options, { padding: 0, fill: 0, paddingMode: 0, padIfNeeded: 0 });
  const { padding = 0, fill = 0, paddingMode = "constant", padIfNeeded = false } = options;
  const where = "randomCrop";
  const [height, width] = sizePair(where, size);
  const [left, top, right, bottom] = paddingSides(where, padding);
  floats(where, "fill", fill);
  if (!paddingModes.includes(paddingMode))
    throw new ArgumentError(
      where,
      "padding-mode",
      say`paddingMode must be one of ${paddingModes.join(", ")}; got "${{ paddingMode }}".`,
    );
  const padded = (before: number, after: number, want: number): ((axis: Int32Array) => Int32Array) => {
    let last: readonly [axis: Int32Array, padded: Int32Array] | undefined; // pictures of one size come with one and the same
    return (axis) => {
      if (last?.[0] === axis) return last[1];
      const own = padAxis(axis, before, after, paddingMode);
      const missing = padIfNeeded ? Math.max(0, want - own.length) : 0;
      last = [axis, padAxis(own, missing, missing, paddingMode)];
      return last[1];
    };
  };
  const [padRows, padCols] = [padded(top, bottom, height), padded(left, right, width)];
  const check = (h: number, w: number): void => {
    if (!padIfNeeded && (h < height || w < width))
      throw new ArgumentError(
        where,
        "size",
        say`cannot cut ${{ height }}×${{ width }} (height × width) from a picture of ${{ height: h }}×${{ width: w }}, padding included: set padding or padIfNeeded.`,
      );
  };
  const transform: PixelMove = {
    name: where,
    random: true,
    fill,
    pads: paddingMode === "constant" && (padIfNeeded || left + top + right + bottom > 0),
    move(map, random) {
      const rows = padRows(map.rows);
      const cols = padCols(map.cols);
      check(rows.length, cols.length);
      if (rows.length === height && cols.length === width) return { rows, cols };
      const y = drawInteger(random, rows.length - height + 1);
      const x = drawInteger(random, cols.length - width + 1);
      return { rows: rows.subarray(y, y + height), cols: cols.subarray(x, x + width) };
    },
    apply: (picture, random = defaultGenerator) => applyMove(transform, picture, random),
    outputShape([channels, h, w]) {
      check(h + top + bottom, w + left + right);
      return [channels, height, width];
    },
    toJSON: () => ({
      name: where,
      size: [height, width],
      padding: [left, top, right, bottom],
      fill,
      paddingMode,
      padIfNeeded,
    }),
  };
  return transform;
}
