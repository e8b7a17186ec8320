/** @file What runs in a worker: an instance of the same module on the same memory, with a stack of its own. */
import { instantiate, SEAT_BYTES, SEAT_TRAPPED } from "./instance.ts";
import type { WasmMemory, WasmModule } from "./webassembly.ts";

/** Sent to a worker; all of it can be posted. */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Which of the threads it is; the caller is 0. */
  readonly thread: number;
  /** Where its stack begins; stacks grow downwards. */
  readonly stackTop: number;
}

/**
 * Serves kernels until the backend is closed; call it in the worker with the message it was sent. Does not return before.
 * A kernel's trap passes through, after the caller was told.
 *
 * @example
 * // in a browser
 * self.onmessage = (event) => runWasmWorker(event.data);
 */
export function runWasmWorker({ module, memory, thread, stackTop }: WorkerStart): void {
  const exports = instantiate(module, memory);
  // Growth that fell between the message's arrival and here is unknown to this worker (V8): filling or copying what lies
  // there would end it in the middle of a job. Growing by nothing brings it up to date.
  memory.grow(0);
  exports.__stack_pointer.value = stackTop;
  try {
    exports.work(thread);
  } catch (error) {
    const at = exports.seats() + SEAT_BYTES * thread;
    const why = new Uint8Array(memory.buffer, at + 4, SEAT_BYTES - 4);
    why.set([...String(error)].slice(0, why.length).map((letter) => letter.charCodeAt(0)));
    Atomics.store(new Int32Array(memory.buffer, at, 1), 0, SEAT_TRAPPED);
    throw error;
  }
}
