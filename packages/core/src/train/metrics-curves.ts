/** @file Measures of scores, not of decisions: the area under the ROC curve, average precision. */
import { ArgumentError, ShapeError } from "../errors/errors.ts";
import { checkLists, checkLogits, type Labels } from "./metrics-rank.ts";

function checkBinary(where: string, truth: Labels, scores: Labels): void {
  checkLists(where, { truth, scores });
  if (truth.length !== scores.length)
    throw new ShapeError(where, "length", `${truth.length} true labels, but ${scores.length} scores.`, [
      { name: "truth", shape: [truth.length] },
      { name: "scores", shape: [scores.length] },
    ]);
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] !== 0 && truth[i] !== 1)
      throw new ArgumentError(where, "binary", `label ${truth[i]} at index ${i}: truth must be 0 or 1.`);
    if (Number.isNaN(scores[i]!)) throw new ArgumentError(where, "nan", `the score at index ${i} is NaN.`);
  }
}

/** Positives and negatives at or above each distinct score, from the highest down. */
function cumulative(truth: Labels, scores: Labels): { threshold: number; hits: number; alarms: number }[] {
  const order = Array.from(truth, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const points: { threshold: number; hits: number; alarms: number }[] = [];
  let hits = 0;
  let alarms = 0;
  order.forEach((i, at) => {
    if (truth[i] === 1) hits++;
    else alarms++;
    const next = order[at + 1];
    if (next === undefined || scores[next] !== scores[i]) points.push({ threshold: scores[i]!, hits, alarms });
  });
  return points;
}

/** Points of the ROC curve, from (0, 0) to (1, 1): one for each distinct score. */
export interface RocCurve {
  /** Share of the negatives at or above the threshold: x. */
  readonly falsePositiveRate: number[];
  /** Share of the positives at or above the threshold: y. */
  readonly truePositiveRate: number[];
  /** Samples scored at least this count as positive; the first is +∞. */
  readonly thresholds: number[];
}

/**
 * The receiver operating characteristic: how many positives are found for how many false alarms, as the threshold falls.
 *
 * truth    0 or 1 for each sample; scores: larger means more likely 1.
 * Throws   ShapeError "length"; ArgumentError "binary", "nan", "one-class" when only one of the labels occurs.
 * Source   sklearn.metrics.roc_curve with drop_intermediate=False.
 *
 * @example
 * const { falsePositiveRate, truePositiveRate } = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * falsePositiveRate; // [0, 0, 0.5, 0.5, 1]
 * truePositiveRate; // [0, 0.5, 0.5, 1, 1]
 */
export function rocCurve(truth: Labels, scores: Labels): RocCurve {
  checkBinary("rocCurve", truth, scores);
  const points = cumulative(truth, scores);
  const { hits: positives = 0, alarms: negatives = 0 } = points.at(-1) ?? {};
  if (positives === 0 || negatives === 0)
    throw new ArgumentError(
      "rocCurve",
      "one-class",
      `${positives} positive and ${negatives} negative samples: the curve needs both. Give more samples.`,
    );
  return {
    falsePositiveRate: [0, ...points.map(({ alarms }) => alarms / negatives)],
    truePositiveRate: [0, ...points.map(({ hits }) => hits / positives)],
    thresholds: [Number.POSITIVE_INFINITY, ...points.map(({ threshold }) => threshold)],
  };
}

/**
 * Area under the ROC curve: the chance that a positive is scored above a negative, ties counted half.
 *
 * Throws   as rocCurve().
 * Source   sklearn.metrics.roc_auc_score; Fawcett 2006.
 *
 * @example
 * rocAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.75
 */
export function rocAuc(truth: Labels, scores: Labels): number {
  const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(truth, scores);
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  return area;
}

/**
 * Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores, falling; the area under the precision-recall curve as steps.
 *
 * Throws   as rocCurve(), but "one-class" only when there is no positive.
 * Source   sklearn.metrics.average_precision_score.
 *
 * @example
 * averagePrecision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.8333
 */
export function averagePrecision(truth: Labels, scores: Labels): number {
  checkBinary("averagePrecision", truth, scores);
  const points = cumulative(truth, scores);
  const positives = points.at(-1)?.hits ?? 0;
  if (positives === 0)
    throw new ArgumentError("averagePrecision", "one-class", "there is no positive sample: precision has no meaning.");
  let sum = 0;
  let before = 0;
  for (const { hits, alarms } of points) {
    sum += ((hits - before) / positives) * (hits / (hits + alarms));
    before = hits;
  }
  return sum;
}

/** How the classes' measures become one. */
export interface OneVsRestOptions {
  /** The mean over the classes, weighted by their samples, or one number a class. Default "macro". */
  readonly average?: "macro" | "weighted" | null;
}

/**
 * A binary measure of each class against the others, from scores (N, classes).
 *
 * Throws   ShapeError "length", TargetError "label"; what the measure throws, as a class that never occurs.
 * Source   sklearn.metrics.roc_auc_score(multi_class="ovr"), average_precision_score.
 *
 * @example
 * oneVsRest(rocAuc, Float32Array.of(3, 1, 1, 3, 2, 1), [0, 1, 0], 2); // 1
 */
export function oneVsRest(
  measure: (truth: Labels, scores: Labels) => number,
  scores: Labels,
  labels: Labels,
  classes: number,
  options?: OneVsRestOptions & { average?: "macro" | "weighted" },
): number;
export function oneVsRest(
  measure: (truth: Labels, scores: Labels) => number,
  scores: Labels,
  labels: Labels,
  classes: number,
  options: { average: null },
): number[];
export function oneVsRest(
  measure: (truth: Labels, scores: Labels) => number,
  scores: Labels,
  labels: Labels,
  classes: number,
  { average = "macro" }: OneVsRestOptions = {},
): number | number[] {
  checkLogits("oneVsRest", scores, labels, classes);
  const own = Array.from({ length: classes }, (_, c) => ({
    support: Array.from(labels).filter((label) => label === c).length,
    value: measure(
      Array.from(labels, (label) => Number(label === c)),
      Array.from(labels, (_label, i) => scores[i * classes + c]!),
    ),
  }));
  if (average === null) return own.map(({ value }) => value);
  const weight = (support: number) => (average === "macro" ? 1 / classes : support / labels.length);
  return own.reduce((sum, { support, value }) => sum + weight(support) * value, 0);
}
