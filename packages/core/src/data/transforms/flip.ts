/** @file Mirroring at random. */
import { defaultGenerator } from "../../base/rng/index.ts";
import { checkProbability } from "./options.ts";
import { applyMove } from "./pixel-map.ts";
import { drawChance, type PixelMove } from "./transform.ts";

/**
 * The mirror image, left for right, with probability p (default 0.5); one draw a picture, also when it is not flipped.
 *
 * Throws  ArgumentError "probability" outside 0..1.
 * Source  torchvision.transforms.RandomHorizontalFlip.
 *
 * @example
 * randomHorizontalFlip(1).apply({ data: Uint8Array.of(1, 2, 3), channels: 1, height: 1, width: 3 }).data; // [3, 2, 1]
 */
export function randomHorizontalFlip(p = 0.5): PixelMove {
  checkProbability("randomHorizontalFlip", p);
  const transform: PixelMove = {
    name: "randomHorizontalFlip",
    random: true,
    fill: 0,
    pads: false,
    move: ({ rows, cols }, random) => ({ rows, cols: drawChance(random, p) ? cols.slice().reverse() : cols }),
    apply: (picture, random = defaultGenerator) => applyMove(transform, picture, random),
    outputShape: (shape) => shape,
    toJSON: () => ({ name: "randomHorizontalFlip", p }),
  };
  return transform;
}
