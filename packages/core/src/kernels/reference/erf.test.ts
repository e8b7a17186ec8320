import { describe, expect, it } from "vitest";
import { compute } from "./compute.ts";
import { erf, erfc } from "./erf.ts";

/** x, erf(x), erfc(x): mpmath 1.3, 30 digits; the first ten agree with Abramowitz & Stegun, table 7.1. */
const known = [
  [0.1, 0.1124629160182849, 0.887537083981715],
  [0.46875, 0.492613473217938, 0.507386526782062],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.5, 0.9661051464753108, 0.033894853524689274],
  [2, 0.9953222650189527, 0.004677734981047266],
  [3.5, 0.9999992569016276, 7.430983723414127e-7],
  [4, 0.9999999845827421, 1.541725790028002e-8],
  [5, 0.9999999999984626, 1.537459794428035e-12],
  [10, 1, 2.088487583762545e-45],
  [26, 1, 5.663192408856143e-296],
] as const;

const unitsOff = (actual: number, expected: number) => Math.abs(actual / expected - 1) / 2 ** -52;

describe("erf and erfc", () => {
  it.each(known)("at ±%d", (x, value, complement) => {
    expect(unitsOff(erf(x), value)).toBeLessThan(4);
    expect(unitsOff(erfc(x), complement)).toBeLessThan(8);
    expect(erf(-x)).toBe(-erf(x));
    expect(unitsOff(erfc(-x), 1 + value)).toBeLessThan(4);
  });

  it("at 0, infinity and NaN", () => {
    expect([0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map(erf)).toEqual([
      0,
      1,
      -1,
      Number.NaN,
    ]);
    expect([0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map(erfc)).toEqual([
      1,
      0,
      2,
      Number.NaN,
    ]);
  });
});

/** x, x·Φ(x), the tanh form: mpmath. The tail at −5 would lose half its digits through 1 + erf. */
it.each([
  [1, 0.8413447460685429, 0.8411919906082767],
  [-1, -0.15865525393145705, -0.1588080093917233],
  [3, 2.99595030590511, 2.996362607918227],
  [-5, -1.4332578593959695e-6, -2.291796196629506e-7],
])("gelu and gelu_tanh at %d", (x, byErf, byTanh) => {
  const at = (kernel: "gelu_f32" | "gelu_tanh_f32") =>
    compute(kernel, { count: 1, alpha: 0, beta: 0 }, [[x]]).output![0]!;
  expect(unitsOff(at("gelu_f32"), byErf)).toBeLessThan(16);
  expect(Math.abs(at("gelu_tanh_f32") - byTanh)).toBeLessThan(1e-14);
});
