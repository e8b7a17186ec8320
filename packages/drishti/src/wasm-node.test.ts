/** @file The wasm backend's kernels, from both files, against the reference, and at one and three threads. */
import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { type Backend, type KernelName, kernelNames } from "@drishti/core/backends";
import { bestVariant, type WasmVariant } from "@drishti/core/backends/wasm";
import { compareKernel, sampleOutputs } from "@drishti/core/testing";
import { describe, expect, it } from "vitest";
import { loadWasm } from "./wasm-node.ts";

// Node 20 has relaxed SIMD behind a flag, later ones without.
setFlagsFromString("--experimental-wasm-relaxed-simd");

const variants: readonly WasmVariant[] = ["simd", "relaxed"];

/** What every sample writes, bit for bit: the work is cut by shape alone, so the number of threads may not show. */
async function bits(backend: Backend, kernel: KernelName): Promise<string[]> {
  return (await sampleOutputs(backend, kernel)).map((data) => createHash("sha256").update(data).digest("hex"));
}

for (const variant of variants) {
  const runs = variant === "simd" || bestVariant() === "relaxed";
  describe.skipIf(!runs)(`wasm ${variant}${runs ? "" : " (skipped: this Node has no relaxed SIMD)"}`, () => {
    const one = runs ? loadWasm({ variant, threads: 1 }) : undefined;
    const three = runs ? loadWasm({ variant, threads: 3 }) : undefined;
    it.each(kernelNames)("%s", async (kernel) => {
      const { failures } = await compareKernel(three!, kernel);
      expect(failures).toEqual([]);
      expect(await bits(three!, kernel)).toEqual(await bits(one!, kernel));
    });
  });
}
