/** @file What runs in a worker: an instance of the same module on the same memory, with a stack of its own. */
import { instantiate } from "./instance.ts";
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
 *
 * @example
 * // in a browser
 * self.onmessage = (event) => runWasmWorker(event.data);
 */
export function runWasmWorker({ module, memory, thread, stackTop }: WorkerStart): void {
  const exports = instantiate(module, memory);
  exports.__stack_pointer.value = stackTop;
  exports.work(thread);
}
