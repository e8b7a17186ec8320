/** @file Accuracy, confusion matrix, precision, recall and F1 against scikit-learn's. */
import { type Average, accuracy, confusionMatrix, normalizeConfusion, precisionRecallF1 } from "@drishti/core/train";
import { numberDifference } from "../compare.ts";
import type { Case } from "../store.ts";

type Matrix = readonly (readonly number[])[];

interface ExpectedScores {
  readonly average: Average;
  readonly zero_division: 0 | 1;
  /** A number, or with average null one for each label; so below. */
  readonly precision: number | readonly number[];
  readonly recall: number | readonly number[];
  readonly f1: number | readonly number[];
  readonly support?: readonly number[];
}

export interface MetricsCase extends Case {
  readonly y_true: readonly number[];
  readonly y_pred: readonly number[];
  /** Which labels to count; absent: all that occur. */
  readonly labels?: readonly number[];
  readonly label_order: readonly number[];
  readonly accuracy: number;
  readonly correct: number;
  readonly confusion_matrix: Matrix;
  readonly confusion_matrix_true: Matrix;
  readonly confusion_matrix_pred: Matrix;
  readonly confusion_matrix_all: Matrix;
  readonly scores: readonly ExpectedScores[];
  readonly rtol: number;
}

export async function runMetrics(item: MetricsCase): Promise<string[]> {
  const { y_true: truth, y_pred: predicted, labels, rtol } = item;
  const found: (string | null)[] = [];
  const same = (what: string, actual: number | readonly number[], expected: number | readonly number[]) => {
    const [got, want] = [[actual].flat() as number[], [expected].flat() as number[]];
    if (got.length !== want.length) found.push(`${what} has ${got.length} numbers instead of ${want.length}`);
    else found.push(...want.map((w, i) => numberDifference(`${what} ${i}`, got[i]!, w, rtol * Math.abs(w))));
  };
  const right = accuracy(truth, predicted);
  same("accuracy", right, item.accuracy);
  same("correct", Math.round(right * truth.length), item.correct);
  const matrix = confusionMatrix(truth, predicted, labels);
  const rows = (m: Matrix) => m.flat();
  if (matrix.length !== item.confusion_matrix.length)
    found.push(`the confusion matrix has ${matrix.length} rows instead of ${item.confusion_matrix.length}`);
  same("confusion matrix", rows(matrix), rows(item.confusion_matrix));
  for (const by of ["true", "pred", "all"] as const)
    same(`confusion matrix by ${by}`, rows(normalizeConfusion(matrix, by)), rows(item[`confusion_matrix_${by}`]));
  for (const { average, zero_division: zeroDivision, ...expected } of item.scores) {
    const what = (name: string) => `${name} (average ${average}, zeroDivision ${zeroDivision})`;
    const options = { zeroDivision, ...(labels ? { labels } : {}) };
    if (average === null) {
      const scores = precisionRecallF1(truth, predicted, { average, ...options });
      same(what("labels"), scores.labels, item.label_order);
      for (const name of ["precision", "recall", "f1"] as const) same(what(name), scores[name], expected[name]);
      same(what("support"), scores.support, expected.support ?? []);
    } else {
      const scores = precisionRecallF1(truth, predicted, { average, ...options });
      for (const name of ["precision", "recall", "f1"] as const) same(what(name), scores[name], expected[name]);
    }
  }
  return found.filter((fault) => fault !== null);
}
