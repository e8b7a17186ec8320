import { expect, test } from "vitest";
import { ArgumentError, ShapeError, say } from "./errors.ts";

test("say keeps what a message names as facts, under its name", () => {
  const [groups, stride] = [2, [1, 3]];
  const said = say`${"conv"}: groups ${{ groups }} and stride ${{ stride }} of ${4}, mode "${{ mode: "same" }}"`;
  expect(said.text).toBe('conv: groups 2 and stride [1, 3] of 4, mode "same"');
  expect(said.facts).toEqual({ groups, stride, mode: "same" });
});

test("an error has the facts of its message, a shape error its operands' shapes too", () => {
  expect(new ArgumentError("pool", "stride", say`stride must be ≥ 1, got ${{ stride: 0 }}.`)).toMatchObject({
    code: "stride",
    where: "pool",
    facts: { stride: 0 },
    message: "pool: stride must be ≥ 1, got 0.",
  });
  const operands = [{ name: "input", shape: [2, 5] }];
  expect(new ShapeError("linear", "features", say`want ${{ features: 4 }}.`, operands).facts).toEqual({
    features: 4,
    input: [2, 5],
  });
  expect(new ArgumentError("x", "y", "plain").facts).toEqual({});
});
