import { describe, expect, test } from "vitest";
import { oracleSources, readOracle } from "../../test/oracle.ts";
import {
  type Average,
  accuracy,
  argmax,
  confusionMatrix,
  Metrics,
  normalizeConfusion,
  precisionRecallF1,
  topK,
} from "./metrics.ts";

interface MetricsCase {
  id: string;
  tag?: string;
  y_true: number[];
  y_pred: number[];
  labels?: number[];
  label_order: number[];
  accuracy: number;
  confusion_matrix: number[][];
  confusion_matrix_true: number[][];
  confusion_matrix_pred: number[][];
  confusion_matrix_all: number[][];
  scores: {
    average: Average;
    zero_division: 0 | 1;
    precision: number | number[];
    recall: number | number[];
    f1: number | number[];
    support?: number[];
  }[];
  rtol: number;
}

function expectClose(actual: unknown, expected: unknown, rtol: number, what: string): void {
  if (Array.isArray(expected)) {
    expect(actual, what).toHaveLength(expected.length);
    expected.forEach((x, i) => {
      expectClose((actual as unknown[])[i], x, rtol, `${what}[${i}]`);
    });
  } else
    expect(Math.abs((actual as number) - (expected as number)), what).toBeLessThanOrEqual(
      rtol * Math.abs(expected as number),
    );
}

/** Logits whose argmax is the prediction. */
function oneHot(predicted: readonly number[], classes: number): Float32Array {
  const out = new Float32Array(predicted.length * classes);
  predicted.forEach((p, i) => {
    out[i * classes + p] = 1;
  });
  return out;
}

for (const source of oracleSources("fixtures/metrics.json")) {
  describe.skipIf(source.missing)(`scikit-learn's numbers, ${source.name}`, () => {
    const cases = source.missing ? [] : readOracle<{ cases: MetricsCase[] }>(source, "fixtures/metrics.json").cases;

    test.each(cases)("$id $tag", (c) => {
      const { y_true, y_pred, labels, rtol } = c;
      expectClose(accuracy(y_true, y_pred), c.accuracy, rtol, "accuracy");
      const matrix = confusionMatrix(y_true, y_pred, labels);
      expect(matrix).toEqual(c.confusion_matrix);
      for (const by of ["true", "pred", "all"] as const)
        expectClose(normalizeConfusion(matrix, by), c[`confusion_matrix_${by}`], rtol, by);
      for (const { average, zero_division: zeroDivision, ...expected } of c.scores) {
        const what = `${average}, zero division ${zeroDivision}`;
        const options = { average, zeroDivision, labels } as { average: null; zeroDivision: 0 | 1; labels?: number[] };
        const scores = precisionRecallF1(y_true, y_pred, options);
        for (const name of ["precision", "recall", "f1"] as const)
          expectClose(scores[name], expected[name], rtol, `${name}, ${what}`);
        if (expected.support) expect([scores.labels, scores.support]).toEqual([c.label_order, expected.support]);
      }
    });

    const plain = cases.filter(
      (c) => c.y_true.concat(c.y_pred).every((label) => label >= 0 && label < 40) && !c.labels,
    );
    test.each(plain)("Metrics, batch by batch: $id $tag", (c) => {
      const classes = Math.max(...c.label_order) + 2; // one class that never occurs
      for (const zeroDivision of [0, 1] as const) {
        const metrics = new Metrics(classes, { zeroDivision });
        for (let i = 0; i < c.y_true.length; i += 3)
          metrics.add(oneHot(c.y_pred.slice(i, i + 3), classes), c.y_true.slice(i, i + 3));
        const report = metrics.result();
        const find = (average: Average) =>
          c.scores.find((s) => s.average === average && s.zero_division === zeroDivision)!;
        expect(report.count).toBe(c.y_true.length);
        expectClose(report.accuracy, c.accuracy, c.rtol, "accuracy");
        for (const name of ["precision", "recall", "f1"] as const) {
          expectClose(report[name], find("macro")[name], c.rtol, name);
          expectClose(
            c.label_order.map((label) => report.perClass[label]![name]),
            find(null)[name],
            c.rtol,
            name,
          );
        }
        expect(c.label_order.map((t) => c.label_order.map((p) => report.confusionMatrix[t]![p]))).toEqual(
          c.confusion_matrix,
        );
        expect(report.perClass.at(-1)).toEqual({
          label: classes - 1,
          precision: zeroDivision,
          recall: zeroDivision,
          f1: zeroDivision,
          support: 0,
        });
      }
    });
  });
}

