/** @file A trained model before labelled pictures: its measures, and the mistakes it is surest of. */
import { DataLoader, type PictureSet } from "@drishti/core/data";
import { type Evaluation, evaluate } from "@drishti/core/train";
import type { TrainedModel } from "./model-source.ts";
import { transformFor } from "./pictures.ts";
import { softmaxRow } from "./softmax.ts";

export interface Mistake {
  /** Of the picture in the set. */
  readonly index: number;
  readonly truth: number;
  readonly predicted: number;
  /** Of the predicted class. */
  readonly probability: number;
}

export interface Judgement {
  readonly evaluation: Evaluation;
  /** The surest mistakes first. */
  readonly mistakes: readonly Mistake[];
  readonly seconds: number;
}

const MOST_MISTAKES = 24;

/** data: the set's name, for errors. */
export async function judge(
  { model, card }: Pick<TrainedModel, "model" | "card">,
  set: PictureSet,
  data: string,
  options: { batchSize?: number; signal?: AbortSignal; onCount?: (done: number) => void } = {},
): Promise<Judgement> {
  const { batchSize = 256, signal, onCount } = options;
  const start = performance.now();
  const loader = new DataLoader(set, { batchSize, transform: transformFor(set, card, data) });
  const classes = card.classes.length;
  const mistakes: Mistake[] = [];
  let done = 0;
  const evaluation = await evaluate(model, loader, {
    classes,
    signal,
    onBatch({ labels, indices, count }, logits) {
      for (let i = 0; i < count; i++) {
        const probabilities = softmaxRow(logits.subarray(i * classes, (i + 1) * classes));
        const predicted = probabilities.indexOf(Math.max(...probabilities));
        if (predicted !== labels[i])
          mistakes.push({
            index: indices[i]!,
            truth: labels[i]!,
            predicted,
            probability: probabilities[predicted] ?? Number.NaN,
          });
      }
      done += count;
      onCount?.(done);
    },
  });
  mistakes.sort((a, b) => b.probability - a.probability);
  return { evaluation, mistakes: mistakes.slice(0, MOST_MISTAKES), seconds: (performance.now() - start) / 1000 };
}
