/** @file Memory, refusals, denormals and the end of threads. The kernels' numbers are in kernels.test.ts. */
import { spawnSync } from "node:child_process";
import { type Backend, blockSize, KernelRefusal, kernelNames } from "@drishti/core/backends";
import { afterEach, describe, expect, it, vi } from "vitest";
import { planBuild } from "../build.mjs";
import { BLOCK_BYTES } from "./addon.ts";
import { defaultThreads, loadNative, mostThreads, threadsFor } from "./index.ts";

const result = loadNative({ threads: 2 });
const other = loadNative({ threads: 1 });
const why = "reason" in result ? ` (skipped: ${result.reason})` : "";

describe.skipIf("reason" in result)(`native backend${why}`, () => {
  const backend = "backend" in result ? result.backend : (undefined as unknown as Backend);
  const filled = (...values: number[]) => {
    const buffer = backend.alloc("f32", values.length);
    backend.write({ buffer, offset: 0 }, Float32Array.from(values));
    return { buffer, offset: 0 };
  };
  const unary = (count: number) => ({ count, alpha: 0, beta: 0 });

  it("has every kernel of the contract", () => {
    expect(kernelNames.filter((kernel) => !backend.supports(kernel))).toEqual([]);
  });

  it("writes doubles rounded to float32 and reads copies", async () => {
    const buffer = backend.alloc("f32", 3);
    backend.write({ buffer, offset: 1 }, new Float64Array([Math.PI, 0.1]));
    const read = await backend.read({ buffer, offset: 1 }, 2);
    expect([...read]).toEqual([Math.fround(Math.PI), Math.fround(0.1)]);
    read.fill(0);
    expect(backend.readSync!({ buffer, offset: 1 }, 1)[0]).toBe(Math.fround(Math.PI));
  });

  it("refuses calls that would leave their buffers", () => {
    const x = filled(1, 2, 3);
    expect(() => backend.run("relu_f32", unary(4), [x], [x])).toThrow(
      /"input" wants 4 elements from 0 on, in a buffer of 3/,
    );
    expect(() => backend.run("relu_f32", unary(3), [{ ...x, offset: 1 }], [x])).toThrow(/wants 3 elements from 1 on/);
    expect(() => backend.run("relu_f32", unary(3), [], [x])).toThrow(/wants 1 operands, got 0/);
    expect(() => backend.run("relu_f32", unary(3), [null], [x])).toThrow(/"input" is missing/);
    expect(() => backend.run("cast_f32_i32", { count: 3 }, [x], [x])).toThrow(/"output" wants i32, got f32/);
    expect(() => backend.write(x, new Float32Array(4))).toThrow(/4 elements from 0 on, in a buffer of 3/);
    expect(() => backend.write(x, new Int32Array(3))).toThrow(/does not take a Int32Array/);
    expect(() => backend.readSync!(x, 4)).toThrow(/4 elements/);
  });

  it("refuses freed buffers and other backends'", () => {
    const x = filled(1);
    backend.free(x.buffer);
    backend.free(x.buffer); // twice is once
    expect(() => backend.run("relu_f32", unary(1), [x], [filled(0)])).toThrow(/freed/);
    expect(() => backend.readSync!(x, 1)).toThrow(/freed/);
    const foreign = { buffer: { type: "f32" as const, length: 1 }, offset: 0 };
    expect(() => backend.run("relu_f32", unary(1), [foreign], [filled(0)])).toThrow(/another backend/);
  });

  it("keeps freed memory for the next buffer of its size, or gives it back at once", () => {
    const held = () => process.memoryUsage().arrayBuffers;
    const size = 2 ** 24;
    const first = backend.alloc("f32", size);
    const before = held();
    backend.free(first);
    const second = backend.alloc("f32", size);
    expect(held() - before).toBeLessThan(2 ** 20); // the same memory
    backend.keepFreed?.(false);
    try {
      backend.free(second);
      expect(before - held()).toBeGreaterThan(4 * size - 2 ** 20); // without a garbage collection
      const third = backend.alloc("f32", size);
      backend.write({ buffer: third, offset: size - 1 }, Float32Array.of(7));
      expect(backend.readSync!({ buffer: third, offset: size - 1 }, 1)[0]).toBe(7);
      backend.free(third);
    } finally {
      backend.keepFreed?.(true);
    }
  });

  const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
  it.skipIf(!glibcVersionRuntime)(
    "gives freed memory back to the system, from the midst of the heap, too (glibc)",
    () => {
      const resident = () => process.memoryUsage.rss() / 2 ** 20;
      const size = 2 ** 18; // 1 MiB each
      const touched = (count: number) => {
        const buffer = backend.alloc("f32", count);
        backend.run("fill_f32", { count, value: 1 }, [], [{ buffer, offset: 0 }]);
        return buffer;
      };
      backend.keepFreed?.(false);
      try {
        backend.free(touched(2 ** 22)); // from now on buffers up to this size come from the heap
        const buffers = Array.from({ length: 40 }, () => touched(size));
        const last = touched(size); // keeps the heap from shrinking at its end
        const before = resident();
        for (const buffer of buffers) backend.free(buffer);
        expect(before - resident()).toBeGreaterThan(30);
        backend.free(last);
      } finally {
        backend.keepFreed?.(true);
      }
    },
  );

  it("takes buffers of any native backend: they are one kind of memory", () => {
    if (!("backend" in other)) throw new Error(other.reason);
    const x = filled(-1, 2);
    other.backend.run("relu_f32", unary(2), [x], [x]);
    expect([...backend.readSync!(x, 2)]).toEqual([0, 2]);
  });

  it("hands a kernel's refusal on, with its facts", () => {
    const logProb = filled(...new Array<number>(6).fill(-1));
    const targets = backend.alloc("i32", 2);
    backend.write({ buffer: targets, offset: 0 }, new Int32Array([1, 3]));
    const run = () =>
      backend.run(
        "nll_loss_f32",
        { batch: 2, classes: 3, spatial: 1, ignoreIndex: -100 },
        [logProb, { buffer: targets, offset: 0 }, null],
        [filled(0, 0), filled(0, 0)],
      );
    expect(run).toThrow(KernelRefusal);
    expect(run).toThrow(expect.objectContaining({ status: 1, facts: [3, 1] }));
  });

  it("flushes denormals where it computes, keeps them where it compares, and leaves JavaScript's alone", () => {
    const tiny = filled(1e-40, 1e-40);
    const zero = filled(0, 0);
    const half = filled(0.5, 0.5);
    const product = filled(7, 7);
    const same = { buffer: backend.alloc("u8", 2), offset: 0 };
    const shape = [1, 1, 1, 1, 1, 1, 1, 2];
    const strides = [0, 0, 0, 0, 0, 0, 0, 1];
    const params = { ndim: 1, shape, stridesA: strides, stridesB: strides };
    backend.run("mul_f32", params, [tiny, half], [product]);
    backend.run("eq_f32", params, [tiny, zero], [same]);
    expect([...backend.readSync!(product, 2)]).toEqual([0, 0]);
    expect([...backend.readSync!(same, 2)]).toEqual([0, 0]);
    expect(Math.fround(1e-40) * 0.5).toBeGreaterThan(0);
    expect(Number.MIN_VALUE * 2).toBeGreaterThan(0);
  });

  it("lets go of its threads at exit, in workers, and when a worker is ended", () => {
    const plan = planBuild();
    if (plan.reason !== undefined) throw new Error(plan.reason);
    const open = `require(${JSON.stringify(plan.cached)}).open("", 4, new ArrayBuffer(${BLOCK_BYTES}))`;
    const script = `
      const { Worker } = require("node:worker_threads");
      const engine = ${open};
      const worker = new Worker(${JSON.stringify(`const engine = ${open}; require("node:worker_threads").parentPort.postMessage(engine.threads); setInterval(() => engine, 1000)`)}, { eval: true });
      worker.once("message", (threads) => worker.terminate().then(() => console.log(threads, engine.threads)));
    `;
    const { status, stdout, signal } = spawnSync(process.execPath, ["-e", script], {
      encoding: "utf8",
      timeout: 30_000,
    });
    expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "4 4\n" });
  });
});

