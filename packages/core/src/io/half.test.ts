import { describe, expect, test } from "vitest";
import { narrowBF16, narrowF16, widenBF16, widenF16 } from "./half.ts";

const everyWord = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNaN16 = (word: number, exponent: number, mantissa: number) =>
  (word & exponent) === exponent && (word & mantissa) !== 0;

describe("F16", () => {
  // The interchange values of IEEE 754 binary16.
  test.each([
    [0x3c00, 1],
    [0x3c01, 1 + 2 ** -10],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 2 ** -14 - 2 ** -24],
    [0x0001, 2 ** -24],
    [0xc000, -2],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x8000, -0],
  ])("%i is %d", (word, value) => {
    expect([...widenF16(Uint16Array.of(word))]).toEqual([value]);
    expect([...narrowF16([value])]).toEqual([word]);
  });

  test.each([
    [65519.99, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [2049, 2048],
    [2051, 2052],
    [2 ** -25, 0],
    [2 ** -25 * 1.001, 2 ** -24],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [1e-30, 0],
  ])("%d rounds to %d", (value, rounded) => {
    expect([...widenF16(narrowF16([value]))]).toEqual([rounded]);
  });

  test("every number survives the way there and back, and NaN stays NaN", () => {
    const back = narrowF16(widenF16(everyWord));
    for (const word of everyWord)
      if (isNaN16(word, 0x7c00, 0x3ff)) expect(isNaN16(back[word]!, 0x7c00, 0x3ff)).toBe(true);
      else if (back[word] !== word) expect.unreachable(`${word} became ${back[word]}`);
  });
});

describe("BF16", () => {
  test.each([
    [1 + 2 ** -8, 1], // ties to even
    [1 + 3 * 2 ** -8, 1 + 2 ** -6],
    [1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7],
    [3.4e38, Number.POSITIVE_INFINITY],
    [-0, -0],
  ])("%d rounds to %d", (value, rounded) => {
    expect([...widenBF16(narrowBF16([value]))]).toEqual([rounded]);
  });

  test("every number survives the way there and back, and NaN stays NaN", () => {
    const back = narrowBF16(widenBF16(everyWord));
    for (const word of everyWord)
      if (isNaN16(word, 0x7f80, 0x7f)) expect(isNaN16(back[word]!, 0x7f80, 0x7f)).toBe(true);
      else if (back[word] !== word) expect.unreachable(`${word} became ${back[word]}`);
  });
});
