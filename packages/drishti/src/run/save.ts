/** @file The card of a model in training, with golden pictures that a copy must reproduce. */
import { createRequire } from "node:module";
import { isImageSet, type Picture, type PictureSet, resize } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { Layer } from "@drishti/core/nn";
import type { ModelCard } from "@drishti/core/train";
import { makeGolden } from "./golden.ts";

const GOLDEN_PICTURES = 3;

export function versions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  return { drishti: version, node: process.versions.node };
}

/** The card with the first pictures of a set and the model's present logits for them. */
export async function withGolden(card: ModelCard, model: Layer, set: PictureSet): Promise<ModelCard> {
  const golden = await makeGolden(model, card, await goldenPictures(card, set));
  return golden ? { ...card, golden } : card;
}

/** Photos of any size are brought to the model's, so that a file does not carry whole ones. Those that cannot be read are passed over. */
async function goldenPictures({ preprocessing }: ModelCard, set: PictureSet): Promise<Picture[]> {
  const { height, width } = preprocessing;
  const pictures: Picture[] = [];
  for (let i = 0; i < set.length && pictures.length < GOLDEN_PICTURES; i++)
    try {
      const picture = await set.get(i);
      pictures.push(isImageSet(set) ? picture : resize([height, width]).apply(picture));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
  return pictures;
}
