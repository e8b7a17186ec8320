/** @file Moves of whole rows and columns: upside down, and a border. */
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator } from "../base/rng/index.ts";
import type { PaddingMode } from "../data/index.ts";
import { floats, paddingSides } from "../data/transforms/options.ts";
import { applyMove, padAxis, paddingModes } from "../data/transforms/pixel-map.ts";
import type { PixelMove } from "../data/transforms/transform.ts";
import { drawChance } from "./draw.ts";
import { choice, probability } from "./options.ts";

/**
 * The picture upside down with probability p (default 0.5); one draw a picture.
 *
 * Throws  ArgumentError "probability".
 * Source  torchvision.transforms.v2.RandomVerticalFlip.
 *
 * @example
 * randomVerticalFlip(1).apply({ data: Uint8Array.of(1, 2), channels: 1, height: 2, width: 1 }).data; // [2, 1]
 */
export function randomVerticalFlip(p = 0.5): PixelMove {
  probability("randomVerticalFlip", p);
  const transform: PixelMove = {
    name: "randomVerticalFlip",
    random: true,
    fill: 0,
    pads: false,
    move: ({ rows, cols }, random) => ({ rows: drawChance(random, p) ? rows.slice().reverse() : rows, cols }),
    apply: (picture, random = defaultGenerator) => applyMove(transform, picture, random),
    outputShape: (shape) => shape,
    toJSON: () => ({ name: "randomVerticalFlip", p }),
  };
  return transform;
}

/** What stands in the border that `pad` adds. */
export interface PadOptions {
  /** Value of a constant border, one or one a channel, in the picture's unit at this place. Default 0. */
  readonly fill?: number | readonly number[];
  /** Default "constant": the fill. */
  readonly paddingMode?: PaddingMode;
}

/**
 * A border around the picture: `padding` pixels on all sides, [left/right, top/bottom], or [left, top, right, bottom].
 *
 * Throws  ArgumentError "padding", "padding-mode", "fill".
 * Source  torchvision.transforms.v2.Pad.
 *
 * @example
 * pad([1, 2]).outputShape([3, 10, 10]); // [3, 14, 12]
 */
export function pad(padding: number | readonly number[], options: PadOptions = {}): PixelMove {
  checkKnown("pad", options, { fill: 0, paddingMode: 0 });
  const { fill = 0, paddingMode = "constant" } = options;
  const [left, top, right, bottom] = paddingSides("pad", padding);
  floats("pad", "fill", fill);
  choice("pad", "padding-mode", paddingMode, paddingModes);
  const transform: PixelMove = {
    name: "pad",
    random: false,
    fill,
    pads: paddingMode === "constant",
    move: ({ rows, cols }) => ({
      rows: padAxis(rows, top, bottom, paddingMode),
      cols: padAxis(cols, left, right, paddingMode),
    }),
    apply: (picture, random = defaultGenerator) => applyMove(transform, picture, random),
    outputShape: ([channels, h, w]) => [channels, h + top + bottom, w + left + right],
    toJSON: () => ({ name: "pad", padding: [left, top, right, bottom], fill, paddingMode }),
  };
  return transform;
}
