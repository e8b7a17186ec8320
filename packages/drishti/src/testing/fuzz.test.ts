/** @file Random graphs on the compiled backends; many more: node scripts/fuzz.mjs. */
import { type BackendName, getBackend } from "@drishti/core";
import { fuzzBackend, fuzzProgram, fuzzRegressions } from "@drishti/core/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { registerDevices } from "../devices.ts";

beforeAll(() => registerDevices());

const graphs = 15;

describe.each<BackendName>(["native", "wasm"])("%s gives the reference's results and gradients", (name) => {
  test.each(Array.from({ length: graphs }, (_, seed) => seed))("in random graph %i", async (seed) => {
    const program = await fuzzProgram(seed);
    expect(await fuzzBackend(program, getBackend(name)), JSON.stringify(program)).toEqual([]);
  });

  test("in the graphs that failed once", async () => {
    for (const { why, program } of fuzzRegressions)
      expect(await fuzzBackend(program, getBackend(name)), why).toEqual([]);
  });
});
