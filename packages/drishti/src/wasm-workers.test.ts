/** @file The worker threads of the wasm backend: how they start, and what happens when one is lost. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { MessageChannel, Worker } from "node:worker_threads";
import { createWasm, type WasmBackend, type WorkerStart } from "@drishti/core/backends/wasm";
import { describe, expect, it } from "vitest";
import { lifeline, spawn, workerSource } from "./wasm-node.ts";

// Node's types leave it out.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (limits: object) => { readonly buffer: ArrayBufferLike; grow(pages: number): number };
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, () => void> };
};

const path = createRequire(import.meta.url).resolve("@drishti/core/drishti-simd.wasm");
const module = new WebAssembly.Module(readFileSync(path));
const word = () => new Int32Array(new SharedArrayBuffer(4));

// A message's shared memory is attached first, with its size of then, and becomes an object when the rest was read.
it("a worker knows of memory that grew while it read its message", async () => {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory, stalled() {} } });
  exports.stop!(); // what serves from now on returns at once
  const [reads, hasGrown] = [word(), word()];
  const { port1, port2 } = new MessageChannel();
  const before = Array.from({ length: 300_000 }, (_, i) => i + 0.5); // takes 100 ms to read
  port1.postMessage({ before, module, memory, thread: 1, stackTop: 0 });
  const source = `const threads = require("node:worker_threads");
    const { port, reads, hasGrown } = threads.workerData;
    Atomics.store(reads, 0, 1);
    Atomics.notify(reads, 0);
    threads.workerData = threads.receiveMessageOnPort(port).message;
    Atomics.wait(hasGrown, 0, 0);
    ${workerSource}
    threads.parentPort.postMessage(memory.buffer.byteLength);`;
  const workerData = { port: port2, reads, hasGrown };
  const worker = new Worker(source, { eval: true, workerData, transferList: [port2], execArgv: [], env: {} });
  const known = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  Atomics.wait(reads, 0, 0);
  Atomics.wait(word(), 0, 0, 2); // now it has attached the memory and is at the numbers before it
  memory.grow(1);
  Atomics.store(hasGrown, 0, 1);
  Atomics.notify(hasGrown, 0);
  expect(await known).toBe(memory.buffer.byteLength);
  port1.close();
});

/** Two planes, a unit of work each, tens of milliseconds long: who has one is in the middle of a job. */
function poolTwoPlanes(backend: WasmBackend): void {
  const [inSize, kernel] = [400, 16];
  const outSize = inSize - kernel + 1;
  const sizes = { planes: 2, inHeight: inSize, inWidth: inSize, outHeight: outSize, outWidth: outSize };
  const window = { kernelHeight: kernel, kernelWidth: kernel, strideHeight: 1, strideWidth: 1, padTop: 0, padLeft: 0 };
  const x = { buffer: backend.alloc("f32", 2 * inSize ** 2), offset: 0 };
  const y = { buffer: backend.alloc("f32", 2 * outSize ** 2), offset: 0 };
  const index = { buffer: backend.alloc("i32", 2 * outSize ** 2), offset: 0 };
  try {
    backend.run("fill_f32", { count: 2 * inSize ** 2, value: 3 }, [], [x]);
    backend.run("max_pool2d_f32", { ...sizes, ...window, dilationHeight: 1, dilationWidth: 1 }, [x], [y, index]);
    expect(new Set(backend.readSync!(y, 2 * outSize ** 2))).toEqual(new Set([3]));
  } finally {
    for (const { buffer } of [x, y, index]) backend.free(buffer);
  }
}

/** Units that all put something on the stack. */
function multiply(backend: WasmBackend): void {
  const [x, y, product] = [0, 1, 2].map(() => ({ buffer: backend.alloc("f32", 256 * 256), offset: 0 }));
  const sizes = { batch: 1, m: 256, n: 256, k: 256, batchStrideA: 0, batchStrideB: 0 };
  try {
    for (const view of [x!, y!]) backend.run("fill_f32", { count: 256 * 256, value: 1 }, [], [view]);
    backend.run("matmul_f32", { ...sizes, transposeA: 0, transposeB: 0 }, [x!, y!], [product!]);
    expect(new Set(backend.readSync!(product!, 256 * 256))).toEqual(new Set([256]));
  } finally {
    for (const view of [x!, y!, product!]) backend.free(view.buffer);
  }
}

/** Runs jobs until one throws; a worker that starts late has no part in the first. */
function firstError(backend: WasmBackend, job: (backend: WasmBackend) => void): Error & { code?: string } {
  for (let i = 0; i < 1000; i++)
    try {
      job(backend);
    } catch (error) {
      return error as Error;
    }
  throw new Error("nothing was lost");
}

function expectToGoOnAlone(backend: WasmBackend): void {
  expect([backend.threads, backend.detail]).toEqual([1, "simd, 1 thread"]);
  poolTwoPlanes(backend);
}

describe("a worker that is lost in the middle of a job", () => {
  it("by terminate(): the waiting caller is told, and the backend goes on with one thread", () => {
    // This thread waits in a kernel, so another one starts the worker, watches its seat, and kills it at work.
    const killer = `const { workerData: { start, port, source }, Worker } = require("node:worker_threads");
      const worker = new Worker(source, { eval: true, workerData: { ...start, port }, transferList: [port], env: {} });
      const { exports } = new WebAssembly.Instance(start.module, { env: { memory: start.memory, stalled() {} } });
      const seat = new Int32Array(start.memory.buffer, exports.seats() + 128 * start.thread, 1);
      const look = () => (Atomics.load(seat, 0) === 1 ? worker.terminate() : setTimeout(look, 1));
      look();`;
    const backend = createWasm({
      module,
      threads: 2,
      mayWait: true,
      spawn(start: WorkerStart) {
        const { port1, port2 } = new MessageChannel();
        const workerData = { start, port: port2, source: workerSource };
        const keeper = new Worker(killer, { eval: true, workerData, transferList: [port2], execArgv: [], env: {} });
        keeper.unref();
        return { isAlive: lifeline(port1), terminate: () => void keeper.terminate() };
      },
    });
    const { code, message } = firstError(backend, poolTwoPlanes);
    expect([code, message]).toEqual([
      "worker-lost",
      expect.stringMatching(
        /^wasm: worker 1 of 1 ended in the middle of a kernel\. .*last checkpoint.* on one thread; start again with fewer threads/,
      ),
    ]);
    expectToGoOnAlone(backend);
  });

  it("by a trap: the caller is told which, and why", () => {
    // No room for a stack, so that the first frame of a kernel lies outside of memory.
    const backend = createWasm({
      module,
      threads: 2,
      mayWait: true,
      spawn: (start) => spawn({ ...start, stackTop: 16 }),
    });
    const { code, message } = firstError(backend, multiply);
    expect(code).toBe("worker-lost");
    expect(message).toMatch(
      /^wasm: worker 1 of 1 ended in the middle of a kernel: RuntimeError: memory access out of bounds\. /,
    );
    expectToGoOnAlone(backend);
  });

  it("between jobs: nothing is lost, the others do its share", async () => {
    const killed: Promise<unknown>[] = [];
    const backend = createWasm({
      module,
      threads: 2,
      mayWait: true,
      spawn(start) {
        const worker = new Worker(workerSource, { eval: true, workerData: start, execArgv: [], env: {} });
        killed.push(worker.terminate());
        return { isAlive: () => false, terminate() {} };
      },
    });
    await Promise.all(killed);
    poolTwoPlanes(backend);
    expect(backend.threads).toBe(2);
    backend.close();
  });
});