describe("argmax and topK", () => {
  const logits = Float32Array.of(0.1, 0.4, 0.2, 0.3, 5, 5, 5, 5);

  test("of equal logits the first; NaN is largest, as torch.argmax", () => {
    expect([...argmax(logits, 4)]).toEqual([1, 0]);
    expect([...argmax([1, Number.NaN, 3, Number.NaN, -1, Number.NEGATIVE_INFINITY], 3)]).toEqual([1, 0]);
  });

  test.each([
    [[1, 0], 1, 1],
    [[3, 1], 1, 0],
    [[3, 1], 2, 1],
    [[0, 3], 3, 0],
    [[2, 2], 3, 1],
    [[0, 3], 4, 1],
    [[0, 3], 9, 1],
  ])("labels %j within the first %i: %d", (labels, k, share) => {
    expect(topK(logits, labels, k)).toBe(share);
  });

  test("a NaN never makes a hit", () => {
    expect(topK([Number.NaN, 1], [0], 2, 2)).toBe(0);
    expect(topK([Number.NaN, 1], [1], 1, 2)).toBe(0);
  });

  test("top-1 is accuracy", () => {
    const random = Float32Array.from({ length: 700 }, (_, i) => Math.sin(i * i));
    const labels = Array.from({ length: 100 }, (_, i) => i % 7);
    const metrics = new Metrics(7);
    metrics.add(random, labels);
    const { accuracy: share, top5 } = metrics.result();
    expect(topK(random, labels, 1)).toBe(share);
    expect(accuracy(labels, argmax(random, 7))).toBe(share);
    expect(top5).toBe(topK(random, labels, 5));
  });
});

describe("refusals", () => {
  test.each<[string, string, () => unknown]>([
    ["ShapeError", "length", () => accuracy([0], [0, 1])],
    ["ArgumentError", "empty", () => accuracy([], [])],
    ["ArgumentError", "empty", () => new Metrics(3).result()],
    ["ArgumentError", "empty", () => topK([], [], 1)],
    ["ArgumentError", "k", () => topK([1, 2], [0], 0)],
    ["ArgumentError", "classes", () => new Metrics(0)],
    ["ArgumentError", "classes", () => argmax([1, 2, 3], 2)],
    ["ShapeError", "length", () => new Metrics(3).add([1, 2], [0])],
    ["TargetError", "label", () => new Metrics(3).add([1, 2, 3], [3])],
    ["TargetError", "label", () => new Metrics(3).add([1, 2, 3], [-1])],
    ["TargetError", "label", () => new Metrics(3).add([1, 2, 3], [0.5])],
    ["ArgumentError", "labels", () => precisionRecallF1([], [])],
    ["ArgumentError", "labels", () => precisionRecallF1([0, 1], [0, 1], { labels: [1, 1] })],
    ["ArgumentError", "labels", () => precisionRecallF1([0, 2], [0, 1], { average: "binary" })],
  ])("%s %s", (name, code, call) => {
    expect(call).toThrow(expect.objectContaining({ name, code }));
  });

  test("a refused batch leaves the metrics as they were", () => {
    const metrics = new Metrics(2);
    metrics.add([1, 0], [0]);
    expect(() => metrics.add([1, 0, 0, 1], [0, 2])).toThrow();
    expect(metrics.result()).toMatchObject({
      count: 1,
      accuracy: 1,
      confusionMatrix: [
        [1, 0],
        [0, 0],
      ],
    });
  });
});

test("a tensor is no list: it must be read first", () => {
  const tensor = { shape: [2], numel: 2 } as never;
  for (const call of [
    () => accuracy(tensor, [0, 1]),
    () => topK(tensor, [0, 1], 1, 2),
    () => confusionMatrix([0], tensor),
  ])
    expect(call).toThrow(expect.objectContaining({ code: "list", message: expect.stringContaining("toArray()") }));
});
