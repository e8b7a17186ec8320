/** @file Tensor operations against PyTorch's values and gradients, in doubles: scripts/golden-tensor-ops.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as core from "../src/index.ts";

core.registerBackend("reference", core.createReference);
core.setDefaultDevice("reference");

interface Case {
  readonly js: string;
  readonly shapes: readonly (readonly number[])[];
  readonly shape: readonly number[];
  readonly output: readonly number[];
  /** Absent where the result has no gradient; null for an input that has none. */
  readonly grads?: readonly (readonly number[] | null)[];
}
const { torch, cases } = JSON.parse(readFileSync(new URL("golden/tensor-ops.json", import.meta.url), "utf8")) as {
  torch: string;
  cases: Case[];
};

const names = Object.keys(core.nn.functional);
/** `js` with the functions of torch.nn.functional, tensor, and x, y, z in its scope. */
const run = (js: string, inputs: readonly core.Tensor[]): core.Tensor =>
  new Function(...names, "tensor", "x", "y", "z", `return ${js};`)(
    ...Object.values(core.nn.functional),
    core.tensor,
    ...inputs,
  );
const numel = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const made = (shape: readonly number[], each: (i: number) => number, requiresGrad: boolean) =>
  core.tensor(
    Float64Array.from({ length: numel(shape) }, (_, i) => each(i)),
    { shape, requiresGrad },
  );

/** Twelve digits are stored, and sums may be added in another order. */
function near(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const apart = expected.filter((value, i) => !(Math.abs(value - actual[i]!) <= 4e-12 * largest));
  expect({ what, length: actual.length, apart }).toEqual({ what, length: expected.length, apart: [] });
}

describe(`as PyTorch ${torch}`, () => {
  test.each(cases)("$js", async ({ js, shapes, shape, output, grads }) => {
    const inputs = shapes.map((s, k) => made(s, (i) => ((i * 37 + 11 + 5 * k) % 64) / 16 - 2, true));
    const y = run(js, inputs);
    expect([...y.shape]).toEqual(shape);
    near(await y.readValues(), output, "output");
    expect(y.requiresGrad).toBe(grads !== undefined);
    if (!grads) return;
    y.backward({ gradient: made(shape, (i) => ((i * 29 + 3) % 32) / 16 - 1, false) });
    for (const [k, expected] of grads.entries())
      if (expected) near(await inputs[k]!.grad!.readValues(), expected, `gradient ${k}`);
  });
});
