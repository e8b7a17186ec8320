/** @file The wasm backend: its memory, and its kernels, from both files, against the reference and at two thread counts. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { type Backend, type KernelName, KernelRefusal, kernelNames } from "@drishti/core/backends";
import { bestVariant, createWasm, type WasmVariant } from "@drishti/core/backends/wasm";
import { compareKernel, sampleOutputs } from "@drishti/core/testing";
import { describe, expect, it, vi } from "vitest";
import { loadWasm, workerSource } from "./wasm-node.ts";

// Node 20 has relaxed SIMD behind a flag, later ones without.
setFlagsFromString("--experimental-wasm-relaxed-simd");

// Node's types leave it out.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (limits: object) => { readonly buffer: ArrayBufferLike; grow(pages: number): number };
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, () => void> };
};

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

describe("wasm workers", () => {
  // What a message holds is read in order; memory that grows meanwhile has to be known to the worker all the same.
  it("know of growth that happened while they started", async () => {
    const path = createRequire(import.meta.url).resolve("@drishti/core/drishti-simd.wasm");
    const module = new WebAssembly.Module(readFileSync(path));
    const before = Array.from({ length: 1_000_000 }, (_, i) => i + 0.5);
    const source = `${workerSource}
      const { parentPort, workerData } = require("node:worker_threads");
      Atomics.wait(workerData.hasGrown, 0, 0);
      parentPort.postMessage(memory.buffer.byteLength);`;
    const sizes = async (growAfterMs: number) => {
      const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      exports.stop!(); // what serves from now on returns at once
      const hasGrown = new Int32Array(new SharedArrayBuffer(4));
      const workerData = { before, hasGrown, module, memory, thread: 1, stackTop: 0 };
      const worker = new Worker(source, { eval: true, workerData, execArgv: [], env: {} });
      const known = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
      await sleep(growAfterMs);
      memory.grow(1);
      Atomics.store(hasGrown, 0, 1);
      Atomics.notify(hasGrown, 0);
      return { known: await known, grown: memory.buffer.byteLength };
    };
    const started = performance.now();
    await sizes(0);
    const ms = performance.now() - started;
    for (const part of [0.5, 0.65, 0.8]) {
      const { known, grown } = await sizes(part * ms);
      expect(known).toBe(grown);
    }
  });
});

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
