import { describe, expect, test } from "vitest";
import { createReference } from "../src/backends/reference.ts";
import "../src/ops/methods.ts";
import { registerBackend, setDefaultDevice } from "../src/autograd/device.ts";
import { DrishtiError } from "../src/errors/errors.ts";
import {
  checkBatches,
  checkGradients,
  checkLayouts,
  checkSecond,
  checkShape,
  checkSubsets,
  sampleInputs,
} from "../src/testing/op-checks.ts";
import { opSuites } from "../src/testing/op-suites.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

describe.each(opSuites)("$name", ({ samples, errors }) => {
  test.each(samples)("$name", async (sample) => {
    expect(checkShape(sample), "shape").toEqual([]);
    expect(await checkGradients(sample), "gradients against central differences").toEqual([]);
    expect(await checkSecond(sample), "second derivatives against differences of the first").toEqual([]);
    expect(await checkSubsets(sample), "each subset of inputs needing gradients").toEqual([]);
    expect(await checkLayouts(sample), "inputs that are not contiguous").toEqual([]);
    expect(await checkBatches(sample), "batches of 0 and 1").toEqual([]);
  });

  test.each(errors)("refuses $name", (refusal) => {
    const inputs = sampleInputs(refusal, createReference());
    expect(() => refusal.call(inputs)).toThrow(expect.objectContaining({ code: refusal.code }));
    expect(() => refusal.call(inputs)).toThrow(DrishtiError);
  });
});
