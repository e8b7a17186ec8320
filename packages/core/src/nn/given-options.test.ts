import { beforeAll, expect, test } from "vitest";
import { createReference, nn, registerBackend, setDefaultDevice, tensor, zeros } from "../index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

test("the first option stands by position, as in PyTorch, or by its name", () => {
  expect(new nn.ELU(0.5).alpha).toBe(new nn.ELU({ alpha: 0.5 }).alpha);
  expect(new nn.LeakyReLU({ negativeSlope: 0.2 }).negativeSlope).toBe(0.2);
  expect(new nn.Hardtanh({ maxVal: 3 })).toMatchObject({ minVal: -1, maxVal: 3 });
  expect(new nn.Hardtanh(-2, 2)).toMatchObject({ minVal: -2, maxVal: 2 });
  expect(new nn.Softplus({ threshold: 5 })).toMatchObject({ beta: 1, threshold: 5 });
  expect(new nn.PReLU({ numParameters: 4 }).weight.shape).toEqual([4]);
  expect(new nn.Dropout({ p: 0.1 }).p).toBe(0.1);
  expect(new nn.Softmax(1).dim).toBe(1);
  expect(new nn.LogSoftmax({ dim: -1 }).dim).toBe(-1);
});

// What a compiler refuses: without one it would be lost.
const lost: [string, () => unknown][] = [
  ["Conv2d", () => new nn.Conv2d(3, 8, 3, 1 as never)],
  ["MaxPool2d", () => new nn.MaxPool2d(3, 2, 1 as never)],
  ["BatchNorm2d", () => new nn.BatchNorm2d(3, 1e-3 as never)],
  ["GELU", () => new nn.GELU("tanh" as never)],
  ["CrossEntropyLoss", () => new nn.CrossEntropyLoss(tensor([1, 2]) as never)],
  ["Linear", () => new nn.Linear(3, 8, false as never)],
];
test.each(lost)("%s refuses options that are no object", (where, make) => {
  expect(make).toThrow(
    expect.objectContaining({ code: "options", where, facts: { options: expect.anything() as unknown } }),
  );
});

test("a shape that is no list, and an entry that is no layer", () => {
  expect(() => zeros(2 as never)).toThrow(/a shape is a list, such as \[2, 3\], got 2/);
  expect(() => new nn.Sequential(3 as never)).toThrow(expect.objectContaining({ code: "layer" }));
});
