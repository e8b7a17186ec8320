/** @file The wasm backend in Node: the kernel file from disk, threads from worker_threads. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { BackendError } from "@drishti/core";
import {
  bestVariant,
  createWasm,
  type WasmBackend,
  type WasmVariant,
  type WasmWorker,
  type WorkerStart,
} from "@drishti/core/backends/wasm";
import { threadsFor } from "@drishti/native";

export interface WasmNodeOptions {
  /** Default: DRISHTI_THREADS, else one for each processor, at most 16. */
  readonly threads?: number;
  /** Default: DRISHTI_WASM, else the better one this Node runs. */
  readonly variant?: WasmVariant;
}

/** `runWasmWorker` in plain JavaScript: a worker started from a string needs no file that may be TypeScript. @internal */
export const workerSource = `
const { module, memory, thread, stackTop } = require("node:worker_threads").workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory, stalled() {} } });
memory.grow(0);
exports.__stack_pointer.value = stackTop;
try {
  exports.work(thread);
} catch (error) {
  const at = exports.seats() + 128 * thread;
  new Uint8Array(memory.buffer, at + 4, 124).set(Buffer.from(String(error).slice(0, 124), "latin1"));
  Atomics.store(new Int32Array(memory.buffer, at, 1), 0, 2);
}
`;

/**
 * Whether the thread that has a channel's other end still runs, without waiting for the event loop, which stands still while
 * kernels run. A thread's end closes its ports; a closed port refuses to be moved, any other gives its successor. @internal
 */
export function lifeline(end: MessagePort): () => boolean {
  let port = end;
  port.unref();
  return () => {
    while (receiveMessageOnPort(port) !== undefined); // the news of the close among them
    try {
      port = structuredClone(port, { transfer: [port] });
      port.unref();
      return true;
    } catch {
      return false;
    }
  };
}

/** @internal */
export function spawn(start: WorkerStart): WasmWorker {
  const { port1, port2 } = new MessageChannel();
  const workerData = { ...start, port: port2 };
  const worker = new Worker(workerSource, { eval: true, workerData, transferList: [port2], execArgv: [], env: {} });
  worker.unref(); // an idle worker sleeps in its wait and must not keep the process alive
  worker.on("error", () => {}); // it takes no part then; the others do its share
  return { isAlive: lifeline(port1), terminate: () => void worker.terminate() };
}

function chooseVariant(): WasmVariant {
  const best = bestVariant();
  if (!best)
    throw new BackendError("wasm", "unsupported", "this Node's WebAssembly has no SIMD; Node 20 and later have.");
  const forced = process.env.DRISHTI_WASM;
  if (!forced) return best;
  if (forced !== "simd" && forced !== "relaxed")
    throw new BackendError("wasm", "unsupported", `DRISHTI_WASM is "${forced}"; it can be simd or relaxed.`);
  if (forced === "relaxed" && best !== "relaxed")
    throw new BackendError(
      "wasm",
      "unsupported",
      "this Node's WebAssembly has no relaxed SIMD; use DRISHTI_WASM=simd.",
    );
  return forced;
}

/**
 * Loads the wasm backend: works in every Node, with no compiler and no addon.
 *
 * @throws BackendError when the engine lacks SIMD, or a forced variant; ArgumentError "threads".
 * @example
 * const backend = loadWasm({ threads: 2 });
 * console.log(backend.detail); // such as: relaxed, 2 threads
 */
export function loadWasm(options: WasmNodeOptions = {}): WasmBackend {
  const variant = options.variant ?? chooseVariant();
  const path = createRequire(import.meta.url).resolve(`@drishti/core/drishti-${variant}.wasm`);
  return createWasm({
    module: readFileSync(path),
    variant,
    threads: threadsFor("wasm", options.threads),
    spawn,
    mayWait: true,
  });
}
