import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { averagePrecision, calibration, expectedCalibrationError, oneVsRest, rocAuc, rocCurve } from "./metrics.ts";

interface Binary {
  truth: number[];
  scores: number[];
  auc: number;
  averagePrecision: number;
  fpr: number[];
  tpr: number[];
  thresholds: number[];
}
interface Many {
  classes: number;
  labels: number[];
  probabilities: number[];
  bins: number;
  ece: number;
  "auc macro": number;
  "auc weighted": number;
  "auc None": number[];
  "averagePrecision macro": number;
  "averagePrecision weighted": number;
  "averagePrecision None": number[];
}
const file = new URL("../../test/golden/curves.json", import.meta.url);
const { binary, many } = JSON.parse(readFileSync(file, "utf8")) as { binary: Binary[]; many: Many[] };
/** Both sides compute in doubles; they differ by the order of the sums. */
const digits = 12;

describe("scikit-learn's values", () => {
  test.each(binary.map((c) => [c.truth.length, c] as const))("two classes, %i samples", (_, c) => {
    expect(rocAuc(c.truth, c.scores)).toBeCloseTo(c.auc, digits);
    expect(averagePrecision(c.truth, c.scores)).toBeCloseTo(c.averagePrecision, digits);
    const curve = rocCurve(c.truth, c.scores);
    expect(curve.thresholds.slice(1)).toEqual(c.thresholds);
    expect(curve.falsePositiveRate).toEqual(c.fpr);
    expect(curve.truePositiveRate).toEqual(c.tpr);
  });

  test.each(many.map((c) => [c.classes, c] as const))("%i classes", (_, c) => {
    const of = (measure: typeof rocAuc, average: "macro" | "weighted") =>
      oneVsRest(measure, c.probabilities, c.labels, c.classes, { average });
    for (const average of ["macro", "weighted"] as const) {
      expect(of(rocAuc, average)).toBeCloseTo(c[`auc ${average}`], digits);
      expect(of(averagePrecision, average)).toBeCloseTo(c[`averagePrecision ${average}`], digits);
    }
    const each = oneVsRest(rocAuc, c.probabilities, c.labels, c.classes, { average: null });
    for (const [i, value] of c["auc None"].entries()) expect(each[i]).toBeCloseTo(value, digits);
    const { bins } = c;
    expect(expectedCalibrationError(c.probabilities, c.labels, c.classes, { bins })).toBeCloseTo(c.ece, digits);
    const diagram = calibration(c.probabilities, c.labels, c.classes, { bins });
    expect(diagram.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(c.labels.length);
  });
});

describe("refusals", () => {
  test.each([
    ["one class", () => rocAuc([1, 1], [0.2, 0.3]), /2 positive and 0 negative/],
    ["no positive", () => averagePrecision([0, 0], [0.2, 0.3]), /no positive sample/],
    ["lengths", () => rocAuc([0, 1], [0.2]), /2 true labels, but 1 scores/],
    ["a label", () => rocAuc([0, 2], [0.2, 0.1]), /label 2 at index 1/],
    ["NaN", () => rocAuc([0, 1], [0.2, Number.NaN]), /score at index 1 is NaN/],
    ["logits", () => calibration([3, -1], [0], 2), /row 0 has 3, which is no probability/],
    ["bins", () => calibration([1, 0], [0], 2, { bins: 0 }), /got 0/],
    ["nothing", () => calibration([], [], 2), /no samples/],
  ])("%s", (_, call, message) => expect(call).toThrow(message));
});
