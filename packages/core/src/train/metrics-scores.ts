/** @file Accuracy, confusion matrix, precision, recall and F1 as scikit-learn defines them. */
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, ShapeError } from "../errors/errors.ts";
import { checkLists, type Labels } from "./metrics-rank.ts";

/**
 * How the scores of several labels become one number.
 *   macro     the mean over the labels
 *   weighted  the mean weighted by how many samples truly have each label
 *   micro     from all labels' counts together
 *   binary    the score of label 1 alone
 *   null      no average: one number per label
 */
export type Average = "macro" | "weighted" | "micro" | "binary" | null;

/** Which labels are scored, and how their scores become one. */
export interface ScoreOptions {
  /** Default "macro". */
  readonly average?: Average;
  /** What stands for 0/0: the precision of a label never predicted, the recall of a label that never occurs. Default 0. */
  readonly zeroDivision?: 0 | 1;
  /** Which labels count, in which order. Default: all that occur in truth or predictions, ascending. */
  readonly labels?: readonly number[];
}

/** Shares from 0 to 1, averaged over the labels. */
export interface Scores {
  /** Of what was predicted, what was right. */
  readonly precision: number;
  /** Of what was there, what was found. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
}

/** One number per label, in the order of `labels`. */
export interface LabelScores {
  readonly labels: number[];
  readonly precision: number[];
  readonly recall: number[];
  readonly f1: number[];
  /** Samples that truly have the label. */
  readonly support: number[];
}

/** Per label: hits, predictions, samples that truly have it. */
export interface LabelCounts {
  readonly labels: readonly number[];
  readonly hits: readonly number[];
  readonly predicted: readonly number[];
  readonly support: readonly number[];
}

function checkPair(where: string, truth: Labels, predicted: Labels): void {
  checkLists(where, { truth, predicted });
  if (truth.length !== predicted.length)
    throw new ShapeError(where, "length", `${truth.length} true labels, but ${predicted.length} predictions.`, [
      { name: "truth", shape: [truth.length] },
      { name: "predicted", shape: [predicted.length] },
    ]);
}

/** All labels that occur, ascending. */
function occurring(truth: Labels, predicted: Labels): number[] {
  return [...new Set([...Array.from(truth), ...Array.from(predicted)])].sort((a, b) => a - b);
}

/**
 * The share of predictions that are right.
 *
 * Throws  ArgumentError "empty", ShapeError "length".
 * Source  sklearn.metrics.accuracy_score.
 *
 * @example
 * accuracy([0, 1, 2, 2, 1], [0, 1, 2, 1, 1]); // 0.8
 */
export function accuracy(truth: Labels, predicted: Labels): number {
  checkPair("accuracy", truth, predicted);
  if (truth.length === 0) throw new ArgumentError("accuracy", "empty", "there are no samples to score.");
  let right = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === predicted[i]) right++;
  return right / truth.length;
}

/**
 * How often truth `labels[row]` was predicted as `labels[column]`.
 *
 * `classes` is a number (labels 0 … classes − 1) or the labels themselves; pairs with another label are left out.
 * Throws  ShapeError "length".
 * Source  sklearn.metrics.confusion_matrix.
 *
 * @example
 * confusionMatrix([0, 1, 2, 2, 1], [0, 1, 2, 1, 1], 3); // [[1, 0, 0], [0, 2, 0], [0, 1, 1]]
 */
export function confusionMatrix(
  truth: Labels,
  predicted: Labels,
  classes: number | readonly number[] = occurring(truth, predicted),
): number[][] {
  checkPair("confusionMatrix", truth, predicted);
  const labels = typeof classes === "number" ? Array.from({ length: classes }, (_, i) => i) : classes;
  const position = new Map(labels.map((label, i) => [label, i]));
  const matrix = labels.map(() => new Array<number>(labels.length).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = position.get(truth[i]!);
    const column = position.get(predicted[i]!);
    if (row !== undefined && column !== undefined) matrix[row]![column]!++;
  }
  return matrix;
}

/**
 * A confusion matrix as shares: of the true label ("true": rows sum to 1), of the predicted one ("pred": columns do), or
 * of all. Rows or columns without a sample stay 0.
 *
 * Source  sklearn.metrics.confusion_matrix(normalize=…).
 *
 * @example
 * normalizeConfusion([[1, 1], [0, 2]], "true"); // [[0.5, 0.5], [0, 1]]
 */
export function normalizeConfusion(matrix: readonly (readonly number[])[], by: "true" | "pred" | "all"): number[][] {
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const all = sum(matrix.map(sum));
  const columns = matrix.map((_, c) => sum(matrix.map((row) => row[c]!)));
  return matrix.map((row) => {
    const own = sum(row);
    return row.map((n, c) => {
      const total = by === "true" ? own : by === "pred" ? columns[c]! : all;
      return total === 0 ? 0 : n / total;
    });
  });
}

