import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReference, getBackend, registerBackend } from "@drishti/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openDevice, registerDevices } from "./devices.ts";
import { fasterThanNative, type KeptSpeed, keepSpeeds, keptSpeeds, machineName } from "./kept-speeds.ts";

const speed = (device: KeptSpeed["device"], threads: number, train: number): KeptSpeed => ({
  device,
  detail: device === "wasm" ? `simd, ${threads} threads` : "avx2",
  threads,
  train,
  inference: 2 * train,
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "drishti-speeds-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe("what is kept", () => {
  const speeds = [speed("native", 2, 100), speed("wasm", 2, 50)];

  test("is found again, on the same machine only", () => {
    expect(keptSpeeds([folder])).toBeUndefined();
    expect(keepSpeeds(speeds, [folder])).toContain(folder);
    expect(keptSpeeds([folder])).toMatchObject({ machine: machineName(), speeds });
    vi.stubEnv("DRISHTI_ISA", "baseline");
    expect(keptSpeeds([folder])).toBeUndefined();
  });

  test("lies in the first folder that can be written to, or nowhere", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(keepSpeeds(speeds, [join(file, "no"), folder])).toContain(folder);
    expect(keepSpeeds(speeds, [join(file, "no")])).toBeUndefined();
  });

  test.each(["", "{", "null", "{}", '{"machine":"another"}', "SPEEDS"])("is nothing when the file says %s", (text) => {
    const path = keepSpeeds(speeds, [folder])!;
    const broken = { machine: machineName(), measuredAt: "2026", speeds: [{ device: "wasm", train: "fast" }] };
    writeFileSync(path, text === "SPEEDS" ? JSON.stringify(broken) : text);
    expect(keptSpeeds([folder])).toBeUndefined();
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe("native stays", () => {
  const among = (threads: number, ...speeds: KeptSpeed[]) =>
    fasterThanNative({ machine: "", measuredAt: "", speeds }, threads)?.device;

  test.each<[string, string | undefined, number, KeptSpeed[]]>([
    ["where it is the fastest", undefined, 2, [speed("native", 2, 100), speed("wasm", 2, 50)]],
    ["where the other is faster by less than a tenth", undefined, 2, [speed("native", 2, 100), speed("wasm", 2, 109)]],
    ["not where the other is clearly faster", "wasm", 2, [speed("native", 2, 100), speed("wasm", 2, 111)]],
    ["where another number of threads was measured", undefined, 4, [speed("native", 2, 100), speed("wasm", 2, 300)]],
    [
      "not where a GPU is faster, which has no threads",
      "webgpu",
      2,
      [speed("native", 2, 100), speed("webgpu", 1, 300)],
    ],
    ["where it was not measured", undefined, 2, [speed("wasm", 2, 300)]],
  ])("%s", (_name, device, threads, speeds) => expect(among(threads, ...speeds)).toBe(device));
});

describe("--device auto", () => {
  const lines: string[] = [];
  const open = (threads: number) => openDevice("auto", { threads, say: (line) => lines.push(line) });

  beforeEach(() => {
    lines.length = 0;
    vi.stubEnv("DRISHTI_CACHE", folder);
    registerDevices({ threads: 1 });
    registerBackend("native", createReference); // stands for native: which is asked for is all that matters
  });

  test("takes native where nothing was measured, and says nothing", () => {
    expect(open(1).name).toBe("reference");
    expect(lines).toEqual([]);
  });

  test("takes what was measured to be faster, and says so in one line", () => {
    const { detail } = getBackend("wasm");
    keepSpeeds([speed("native", 1, 100), { ...speed("wasm", 1, 200), detail }]);
    expect(open(1).name).toBe("wasm");
    expect(lines).toEqual([`drishti: running on wasm (${detail}); drishti bench found it faster here than native`]);
  });

  test("takes native when the other is not any more what was measured", () => {
    keepSpeeds([speed("native", 1, 100), { ...speed("wasm", 1, 200), detail: "simd, 9 threads" }]);
    expect([open(1).name, lines]).toEqual(["reference", []]);
  });
});
