import { beforeAll, expect, test } from "vitest";
import { createReference, registerBackend, setDefaultDevice } from "../src/index.ts";
import { type FuzzProgram, fuzzGradients, fuzzProgram } from "../src/testing/fuzz.ts";
import { fuzzOps } from "../src/testing/fuzz-ops.ts";
import { fuzzRegressions } from "../src/testing/fuzz-regressions.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

/** Many more: node scripts/fuzz.mjs. */
const graphs = 30;

const programs = new Map<number, FuzzProgram>();

test.each(Array.from({ length: graphs }, (_, seed) => seed))("gradients of random graph %i", async (seed) => {
  const program = await fuzzProgram(seed);
  programs.set(seed, program);
  expect(program.steps.length).toBeGreaterThanOrEqual(5);
  expect(await fuzzGradients(program), JSON.stringify(program)).toEqual([]);
});

test("the graphs are the same every time and hold most operations", async () => {
  expect(await fuzzProgram(3)).toEqual(programs.get(3));
  const used = new Set([...programs.values()].flatMap(({ steps }) => steps.map(({ op }) => op)));
  expect(used.size).toBeGreaterThan(0.7 * Object.keys(fuzzOps).length);
});

test("what failed once", async () => {
  for (const { why, program } of fuzzRegressions) expect(await fuzzGradients(program), why).toEqual([]);
});
