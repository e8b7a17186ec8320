/** @file A trained model before labelled pictures: its measures, the answers it is surest of, and how far to trust them. */
import { DataLoader, isImageSet, type PictureSet } from "@drishti/core/data";
import { type Calibration, calibration, type Evaluation, evaluate } from "@drishti/core/train";
import type { TrainedModel } from "./model-source.ts";
import { transformFor } from "./pictures.ts";
import { softmaxRow } from "./softmax.ts";

export interface Answer {
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
  readonly mistakes: readonly Answer[];
  /** The surest right answer of each class, the surest first. */
  readonly hits: readonly Answer[];
  readonly calibration: Calibration;
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
  const { batchSize = isImageSet(set) ? 128 : 64, signal, onCount } = options;
  const start = performance.now();
  const loader = new DataLoader(set, { batchSize, transform: transformFor(set, card, data) });
  const classes = card.classes.length;
  const mistakes: Answer[] = [];
  const hits = new Map<number, Answer>();
  // Calibration looks at the answer's probability alone, so two columns stand for all classes: the answer, and nothing.
  const answers: number[] = [];
  const wrong: number[] = [];
  let done = 0;
  const evaluation = await evaluate(model, loader, {
    classes,
    signal,
    onBatch({ labels, indices, count }, logits) {
      for (let i = 0; i < count; i++) {
        const probabilities = softmaxRow(logits.subarray(i * classes, (i + 1) * classes));
        const predicted = probabilities.indexOf(Math.max(...probabilities));
        const truth = labels[i]!;
        const answer = { index: indices[i]!, truth, predicted, probability: probabilities[predicted] ?? Number.NaN };
        if (predicted !== truth) mistakes.push(answer);
        else if (answer.probability > (hits.get(truth)?.probability ?? 0)) hits.set(truth, answer);
        if (answer.probability >= 0) {
          answers.push(answer.probability, 0);
          wrong.push(predicted === truth ? 0 : 1);
        }
      }
      done += count;
      onCount?.(done);
    },
  });
  const surest = (list: Answer[]) => list.sort((a, b) => b.probability - a.probability);
  return {
    evaluation,
    mistakes: surest(mistakes).slice(0, MOST_MISTAKES),
    hits: surest([...hits.values()]),
    calibration: wrong.length > 0 ? calibration(answers, wrong, 2) : { bins: [], ece: Number.NaN, mce: Number.NaN },
    seconds: (performance.now() - start) / 1000,
  };
}
