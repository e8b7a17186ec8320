/** @file The wasm backend: its memory, and its kernels, from both files, against the reference and at two thread counts. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { type Backend, type KernelName, KernelRefusal, kernelNames } from "@drishti/core/backends";
import { bestVariant, createWasm, type WasmVariant } from "@drishti/core/backends/wasm";
import { compareKernel, sampleOutputs } from "@drishti/core/testing";
import { describe, expect, it, vi } from "vitest";
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
    it("has every kernel of the contract", () => {
      expect(kernelNames.filter((kernel) => !three!.supports(kernel))).toEqual([]);
    });
    it.each(kernelNames.filter((kernel) => three?.supports(kernel)))("%s", async (kernel) => {
      const { failures } = await compareKernel(three!, kernel);
      expect(failures).toEqual([]);
      expect(await bits(three!, kernel)).toEqual(await bits(one!, kernel));
    });
  });
}

describe("wasm backend", () => {
  it("refuses more threads than any machine is for", () => {
    expect(() => loadWasm({ threads: 100_000 })).toThrow("threads must be a whole number from 1 to 256, got 100000");
  });

  const backend = loadWasm({ variant: "simd", threads: 2 });
  const filled = (...values: number[]) => {
    const buffer = backend.alloc("f32", values.length);
    backend.write({ buffer, offset: 0 }, Float64Array.from(values));
    return { buffer, offset: 0 };
  };

  it("collects what nothing refers to: 6 GiB pass through 4 without a free", async () => {
    for (let i = 0; i < 768; i++) {
      const view = { buffer: backend.alloc("f32", 2 ** 21), offset: 0 };
      backend.write(view, new Float32Array([i]));
      expect([...(await backend.read(view, 1))]).toEqual([i]);
    }
  });

  it("survives a buffer freed twice, and refuses its use", () => {
    const x = filled(1, 2);
    backend.free(x.buffer);
    backend.free(x.buffer);
    const y = filled(3, 4);
    const z = filled(5, 6);
    expect([...backend.readSync!(y, 2), ...backend.readSync!(z, 2)]).toEqual([3, 4, 5, 6]);
    expect(() => backend.readSync!(x, 1)).toThrow(/freed/);
  });

  it("refuses another backend's buffers, though both are wasm", () => {
    const other = loadWasm({ variant: "simd", threads: 1 });
    expect(() => other.readSync!(filled(1), 1)).toThrow(/another backend/);
  });

  it("hands a kernel's refusal on, with its facts", () => {
    const targets = { buffer: backend.alloc("i32", 2), offset: 0 };
    backend.write(targets, new Int32Array([0, -7]));
    const params = { batch: 2, classes: 3, spatial: 1, ignoreIndex: -100 };
    const logProb = filled(0, 0, 0, 0, 0, 0);
    const run = () => backend.run("nll_loss_f32", params, [logProb, targets, null], [filled(0, 0), filled(0, 0)]);
    expect(run).toThrow(KernelRefusal);
    expect(run).toThrow(expect.objectContaining({ status: 1, facts: [-7, 1] }));
  });

  it("does all the work alone where no worker starts, and after close", () => {
    const module = readFileSync(createRequire(import.meta.url).resolve("@drishti/core/drishti-simd.wasm"));
    const spawn = () => {
      throw new Error("no workers here");
    };
    expect(createWasm({ module, threads: 4, spawn }).threads).toBe(1);
    const closing = loadWasm({ variant: "simd", threads: 3 });
    closing.close();
    const x = { buffer: closing.alloc("f32", 100_000), offset: 0 };
    closing.run("fill_f32", { count: 100_000, value: 2 }, [], [x]);
    expect(closing.threads).toBe(1);
    expect(closing.readSync!(x, 100_000).every((value) => value === 2)).toBe(true);
  });

  it("refuses a variant that is none", () => {
    vi.stubEnv("DRISHTI_WASM", "fast");
    expect(() => loadWasm()).toThrow('DRISHTI_WASM is "fast"; it can be simd or relaxed');
    vi.unstubAllEnvs();
  });
});
