/** @file From logits to predictions: argmax and top-k. */
import { ArgumentError, ShapeError, say, TargetError } from "../errors/errors.ts";

/** Class labels: what a Dataset, an Int32Array or plain lists give. */
export type Labels = ArrayLike<number>;

/** Refuses what is no list, a tensor above all: without a compiler it would be scored as one of no entries. */
export function checkLists(where: string, lists: Readonly<Record<string, unknown>>): void {
  for (const [name, list] of Object.entries(lists))
    if (typeof (list as Partial<Labels> | undefined)?.length !== "number")
      throw new ArgumentError(
        where,
        "list",
        say`${name} must be a list of numbers, got ${{ [name]: list }}. Read a tensor first: await x.toArray().`,
      );
}

/** Refuses logits that are not (N, classes) for N labels, and labels outside the classes. */
export function checkLogits(where: string, logits: Labels, labels: Labels, classes: number): void {
  checkLists(where, { logits, labels });
  if (!Number.isInteger(classes) || classes < 1)
    throw new ArgumentError(where, "classes", `the number of classes must be an integer of 1 or more, got ${classes}.`);
  if (logits.length !== labels.length * classes)
    throw new ShapeError(
      where,
      "length",
      `${logits.length} logits do not make ${labels.length} rows of ${classes} classes = ${labels.length * classes}.`,
      [{ name: "labels", shape: [labels.length], axes: "N" }],
      "logits must be (N, classes), one label a row.",
    );
  checkLabels(where, labels, classes);
}

export function checkLabels(where: string, labels: Labels, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new TargetError(
        where,
        "label",
        `label ${label} at index ${i} is not one of the ${classes} classes 0 to ${classes - 1}.`,
      );
  }
}

/**
 * The class with the largest logit in each row of (N, classes). Of equal ones the first; NaN counts as largest.
 *
 * Shape   logits (N, classes) → (N).
 * Throws  ArgumentError "classes" when the logits are no whole rows.
 * Source  torch.argmax with dim=1.
 *
 * @example
 * argmax(Float32Array.of(0.1, 0.7, 0.2, 3, 1, 2), 3); // [1, 0]
 */
export function argmax(logits: ArrayLike<number>, classes: number): Int32Array {
  if (!Number.isInteger(classes) || classes < 1 || logits.length % classes !== 0)
    throw new ArgumentError("argmax", "classes", `${logits.length} logits are no whole rows of ${classes} classes.`);
  const best = new Int32Array(logits.length / classes);
  for (let row = 0, base = 0; row < best.length; row++, base += classes) {
    let at = 0;
    for (let c = 1; c < classes && !Number.isNaN(logits[base + at]!); c++) {
      if (!(logits[base + c]! <= logits[base + at]!)) at = c;
    }
    best[row] = at;
  }
  return best;
}

/** How many rows have their label among the k largest logits; the rows must have been checked. */
export function countTopK(logits: ArrayLike<number>, labels: Labels, classes: number, k: number): number {
  let hits = 0;
  for (let row = 0, base = 0; row < labels.length; row++, base += classes) {
    const label = labels[row]!;
    const own = logits[base + label]!;
    if (Number.isNaN(own)) continue;
    let ahead = 0;
    for (let c = 0; c < classes; c++) {
      const other = logits[base + c]!;
      if (!(other <= own) || (other === own && c < label)) ahead++;
    }
    if (ahead < k) hits++;
  }
  return hits;
}

/**
 * The share of rows whose label is among the k largest logits; of equal logits the lower class comes first.
 *
 * Shape   logits (N, classes), labels (N).
 * Throws  ArgumentError "empty" or "k", ShapeError "length", TargetError "label".
 * Source  The ImageNet top-5 measure; sklearn.metrics.top_k_accuracy_score (which puts equal scores the other way round).
 *
 * @example
 * topK(Float32Array.of(0.1, 0.7, 0.2), [2], 2, 3); // 1
 */
export function topK(
  logits: ArrayLike<number>,
  labels: Labels,
  k: number,
  classes = logits.length / labels.length,
): number {
  if (labels.length === 0) throw new ArgumentError("topK", "empty", "there are no labels to score.");
  checkLogits("topK", logits, labels, classes);
  if (!Number.isInteger(k) || k < 1)
    throw new ArgumentError("topK", "k", `k must be an integer of 1 or more, got ${k}.`);
  return countTopK(logits, labels, classes, k) / labels.length;
}
