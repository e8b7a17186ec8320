/** @file The measures of a classifier, collected batch by batch. */
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { argmax, checkLogits, countTopK, type Labels } from "./metrics-rank.ts";
import { averageScores, type LabelCounts, scoreLabels } from "./metrics-scores.ts";

export { type Calibration, type CalibrationBin, calibration, expectedCalibrationError } from "./metrics-calibration.ts";
export {
  averagePrecision,
  type OneVsRestOptions,
  oneVsRest,
  type RocCurve,
  rocAuc,
  rocCurve,
} from "./metrics-curves.ts";
export { argmax, type Labels, topK } from "./metrics-rank.ts";
export {
  type Average,
  accuracy,
  confusionMatrix,
  type LabelScores,
  normalizeConfusion,
  precisionRecallF1,
  type ScoreOptions,
  type Scores,
} from "./metrics-scores.ts";

/** One class in a report. */
export interface ClassReport {
  readonly label: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Samples that truly are of this class. */
  readonly support: number;
}

/** Plain numbers, ready for JSON. Shares run from 0 to 1. */
export interface MetricsResult {
  /** Samples seen. */
  readonly count: number;
  readonly accuracy: number;
  /** Share of samples with their class among the five largest logits; 1 for five classes or fewer. */
  readonly top5: number;
  /** Macro average over the classes that occur in truth or predictions, scikit-learn's default; so are recall and f1. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Every class, those that never occur included. */
  readonly perClass: ClassReport[];
  /** Rows: true class; columns: predicted class. */
  readonly confusionMatrix: number[][];
}

/**
 * Accuracy, top-5, precision, recall, F1 and the confusion matrix over batches of any size.
 *
 * Shape    add(): logits (N, classes), labels (N). Memory is classes² numbers, whatever is added.
 * Options  zeroDivision 0: what a precision or recall of 0/0 counts as.
 * Throws   add(): ShapeError "length", TargetError "label"; result(): ArgumentError "empty" before the first sample.
 * Source   scikit-learn's definitions; see precisionRecallF1.
 *
 * @example
 * const metrics = new Metrics(3);
 * metrics.add(Float32Array.of(2, 1, 0, 0, 3, 1), [0, 2]);
 * metrics.result().accuracy; // 0.5
 */
export class Metrics {
  readonly classes: number;
  readonly #zeroDivision: 0 | 1;
  /** Row-major: truth × prediction. */
  readonly #confusion: Float64Array;
  #count = 0;
  #top5 = 0;

  constructor(classes: number, options: { zeroDivision?: 0 | 1 } = {}) {
    checkKnown("Metrics", options, { zeroDivision: 0 });
    checkLogits("Metrics", [], [], classes);
    this.classes = classes;
    this.#zeroDivision = options.zeroDivision ?? 0;
    this.#confusion = new Float64Array(classes * classes);
  }

  /** Samples seen. */
  get count(): number {
    return this.#count;
  }

  /** Adds a batch; nothing is added when it throws. */
  add(logits: ArrayLike<number>, labels: Labels): void {
    const { classes } = this;
    checkLogits("Metrics.add", logits, labels, classes);
    const predicted = argmax(logits, classes);
    for (let i = 0; i < labels.length; i++) this.#confusion[labels[i]! * classes + predicted[i]!]!++;
    this.#top5 += countTopK(logits, labels, classes, 5);
    this.#count += labels.length;
  }

  /** What was added so far. */
  result(): MetricsResult {
    const { classes } = this;
    const count = this.#count;
    if (count === 0) throw new ArgumentError("Metrics.result", "empty", "no sample was added yet.");
    const confusion = Array.from({ length: classes }, (_, t) =>
      Array.from(this.#confusion.subarray(t * classes, (t + 1) * classes)),
    );
    const counts = countsOf(confusion);
    const scores = scoreLabels(counts, this.#zeroDivision);
    const hits = counts.hits.reduce((a, b) => a + b, 0);
    return {
      count,
      accuracy: hits / count,
      top5: this.#top5 / count,
      ...averageScores(occurringOnly(counts), "macro", this.#zeroDivision),
      perClass: scores.labels.map((label, i) => ({
        label,
        precision: scores.precision[i]!,
        recall: scores.recall[i]!,
        f1: scores.f1[i]!,
        support: scores.support[i]!,
      })),
      confusionMatrix: confusion,
    };
  }
}

function countsOf(confusion: readonly (readonly number[])[]): LabelCounts {
  return {
    labels: confusion.map((_, label) => label),
    hits: confusion.map((row, label) => row[label]!),
    predicted: confusion.map((_, label) => confusion.reduce((sum, row) => sum + row[label]!, 0)),
    support: confusion.map((row) => row.reduce((a, b) => a + b, 0)),
  };
}

function occurringOnly({ labels, hits, predicted, support }: LabelCounts): LabelCounts {
  const keep = labels.filter((_, i) => support[i]! + predicted[i]! > 0);
  const pick = (list: readonly number[]) => keep.map((label) => list[label]!);
  return { labels: keep, hits: pick(hits), predicted: pick(predicted), support: pick(support) };
}
