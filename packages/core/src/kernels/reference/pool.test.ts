import { describe, expect, it } from "vitest";
import { compute } from "./compute.ts";

const nan = Number.NaN;

const square = {
  planes: 1,
  inHeight: 4,
  inWidth: 4,
  outHeight: 2,
  outWidth: 2,
  kernelHeight: 2,
  kernelWidth: 2,
  strideHeight: 2,
  strideWidth: 2,
  padTop: 0,
  padLeft: 0,
  dilationHeight: 1,
  dilationWidth: 1,
};
/** One row of `width` elements. */
const row = (width: number, outWidth: number, kernelWidth: number, strideWidth: number, padLeft = 0) => ({
  ...square,
  inHeight: 1,
  inWidth: width,
  outHeight: 1,
  outWidth,
  kernelHeight: 1,
  kernelWidth,
  strideHeight: 1,
  strideWidth,
  padLeft,
});

describe("max pooling", () => {
  const max = (p: typeof square, input: readonly number[]) => {
    const { output, indices } = compute("max_pool2d_f32", p, [input]);
    return { output: [...output!], indices: [...indices!] };
  };

  it("the figure of Stanford's CS231n notes", () => {
    const image = [1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4];
    expect(max(square, image)).toEqual({ output: [6, 8, 3, 4], indices: [5, 7, 8, 15] });
  });

  it("keeps the first among equals, and −∞ when there is nothing else", () => {
    expect(max(row(4, 2, 2, 2), [7, 7, -Infinity, -Infinity])).toEqual({ output: [7, -Infinity], indices: [0, 2] });
  });

  it("a NaN wins, wherever it stands", () => {
    expect(max(row(6, 2, 3, 3), [1, nan, 9, nan, 2, 3])).toEqual({ output: [nan, nan], indices: [1, 3] });
  });

  it("padding never wins", () => {
    expect(max(row(3, 2, 2, 2, 1), [-5, -3, -4])).toEqual({ output: [-5, -3], indices: [0, 1] });
  });

  it("sends gradients to the winners, adding where windows share one", () => {
    const p = { planes: 2, inSize: 3, outSize: 2 };
    const { gradInput } = compute("max_pool2d_backward_f32", p, [
      [1, 2, 3, 4],
      [1, 1, 0, 2],
    ]);
    expect(gradInput).toEqual(Float64Array.of(0, 3, 0, 3, 0, 4));
  });
});

describe("average pooling: what the divisor counts", () => {
  /** As a row and, with height and width exchanged, as a column: the numbers lie in the same order. */
  const average = (p: typeof square, countIncludePad: number, padRight = 0, divisorOverride = 0) => {
    const asRow = { ...p, countIncludePad, divisorOverride, padBottom: 0, padRight };
    const asColumn = {
      ...asRow,
      inHeight: p.inWidth,
      inWidth: 1,
      outHeight: p.outWidth,
      outWidth: 1,
      kernelHeight: p.kernelWidth,
      kernelWidth: 1,
      strideHeight: p.strideWidth,
      strideWidth: 1,
      padTop: p.padLeft,
      padLeft: 0,
      padBottom: padRight,
      padRight: 0,
    };
    const [row, column] = [asRow, asColumn].map((q) => [...compute("avg_pool2d_f32", q, [[6, 12, 18]]).output!]);
    expect(column).toEqual(row);
    return row;
  };
  it("padding or not", () => {
    expect(average(row(3, 2, 3, 2, 1), 1, 1)).toEqual([6, 10]);
    expect(average(row(3, 2, 3, 2, 1), 0, 1)).toEqual([9, 15]);
  });
  it("never what ceil mode adds beyond the padding", () => {
    expect(average(row(3, 2, 2, 2), 1)).toEqual([9, 18]);
    expect(average(row(3, 2, 4, 2, 1), 1, 1)).toEqual([9, 10]);
  });
  it("or a fixed one", () => {
    expect(average(row(3, 2, 2, 2), 1, 0, 6)).toEqual([3, 3]);
  });
});

it("adaptive windows run from floor(i·in/out) to ceil((i + 1)·in/out)", () => {
  const p = { planes: 1, inHeight: 1, inWidth: 5, outHeight: 1, outWidth: 3 }; // 0–2, 1–4, 3–5
  expect(compute("adaptive_avg_pool2d_f32", p, [[2, 4, 6, 8, 10]]).output).toEqual(Float64Array.of(3, 6, 9));
  const { output, indices } = compute("adaptive_max_pool2d_f32", p, [[5, 4, 4, 1, 2]]);
  expect([[...output!], [...indices!]]).toEqual([
    [5, 4, 2],
    [0, 1, 4],
  ]);
});