describe("block sizes", () => {
  it("waste at most an eighth, and are multiples of a cache line", () => {
    for (let bytes = 1; bytes < 2 ** 22; bytes = Math.ceil(bytes * 1.07)) {
      const size = blockSize(bytes, 64);
      expect(size % 64).toBe(0);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size).toBeLessThanOrEqual(Math.max(bytes * 1.125 + 64, 64));
    }
  });
});

it("refuses more threads than any machine is for, before it starts one", () => {
  for (const threads of [0, 1.5, mostThreads + 1, Number.NaN])
    expect(() => threadsFor("native", threads)).toThrow(
      expect.objectContaining({ name: "ArgumentError", code: "threads", facts: { most: mostThreads, threads } }),
    );
  expect(threadsFor("native", mostThreads)).toBe(mostThreads);
  const reason = "backend" in result ? loadNative({ threads: 100_000 }) : undefined;
  if (reason) expect(reason).toEqual({ reason: "native: threads must be a whole number from 1 to 256, got 100000." });
});

describe("DRISHTI_THREADS", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("says how many threads", () => {
    vi.stubEnv("DRISHTI_THREADS", "3");
    expect(defaultThreads()).toBe(3);
    vi.stubEnv("DRISHTI_THREADS", "");
    expect(defaultThreads()).toBeGreaterThan(0);
  });

  it.each(["two", "0", "-1", "1.5", "257", " "])('"%s" is refused, not passed over', (value) => {
    vi.stubEnv("DRISHTI_THREADS", value);
    expect(() => defaultThreads()).toThrow(`DRISHTI_THREADS must be a whole number from 1 to 256, got ${value}`);
  });
});
