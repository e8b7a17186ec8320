/** @file Labels for one picture, by a model's own preprocessing. */
import { noGrad, tensor } from "@drishti/core";
import type { Picture } from "@drishti/core/data";
import { evalMode } from "@drishti/core/models";
import { readImage } from "../data/read-image.ts";
import type { Explainer } from "./explain.ts";
import type { TrainedModel } from "./model-source.ts";
import { prepare } from "./pictures.ts";
import { softmaxRow } from "./softmax.ts";

export interface Guess {
  readonly label: string;
  readonly probability: number;
}

export interface Prediction extends Guess {
  readonly file: string;
  /** The likeliest labels, the first of them again included. */
  readonly top: readonly Guess[];
  /** Where the picture with heat was written, when one was asked for. */
  readonly explanation?: string;
}

/** Throws DataError for a file that is no picture. */
export async function predictFile(
  trained: TrainedModel,
  file: string,
  top = 5,
  explainer?: Explainer,
): Promise<Prediction> {
  const picture = await readImage(file);
  const prediction = { file, ...(await predictPicture(trained, picture, top)) };
  return explainer ? { ...prediction, explanation: await explainer.write(file, picture) } : prediction;
}

/** A picture of bytes, 1 or 3 channels, any size. */
export async function predictPicture(
  { model, card }: Pick<TrainedModel, "model" | "card">,
  picture: Picture,
  top = 5,
): Promise<Omit<Prediction, "file">> {
  const { data, channels, height, width } = prepare(picture, card);
  const device = model.parameters().next().value?.backend;
  const restore = evalMode(model);
  try {
    const logits = await noGrad(() =>
      model.forward(tensor(data, { shape: [1, channels, height, width], dtype: "float32", device })),
    ).toArray();
    const guesses = softmaxRow(logits).map((probability, i) => ({ label: card.classes[i]!, probability }));
    guesses.sort((a, b) => b.probability - a.probability);
    return { ...guesses[0]!, top: guesses.slice(0, top) };
  } finally {
    restore();
  }
}
