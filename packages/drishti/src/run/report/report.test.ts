import { describe, expect, test } from "vitest";
import { lineChart } from "./line-chart.ts";
import { reliability } from "./reliability.ts";
import { confusion, perClass } from "./tables.ts";
import { html } from "./text.ts";

function evaluation(matrix: number[][]): Parameters<typeof confusion>[0] {
  const perClassScores = matrix.map((row, label) => ({
    label,
    precision: 0.5,
    recall: 0.25,
    f1: (label + 1) / (matrix.length + 1),
    support: row.reduce((a, b) => a + b, 0),
  }));
  const count = matrix.flat().reduce((a, b) => a + b, 0);
  const scores = { count, accuracy: 0, top5: 0, precision: 0, recall: 0, f1: 0, loss: 1 };
  return { ...scores, perClass: perClassScores, confusionMatrix: matrix };
}

describe("confusion", () => {
  test("a matrix with every count, names escaped", () => {
    const page = confusion(
      evaluation([
        [3, 1],
        [0, 5],
      ]),
      ["<b>", "रेखा"],
    );
    expect(page).toContain("&lt;b&gt;");
    expect(page).not.toContain("<b>");
    expect([...page.matchAll(/--share:(\d+)%[^>]*>(\d*)</g)].map(([, share, count]) => [share, count])).toEqual([
      ["75", "3"],
      ["25", "1"],
      ["0", ""],
      ["100", "5"],
    ]);
  });
  test("of many classes the commonest confusions, the most first, and the weakest classes first", () => {
    const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
    const matrix = names.map((_, i) => names.map((__, k) => (i === k ? 9 : k === (i + 1) % 40 ? i : 0)));
    const page = confusion(evaluation(matrix), names);
    expect(page).toContain("30 of 39 pairs");
    expect([...page.matchAll(/<td>(\d+)<\/td>/g)].map(([, count]) => Number(count))).toEqual(
      Array.from({ length: 30 }, (_, i) => 39 - i),
    );
    expect(perClass(evaluation(matrix), names).indexOf("c0<")).toBeLessThan(
      perClass(evaluation(matrix), names).indexOf("c39<"),
    );
  });
});

test("reliability: bars where answers are, heights by accuracy", () => {
  const bin = (from: number, count: number, confidence: number, accuracy: number) => ({
    from,
    to: from + 0.5,
    count,
    confidence,
    accuracy,
  });
  const page = reliability({ bins: [bin(0, 0, 0, 0), bin(0.5, 4, 0.75, 0.5)], ece: 0.25, mce: 0.25 }, 4);
  expect([...page.matchAll(/class="bar"[^>]* height="([\d.]+)"/g)].map(([, height]) => Number(height))).toEqual([150]);
  expect([...page.matchAll(/class="gap"[^>]* height="([\d.]+)"/g)].map(([, height]) => Number(height))).toEqual([75]);
  expect(page).toContain("25.0 %");
});

test("a chart leaves out what is not finite, and says when nothing is", () => {
  const chart = (values: number[]) =>
    lineChart({ en: "Loss", hi: "Loss" }, [{ name: "training", tone: "a", values }], String);
  expect(chart([1, Number.NaN, 2]).match(/<circle/g)?.length).toBe(2);
  expect(chart([Number.NaN])).toContain("no finite values");
});

test("html() leaves no way out of a text", () => {
  expect(html(`"><script>&`)).toBe("&quot;&gt;&lt;script&gt;&amp;");
});
