import { createReference, registerBackend, setDefaultDevice, type Tensor, tensor } from "@drishti/core";
import { beforeAll, describe, expect, test } from "vitest";
import { Args } from "./args.ts";
import { difference, numberDifference, type Rule } from "./compare.ts";
import { NotBuilt } from "./not-built.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const stored = (values: number[], shape = [values.length]) =>
  ({ dtype: "F32", shape, data: Float32Array.from(values) }) as const;
const compare = (actual: Tensor, expected: Parameters<typeof difference>[2], rule: Rule) =>
  difference("y", actual, expected, rule);

describe("a difference is found", () => {
  const within = { atol: 1e-3 };
  test.each<[string, Tensor | (() => Tensor), number[], Rule]>([
    ["beyond the room", () => tensor([1, 2.002]), [1, 2], within],
    ["NaN for a number", () => tensor([1, Number.NaN]), [1, 2], within],
    ["a number for NaN", () => tensor([1, 2]), [1, Number.NaN], within],
    ["the other infinity", () => tensor([1, -Infinity]), [1, Infinity], within],
    ["a number for infinity", () => tensor([1, 3e38]), [1, Infinity], within],
    ["a bit where bits must agree", () => tensor([1, 1 + 2 ** -23]), [1, 1], { atol: 0 }],
    ["more than rounding in an exact sum", () => tensor([8, 1 + 2 ** -16]), [8, 1], { atol: 0, sum: true }],
    [
      "more than rounding in a sum of another order",
      () => tensor([8, 1 + 2 ** -16]),
      [8, 1],
      { atol: 0, sum: true, reordered: true },
    ],
    ["a number where float32 overflows, without the flag", () => tensor([1, 1e30]), [1, Number.NaN], within],
  ])("%s", async (_name, actual, expected, rule) => {
    const got = typeof actual === "function" ? actual() : actual;
    expect(await compare(got, stored(expected), rule)).toMatch(/^y: 1 of 2 differ/);
  });

  test("another shape of as many values", async () => {
    const fault = await compare(tensor([[1, 2]]), stored([1, 2]), within);
    expect(fault).toBe("y has shape [1, 2] instead of [2]");
  });

  test("integers for floats and floats for integers", async () => {
    expect(await compare(tensor(Int32Array.of(1)), stored([1]), within)).toMatch("int32 instead of float32");
    const integers = { dtype: "I64", shape: [1], data: BigInt64Array.of(1n) } as const;
    expect(await compare(tensor([1]), integers, within)).toMatch("float32 instead of integers");
    expect(await compare(tensor(Int32Array.of(2)), integers, within)).toMatch("1 of 1 differ");
  });

  test("a missing result", async () => expect(await difference("y", null, stored([1]), within)).toBe("y is missing"));
});

describe("no difference is found", () => {
  test.each<[string, () => Tensor, number[], Rule]>([
    ["within the room", () => tensor([1, 2.0009]), [1, 2], { atol: 1e-3 }],
    ["NaN for NaN, infinity for infinity", () => tensor([Number.NaN, -Infinity]), [Number.NaN, -Infinity], { atol: 0 }],
    ["doubles that round to the expected bits", () => tensor([0.1, 1 + 2 ** -30]), [0.1, 1], { atol: 0 }],
    ["doubles that overflow when rounded", () => tensor([1e39, 1]), [Infinity, 1], { atol: 1e-3 }],
    ["a flagged overflow on doubles", () => tensor([1e30, 1]), [Number.NaN, 1], { atol: 1e-3, overflows: true }],
    ["one rounding in an exact sum", () => tensor([8, 1 + 2 ** -23]), [8, 1], { atol: 0, sum: true }],
  ])("%s", async (_name, actual, expected, rule) => {
    expect(await compare(actual(), stored(expected), rule)).toBeNull();
  });

  test("numbers", () => {
    expect(numberDifference("n", Number.NaN, Number.NaN, 0)).toBeNull();
    expect(numberDifference("n", 1, 1.1, 0.2)).toBeNull();
    expect(numberDifference("n", 1, Number.NaN, 1)).not.toBeNull();
  });
});

describe("arguments", () => {
  test("that nobody asked for skip the case", () => {
    const args = new Args({ kernel_size: 3, groups: 2 });
    expect(args.sizes("kernel_size")).toBe(3);
    expect(() => args.finish("nn.X")).toThrow(new NotBuilt("nn.X has no option groups"));
  });

  test("follow torch: lists of one, empty lists, numbers that JSON lacks", () => {
    const args = new Args({ a: [2], b: [], c: "Infinity", d: [1, "NaN"], e: null });
    expect([args.sizes("a"), args.sizes("b"), args.number("c"), args.list("d"), args.optionalNumber("e")]).toEqual([
      2,
      undefined,
      Infinity,
      [1, Number.NaN],
      undefined,
    ]);
    expect(() => args.finish("nn.X")).not.toThrow();
  });
});
