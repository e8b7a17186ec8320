/** @file Transforms that stand for a list of others: all of them or none, and in any order. */
import { defaultGenerator } from "../base/rng/index.ts";
import { compose, type Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawChance, drawOrder } from "./draw.ts";
import { probability } from "./options.ts";

function nonEmpty(where: string, transforms: readonly Transform[]): void {
  if (!Array.isArray(transforms) || transforms.length === 0)
    throw new ArgumentError(where, "transforms", "give at least one transform, in a list.");
}

/**
 * All transforms one after another with probability p (default 0.5), else none of them.
 *
 * Draws   one number, then what the transforms draw.
 * Throws  ArgumentError "transforms", "probability"; "shape" where the list changes a picture's size, which a batch cannot
 *         hold.
 * Source  torchvision.transforms.v2.RandomApply.
 *
 * @example
 * randomApply([colorJitter({ brightness: 0.4 }), gaussianBlur(3)], 0.3).outputShape([3, 8, 8]); // [3, 8, 8]
 */
export function randomApply(transforms: readonly Transform[], p = 0.5): Transform {
  const name = "randomApply";
  nonEmpty(name, transforms);
  probability(name, p);
  const all = compose(transforms);
  return {
    name,
    random: true,
    apply: (picture, random = defaultGenerator) => (drawChance(random, p) ? all.apply(picture, random) : picture),
    outputShape(shape) {
      const out = all.outputShape(shape);
      if (out.some((size, i) => size !== shape[i]))
        throw new ArgumentError(
          name,
          "shape",
          `pictures of [${shape.join(", ")}] become [${out.join(", ")}] or stay as they are: resize outside.`,
        );
      return shape;
    },
    toJSON: () => ({ name, transforms: transforms.map((t) => t.toJSON()), p }),
  };
}

/**
 * All transforms, in random order.
 *
 * Draws   the order, then what the transforms draw.
 * Throws  ArgumentError "transforms".
 * Source  torchvision.transforms.v2.RandomOrder.
 *
 * @example
 * randomOrder([randomInvert(), randomAutocontrast()]).random; // true
 */
export function randomOrder(transforms: readonly Transform[]): Transform {
  const name = "randomOrder";
  nonEmpty(name, transforms);
  return {
    name,
    random: true,
    apply: (picture, random = defaultGenerator) =>
      drawOrder(random, transforms.length).reduce((p, i) => transforms[i]!.apply(p, random), picture),
    outputShape: (shape) => transforms.reduce((so, t) => t.outputShape(so), shape),
    toJSON: () => ({ name, transforms: transforms.map((t) => t.toJSON()) }),
  };
}
