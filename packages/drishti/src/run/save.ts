/** @file The card of a model in training, with golden pictures that a copy must reproduce. */
import { createRequire } from "node:module";
import { noGrad, tensor } from "@drishti/core";
import { isImageSet, type Picture, type PictureSet, resize } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
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
export async function withGolden(card: ModelCard, model: Layer, set: PictureSet): Promise<ModelCard> {
  const pictures = await goldenPictures(card, set);
  const restore = evalMode(model);
  try {
    const logits: number[][] = [];
    for (const picture of pictures) logits.push(Array.from(await logitsOf(model, card, picture)));
    const [first] = pictures;
    if (!first) return card;
    const { channels, height, width } = first;
    const golden: Golden = {
      shape: [channels, height, width],
      pixels: pictures.map(({ data }) => toBase64(data as Uint8Array)),
      logits,
    };
    return { ...card, golden };
  } finally {
    restore();
  }
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

async function logitsOf(model: Layer, card: ModelCard, picture: Picture): Promise<ArrayLike<number>> {
  const { data, channels, height, width } = prepare(picture, card);
  const device = model.parameters().next().value?.backend;
  const out = noGrad(() =>
    model.forward(tensor(data, { shape: [1, channels, height, width], dtype: "float32", device })),
  );
  return out.toArray();
}
