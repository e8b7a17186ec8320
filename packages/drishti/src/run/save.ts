/** @file The card of a model in training, with golden pictures that a copy must reproduce. */
import { createRequire } from "node:module";
import { noGrad, tensor } from "@drishti/core";
import type { ImageSet } from "@drishti/core/data";
import { evalMode } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import { type Golden, type ModelCard, toBase64 } from "@drishti/core/train";
import { prepare } from "./pictures.ts";

const GOLDEN_PICTURES = 3;

export function versions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  return { drishti: version, node: process.versions.node };
}

/** The card with the first pictures of a set and the model's present logits for them. */
export async function withGolden(card: ModelCard, model: Layer, set: ImageSet): Promise<ModelCard> {
  const indices = Array.from({ length: Math.min(GOLDEN_PICTURES, set.length) }, (_, i) => i);
  const restore = evalMode(model);
  try {
    const logits: number[][] = [];
    for (const i of indices) logits.push(Array.from(await logitsOf(model, card, set, i)));
    const golden: Golden = {
      shape: [set.channels, set.height, set.width],
      pixels: indices.map((i) => toBase64(set.image(i))),
      logits,
    };
    return { ...card, golden };
  } finally {
    restore();
  }
}

async function logitsOf(model: Layer, card: ModelCard, set: ImageSet, index: number): Promise<ArrayLike<number>> {
  const { data, channels, height, width } = prepare(set.get(index), card);
  const device = model.parameters().next().value?.backend;
  const out = noGrad(() =>
    model.forward(tensor(data, { shape: [1, channels, height, width], dtype: "float32", device })),
  );
  return out.toArray();
}
