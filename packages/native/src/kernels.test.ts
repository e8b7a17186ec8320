/** @file Every kernel, on every instruction set that runs here, against the reference, and at one and three threads. */
import { createHash } from "node:crypto";
import { type Backend, type KernelName, kernelNames } from "@drishti/core/backends";
import { compareKernel, sampleOutputs } from "@drishti/core/testing";
import { describe, expect, it } from "vitest";
import { loadNative, type NativeOptions } from "./index.ts";

/** `lanes16` is the code for 16 lanes on AVX2 instructions, for machines without AVX-512. */
const sets: readonly NativeOptions[] = [
  { isa: "avx512" },
  { isa: "avx2" },
  { isa: "neon" },
  { isa: "baseline" },
  { isa: "lanes16" },
];

function open(options: NativeOptions): { backend?: Backend; reason: string } {
  const result = loadNative(options);
  return "backend" in result ? { backend: result.backend, reason: "" } : { reason: result.reason };
}

/** What every sample writes, bit for bit: the work is cut by shape alone, so the number of threads may not show. */
async function bits(backend: Backend, kernel: KernelName): Promise<string[]> {
  return (await sampleOutputs(backend, kernel)).map((data) => createHash("sha256").update(data).digest("hex"));
}

for (const set of sets) {
  const one = open({ ...set, threads: 1 });
  const three = open({ ...set, threads: 3 });
  describe.skipIf(!one.backend)(`native ${set.isa}${one.reason && ` (skipped: ${one.reason})`}`, () => {
    // A kernel of the contract that is not written in C++ yet fails the page of backends, not this.
    it.each(kernelNames.filter((kernel) => three.backend?.supports(kernel)))("%s", async (kernel) => {
      const { failures } = await compareKernel(three.backend!, kernel);
      expect(failures).toEqual([]);
      expect(await bits(three.backend!, kernel)).toEqual(await bits(one.backend!, kernel));
    });
  });
}
