/** @file Whether a classifier's confidence is its accuracy. */
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { argmax, checkLogits, type Labels } from "./metrics-rank.ts";

/** The samples whose confidence lies in (from, to]. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean probability of the predicted class; 0 for an empty bin. */
  readonly confidence: number;
  /** Share that was right; 0 for an empty bin. */
  readonly accuracy: number;
}

/** A reliability diagram, and what it comes to. */
export interface Calibration {
  /** From 0 to 1, of equal width. */
  readonly bins: CalibrationBin[];
  /** Expected calibration error: Σ share of the bin · |accuracy − confidence|. */
  readonly ece: number;
  /** Maximum calibration error: the largest |accuracy − confidence|. */
  readonly mce: number;
}

/**
 * The reliability diagram: samples by the probability of their predicted class, in bins of equal width.
 *
 * Shape    probabilities (N, classes), each row a softmax; labels (N).
 * Options  bins 15.
 * Throws   ShapeError "length", TargetError "label"; ArgumentError "empty", "bins", "probability" outside [0, 1].
 * Source   Guo, Pleiss, Sun & Weinberger 2017 (https://arxiv.org/abs/1706.04599), section 2.
 *
 * @example
 * // Sure by 0.9 and right: 0.1 off. Sure by 0.6 and wrong: 0.6 off.
 * calibration(Float32Array.of(0.9, 0.1, 0.4, 0.6), [0, 0], 2, { bins: 10 }).ece; // 0.35
 */
export function calibration(
  probabilities: Labels,
  labels: Labels,
  classes: number,
  { bins: count = 15 }: { bins?: number } = {},
): Calibration {
  checkLogits("calibration", probabilities, labels, classes);
  if (labels.length === 0) throw new ArgumentError("calibration", "empty", "there are no samples.");
  if (!(Number.isInteger(count) && count >= 1))
    throw new ArgumentError("calibration", "bins", `bins must be a whole number from 1, got ${count}.`);
  const sums = Array.from({ length: count }, () => ({ count: 0, confidence: 0, hits: 0 }));
  const predicted = argmax(probabilities, classes);
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i * classes + predicted[i]!]!;
    if (!(p >= 0 && p <= 1 + 1e-6))
      throw new ArgumentError(
        "calibration",
        "probability",
        `row ${i} has ${p}, which is no probability. Give softmax outputs, not logits.`,
      );
    const bin = sums[Math.min(count - 1, Math.max(0, Math.ceil(p * count) - 1))]!;
    bin.count++;
    bin.confidence += p;
    if (predicted[i] === labels[i]) bin.hits++;
  }
  const bins = sums.map((bin, i) => ({
    from: i / count,
    to: (i + 1) / count,
    count: bin.count,
    confidence: bin.count ? bin.confidence / bin.count : 0,
    accuracy: bin.count ? bin.hits / bin.count : 0,
  }));
  const gaps = bins.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
  return {
    bins,
    ece: gaps.reduce((sum, gap, i) => sum + (gap * bins[i]!.count) / labels.length, 0),
    mce: Math.max(...gaps),
  };
}

/**
 * The expected calibration error alone: Σ share of the bin · |accuracy − confidence|, from 0 to 1; see calibration().
 *
 * Options  bins 15.
 * Throws   as calibration().
 * Source   Guo, Pleiss, Sun & Weinberger 2017 (https://arxiv.org/abs/1706.04599), section 2.
 *
 * @example
 * expectedCalibrationError(Float32Array.of(0.9, 0.1, 0.4, 0.6), [0, 0], 2); // 0.35
 */
export function expectedCalibrationError(
  probabilities: Labels,
  labels: Labels,
  classes: number,
  options: { bins?: number } = {},
): number {
  checkKnown("expectedCalibrationError", options, { bins: 0 });
  return calibration(probabilities, labels, classes, options).ece;
}
