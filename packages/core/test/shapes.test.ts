/** @file The run's half of the table of shapes; scripts/type-tests.mjs checks the compiler's. Both are PyTorch's. */

import { createReference, DrishtiError, nn, registerBackend, sequential, setDefaultDevice, zeros } from "@drishti/core";
import { describe, expect, test } from "vitest";
import { cases } from "./types/shape-cases.generated.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

describe("as PyTorch", () => {
  test.each(cases.filter((c) => c.output))("$name gives its shape", ({ run, output }) => {
    expect([...run().shape]).toEqual(output);
  });

  test.each(cases.filter((c) => c.code))("$name is refused", ({ run, code }) => {
    expect(run).toThrow(DrishtiError);
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  test("there are cases of both kinds", () => {
    expect(cases.length).toBeGreaterThan(200);
    expect(cases.filter((c) => c.code).length).toBeGreaterThan(60);
  });
});

describe("sequential", () => {
  const make = () =>
    sequential([3, 8, 8], [new nn.Conv2d(3, 4, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(144, 10)]);

  test("is a Sequential with the sample's shape", () => {
    const net = make();
    expect(net).toBeInstanceOf(nn.Sequential);
    expect(net.inputShape).toEqual([3, 8, 8]);
    expect([...net.forward(zeros([2, 3, 8, 8])).shape]).toEqual([2, 10]);
    expect([...net.stateDict().keys()]).toEqual(["0.weight", "0.bias", "3.weight", "3.bias"]);
  });

  test("refuses samples of another shape, naming both", () => {
    expect(() => make().forward(zeros([2, 3, 8, 9]))).toThrow("sequential: expects [N, 3, 8, 8], got [2, 3, 8, 9].");
    expect(() => make().forward(zeros([3, 8, 8]))).toThrow(expect.objectContaining({ code: "input" }));
  });
});

test("layers of a Sequential may have names, in pairs", () => {
  const net = sequential([3, 8, 8], [["conv", new nn.Conv2d(3, 4, 3)], new nn.ReLU(), ["flat", new nn.Flatten()]]);
  const longer = net.append(new nn.Linear(144, 10), "fc");
  expect([...longer.stateDict().keys()]).toEqual(["conv.weight", "conv.bias", "fc.weight", "fc.bias"]);
  expect([...longer.namedChildren()].map(([name]) => name)).toEqual(["conv", "1", "flat", "fc"]);
  expect([...longer.forward(zeros([2, 3, 8, 8])).shape]).toEqual([2, 10]);
  const named = (name: string) => () => new nn.Sequential([name, new nn.ReLU()]);
  for (const name of ["", "a.b", "forward"]) expect(named(name)).toThrow(expect.objectContaining({ code: "name" }));
});

test("Residual and Concat have PyTorch's keys for their parts", () => {
  const residual = new nn.Residual(new nn.Sequential(new nn.Conv2d(2, 2, 1)), new nn.Conv2d(2, 2, 1));
  expect([...residual.stateDict().keys()]).toEqual([
    "branch.0.weight",
    "branch.0.bias",
    "shortcut.weight",
    "shortcut.bias",
  ]);
  const concat = new nn.Concat([new nn.Conv2d(2, 2, 1), new nn.Identity()]);
  expect([...concat.stateDict().keys()]).toEqual(["branches.0.weight", "branches.0.bias"]);
});

test("Residual adds what goes around, or the input itself", async () => {
  const x = zeros([1, 1, 2, 2]).add(3);
  expect(await new nn.Residual(new nn.Identity()).forward(x).sum().item()).toBe(24);
  expect(await new nn.Residual(new nn.Identity(), new nn.MaxPool2d(1)).forward(x).sum().item()).toBe(24);
});
