import { beforeAll, describe, expect, test } from "vitest";
import { createReference, eye, manualSeed, randint, registerBackend, setDefaultDevice } from "../index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

describe("randint", () => {
  test.each(["float32", "int32", "uint8"] as const)("draws torch's numbers as %s", async (dtype) => {
    manualSeed(0);
    const t = randint(0, 10, [5], { dtype });
    expect(t.dtype).toBe(dtype);
    expect(await t.tolist()).toEqual([4, 9, 3, 0, 3]); // torch.manual_seed(0); torch.randint(0, 10, (5,), dtype=…)
  });

  test.each([
    ["uint8", 0, 257],
    ["uint8", -1, 4],
    ["bool", 0, 3],
  ] as const)("refuses numbers that %s does not hold", (dtype, low, high) => {
    expect(() => randint(low, high, [2], { dtype })).toThrow(
      expect.objectContaining({ name: "ArgumentError", code: "range" }),
    );
  });

  test("gives floats a gradient, whole numbers none", () => {
    expect(randint(0, 2, [2], { dtype: "float32", requiresGrad: true }).requiresGrad).toBe(true);
    expect(() => randint(0, 2, [2], { requiresGrad: true })).toThrow(expect.objectContaining({ name: "DTypeError" }));
  });
});

test.each([
  [-1, -1],
  [2, -1],
  [1.5, 2],
])("eye refuses the shape (%d, %d)", (n, m) => {
  expect(() => eye(n, m)).toThrow(expect.objectContaining({ name: "ShapeError", code: "size" }));
});