/** Counts for `labels`; a prediction of a counted label is counted whatever the truth is, and the other way round. */
export function countLabels(truth: Labels, predicted: Labels, labels: readonly number[]): LabelCounts {
  const position = new Map(labels.map((label, i) => [label, i]));
  const zeros = () => new Array<number>(labels.length).fill(0);
  const [hits, given, support] = [zeros(), zeros(), zeros()];
  for (let i = 0; i < truth.length; i++) {
    const t = position.get(truth[i]!);
    const p = position.get(predicted[i]!);
    if (t !== undefined) support[t]!++;
    if (p !== undefined) given[p]!++;
    if (t !== undefined && t === p) hits[t]!++;
  }
  return { labels, hits, predicted: given, support };
}

/** Precision, recall and F1 from counts; see precisionRecallF1. */
export function scoreLabels({ labels, hits, predicted, support }: LabelCounts, zeroDivision: 0 | 1 = 0): LabelScores {
  const precision = hits.map((n, i) => ratio(n, predicted[i]!, zeroDivision));
  const recall = hits.map((n, i) => ratio(n, support[i]!, zeroDivision));
  const f1 = hits.map((n, i) => ratio(2 * n, predicted[i]! + support[i]!, zeroDivision));
  return { labels: [...labels], precision, recall, f1, support: [...support] };
}

/** One number each; see precisionRecallF1. */
export function averageScores(
  counts: LabelCounts,
  average: "macro" | "weighted" | "micro",
  zeroDivision: 0 | 1 = 0,
): Scores {
  const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  if (average === "micro") {
    const sums = {
      labels: [0],
      hits: [total(counts.hits)],
      predicted: [total(counts.predicted)],
      support: [total(counts.support)],
    };
    const { precision, recall, f1 } = scoreLabels(sums, zeroDivision);
    return { precision: precision[0]!, recall: recall[0]!, f1: f1[0]! };
  }
  const scores = scoreLabels(counts, zeroDivision);
  const weights = average === "macro" ? counts.labels.map(() => 1) : counts.support;
  const weight = total(weights);
  if (weight === 0) {
    // No sample has any of the labels: recall is 0/0; precision and F1 are too, unless one of them was predicted.
    const rest = total(counts.predicted) === 0 ? zeroDivision : 0;
    return { precision: rest, recall: zeroDivision, f1: rest };
  }
  const mean = (list: readonly number[]) => list.reduce((sum, x, i) => sum + x * weights[i]!, 0) / weight;
  return { precision: mean(scores.precision), recall: mean(scores.recall), f1: mean(scores.f1) };
}

function ratio(part: number, whole: number, zeroDivision: 0 | 1): number {
  return whole === 0 ? zeroDivision : part / whole;
}

/**
 * Precision, recall and F1.
 *
 * precision = hits / predictions of the label, recall = hits / samples that have it, F1 = 2·hits / (predictions + samples).
 * A label that is never predicted has the precision 0/0, which is `zeroDivision`; it still counts in the average.
 *
 * Throws  ShapeError "length", ArgumentError "labels" (a label twice; none at all; "binary" with others than 0 and 1).
 * Source  sklearn.metrics.precision_recall_fscore_support.
 *
 * @example
 * const { precision, recall, f1 } = precisionRecallF1([0, 1, 2], [0, 0, 0]);
 * [precision, recall, f1]; // [0.111, 0.333, 0.167]
 * precisionRecallF1([0, 1, 2], [0, 0, 0], { average: null }).recall; // [1, 0, 0]
 */
export function precisionRecallF1(
  truth: Labels,
  predicted: Labels,
  options: ScoreOptions & { readonly average: null },
): LabelScores;
export function precisionRecallF1(
  truth: Labels,
  predicted: Labels,
  options?: ScoreOptions & { readonly average?: Exclude<Average, null> },
): Scores;
export function precisionRecallF1(truth: Labels, predicted: Labels, options: ScoreOptions = {}): Scores | LabelScores {
  checkKnown("precisionRecallF1", options, { average: 0, zeroDivision: 0, labels: 0 });
  const where = "precisionRecallF1";
  checkPair(where, truth, predicted);
  const { average = "macro", zeroDivision = 0 } = options;
  let labels = options.labels ?? occurring(truth, predicted);
  if (average === "binary") {
    const other = occurring(truth, predicted).find((label) => label !== 0 && label !== 1 && label !== -1);
    if (other !== undefined)
      throw new ArgumentError(
        where,
        "labels",
        `average "binary" is for the labels 0 and 1 (or -1 and 1), got ${other} too; choose "macro".`,
      );
    labels = [1];
  }
  if (labels.length === 0) throw new ArgumentError(where, "labels", "there is no label to score.");
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new ArgumentError(where, "labels", `the label ${twice} is given twice.`);
  const counts = countLabels(truth, predicted, labels);
  if (average === null) return scoreLabels(counts, zeroDivision);
  return averageScores(counts, average === "binary" ? "micro" : average, zeroDivision);
}
