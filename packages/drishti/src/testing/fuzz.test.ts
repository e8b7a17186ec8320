/** @file Random graphs on the compiled backends; many more: node scripts/fuzz.mjs. */
import { type BackendName, getBackend } from "@drishti/core";
import { fuzzBackend, fuzzProgram, fuzzRegressions } from "@drishti/core/testing";
import { describe, expect, test } from "vitest";
import { registerDevices } from "../devices.ts";

registerDevices();

const graphs = 15;

/** Why a backend is not to be had here; undefined where it is. */
function missing(name: BackendName): string | undefined {
  try {
    getBackend(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each((["native", "wasm"] as const).map((name) => [name, missing(name)] as const))(
  "%s gives the reference's results and gradients",
  (name, reason) => {
    if (reason !== undefined) {
      test.skip(`skipped: ${reason}`, () => {});
      return;
    }
    test.each(Array.from({ length: graphs }, (_, seed) => seed))("in random graph %i", async (seed) => {
      const program = await fuzzProgram(seed);
      expect(await fuzzBackend(program, getBackend(name)), JSON.stringify(program)).toEqual([]);
    });

    test("in the graphs that failed once", async () => {
      for (const { why, program } of fuzzRegressions)
        expect(await fuzzBackend(program, getBackend(name)), why).toEqual([]);
    });
  },
);
