import { getBackend } from "@drishti/core";
import { checkBackend, checkBatches, opSuites } from "@drishti/core/testing";
import { describe, expect, test } from "vitest";
import { registerDevices, reportDevices } from "../devices.ts";

registerDevices();

const devices = reportDevices().filter(({ device }) => device === "native" || device === "wasm");

describe.each(devices)("$device against the reference", ({ device, available, reason }) => {
  const title = available ? "$name" : `$name (skipped: ${reason})`;
  test.skipIf(!available).each(opSuites)(title, async ({ samples }) => {
    const backend = getBackend(device);
    for (const sample of samples) {
      expect(await checkBackend(sample, backend), sample.name).toEqual([]);
      expect(await checkBatches(sample, backend), sample.name).toEqual([]);
    }
  });
});
