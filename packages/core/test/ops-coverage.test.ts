/** @file That no public operation is left out: each has samples, which bring the gradient checks, or says here why not. */
import { expect, test } from "vitest";
import { ones, tensor } from "../src/autograd/create.ts";
import { registerBackend, setDefaultDevice } from "../src/autograd/device.ts";
import { createReference } from "../src/backends/reference.ts";
import * as F from "../src/ops/index.ts";
import { opSuites } from "../src/testing/op-suites.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

const x = () => ones([2, 3], { requiresGrad: true });
/** Their results are truth values or places, which have no gradient. */
const constants: Readonly<Record<string, () => { readonly requiresGrad: boolean }>> = {
  all: () => F.all(x()),
  any: () => F.any(x()),
  argmax: () => F.argmax(x()),
  argmin: () => F.argmin(x()),
  argsort: () => F.argsort(x()),
  eq: () => F.eq(x(), 1),
  ge: () => F.ge(x(), 1),
  gt: () => F.gt(x(), 1),
  le: () => F.le(x(), 1),
  lt: () => F.lt(x(), 1),
  ne: () => F.ne(x(), 1),
  oneHot: () => F.oneHot(tensor([1, 0], { dtype: "int32" }), 2),
  to: () => F.to(x(), "int32"),
};

/** "gelu, tanh", "pow 3" and "hardtanh's range" are suites of gelu, pow and hardtanh. */
const sampled = new Set(opSuites.flatMap(({ name }) => /^\w+/.exec(name) ?? []));

test("every operation has samples or gives a constant", () => {
  const names = Object.keys(F).filter((name) => name !== "broadcastTo");
  expect(names.filter((name) => !sampled.has(name) && !(name in constants))).toEqual([]);
  expect(names.length).toBeGreaterThan(100);
  expect(F.broadcastTo).toBe(F.expand);
});

test("what has no gradient says so", () => {
  for (const [name, call] of Object.entries(constants)) expect(call().requiresGrad, name).toBe(false);
});
