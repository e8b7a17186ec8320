/** @file Several transforms as one. */
import { defaultGenerator } from "../../base/rng/index.ts";
import type { Transform, TransformSpec } from "./transform.ts";

/** A pipeline; its JSON is `{ name: "compose", transforms: [...] }`. */
export interface Compose extends Transform {
  readonly transforms: readonly Transform[];
  toJSON(): TransformSpec & { readonly transforms: readonly TransformSpec[] };
}

/**
 * One transform after the other. Pipelines inside are taken apart, so nesting changes nothing.
 *
 * Source  torchvision.transforms.Compose.
 *
 * @example
 * compose([resize(32), toTensor(), normalize(0.1307, 0.3081)]).outputShape([1, 28, 28]); // [1, 32, 32]
 */
export function compose(list: readonly Transform[]): Compose {
  const transforms = list.flatMap(stages);
  return {
    name: "compose",
    transforms,
    random: transforms.some((transform) => transform.random),
    apply: (picture, random = defaultGenerator) =>
      transforms.reduce((p, transform) => transform.apply(p, random), picture),
    outputShape: (shape) => transforms.reduce((s, transform) => transform.outputShape(s), shape),
    toJSON: () => ({ name: "compose", transforms: transforms.map((transform) => transform.toJSON()) }),
  };
}

/** The transforms a transform consists of: itself, unless it is a pipeline. */
export function stages(transform: Transform): readonly Transform[] {
  return "transforms" in transform ? (transform as Compose).transforms : [transform];
}
