import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../errors/errors.ts";
import { resize } from "./resize.ts";

interface Case {
  input: [number, number, number];
  size: number | [number, number];
  interpolation: "bilinear" | "nearest";
  antialias: boolean;
  bytes: boolean;
  shape: [number, number, number];
  values: number[];
}
const golden: { source: string; cases: Case[] } = JSON.parse(
  readFileSync(new URL("../../../test/golden/resize.json", import.meta.url), "utf8"),
);

function picture([channels, height, width]: [number, number, number], bytes: boolean) {
  const values = Uint8Array.from({ length: channels * height * width }, (_, i) => (i * 7919 + 13) % 256);
  return { data: bytes ? values : Float32Array.from(values, (v) => v / 255), channels, height, width };
}

describe(`resize gives the values of ${golden.source}`, () => {
  test.each(golden.cases)("$input to $size, $interpolation, antialias $antialias, bytes $bytes", (c) => {
    const transform = resize(c.size, { interpolation: c.interpolation, antialias: c.antialias });
    const out = transform.apply(picture(c.input, c.bytes));
    expect([out.channels, out.height, out.width]).toEqual(c.shape);
    expect(transform.outputShape(c.input)).toEqual(c.shape);
    expect(out.data).toBeInstanceOf(c.bytes ? Uint8Array : Float32Array);
    // torch adds in float32 (2^-21: four units in the last place of 1) and rounds positions to float32 (half a unit of the
    // larger edge, times a step of at most 1 between neighbours). Bytes are the nearest to torch's value before rounding.
    const float32 = 2 ** -21 + 2 ** -24 * Math.max(c.input[1], c.input[2]);
    const bound = c.interpolation === "nearest" ? 0 : c.bytes ? 0.5 + 255 * float32 : float32;
    const worst = c.values.reduce((most, value, i) => Math.max(most, Math.abs(Math.fround(value) - out.data[i]!)), 0);
    expect(out.data.length).toBe(c.values.length);
    expect(worst).toBeLessThanOrEqual(bound);
  });
});

describe("resize", () => {
  test("leaves a picture of that size as it is", () => {
    const same = picture([1, 6, 9], true);
    expect(resize(6).apply(same)).toBe(same);
  });
  test.each([0, -1, 1.5, Number.NaN, [3], [3, 0], [1, 2, 3]].map((size) => ({ size })))(
    "refuses size $size",
    ({ size }) => {
      expect(() => resize(size)).toThrow(ArgumentError);
    },
  );
  test("refuses an interpolation it does not have, by name", () => {
    expect(() => resize(3, { interpolation: "lanczos" as "bilinear" })).toThrow(/"bilinear", "bicubic", got "lanczos"/);
  });
});
