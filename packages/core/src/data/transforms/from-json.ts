/** @file Transforms back from their JSON: how a model file's preprocessing comes alive again. */
import { DataError } from "../../errors/errors.ts";
import { compose } from "./compose.ts";
import { centerCrop, type RandomCropOptions, randomCrop } from "./crop.ts";
import { randomHorizontalFlip } from "./flip.ts";
import { permuteChannels } from "./permute-channels.ts";
import { normalize, toTensor } from "./pointwise.ts";
import { type ResizeOptions, resize } from "./resize.ts";
import type { Transform, TransformSpec } from "./transform.ts";

type Numbers = number | readonly number[];

/** Makes a transform of its JSON without the name. Each checks its own options, so nothing goes in unchecked from a file. */
export type TransformMaker = (options: Omit<TransformSpec, "name">) => Transform;

const makers: Readonly<Record<string, TransformMaker>> = {
  toTensor: () => toTensor(),
  normalize: ({ mean, std }) => normalize(numbers("mean", mean), numbers("std", std)),
  resize: ({ size, interpolation, antialias, numerics }) =>
    resize(numbers("size", size), {
      interpolation,
      antialias: flag("antialias", antialias),
      numerics,
    } as ResizeOptions),
  centerCrop: ({ size }) => centerCrop(numbers("size", size)),
  randomCrop: ({ size, padding = 0, fill = 0, paddingMode, padIfNeeded }) =>
    randomCrop(numbers("size", size), {
      padding: numbers("padding", padding),
      fill: numbers("fill", fill),
      paddingMode,
      padIfNeeded: flag("padIfNeeded", padIfNeeded),
    } as RandomCropOptions),
  randomHorizontalFlip: ({ p }) => randomHorizontalFlip(p as number | undefined),
  permuteChannels: ({ order }) => permuteChannels(order as readonly number[]),
};

/**
 * The transform that `toJSON()` described; a list means `compose`.
 *
 * more    Makers of further transforms by name; `drishti/transforms` has the same function with all of them.
 * Throws  DataError "transform" for an unknown name or a description that is none; ArgumentError from the transform
 *         itself for options outside their range.
 *
 * @example
 * const transform = transformFromJSON([{ name: "toTensor" }, { name: "normalize", mean: 0.5, std: 0.25 }]);
 * transform.apply({ data: Uint8Array.of(255, 0), channels: 1, height: 1, width: 2 }).data; // [2, -2]
 */
export function transformFromJSON(spec: unknown, more: Readonly<Record<string, TransformMaker>> = {}): Transform {
  if (Array.isArray(spec)) return compose(spec.map((entry) => transformFromJSON(entry, more)));
  const name = typeof spec === "object" && spec !== null && "name" in spec ? spec.name : undefined;
  if (name === "compose") return transformFromJSON((spec as TransformSpec).transforms, more);
  const known = { ...makers, ...more };
  const make = typeof name === "string" && Object.hasOwn(known, name) ? known[name] : undefined;
  if (!make)
    throw new DataError(
      "transformFromJSON",
      "transform",
      `${JSON.stringify(name ?? spec)} is no transform: it must be one of ${[...Object.keys(known), "compose"].join(", ")}.`,
    );
  const { name: _, ...options } = spec as TransformSpec;
  return make(options);
}

function numbers(option: string, value: unknown): Numbers {
  if (typeof value === "number" || (Array.isArray(value) && value.every((entry) => typeof entry === "number")))
    return value;
  throw new DataError(
    "transformFromJSON",
    "transform",
    `${option} must be a number or a list of numbers, got ${JSON.stringify(value)}.`,
  );
}

function flag(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw new DataError(
    "transformFromJSON",
    "transform",
    `${option} must be true or false, got ${JSON.stringify(value)}.`,
  );
}
