/** @file The compiled module: its memory, what it exports, and the block that calls are written into. */
import { BackendError } from "../../errors/errors.ts";
import { type WasmGlobal, type WasmMemory, type WasmModule, WebAssembly } from "./webassembly.ts";

/** kernels/cpp/wasm/entry.cc. */
export interface Exports {
  readonly __heap_base: WasmGlobal;
  readonly __stack_pointer: WasmGlobal;
  block(): number;
  /** Where the threads' seats begin. */
  seats(): number;
  /** Units of the running job that nobody has finished. */
  pending(): number;
  supports(kernel: number): number;
  scratch(kernel: number): number;
  run(kernel: number): number;
  run_list(address: number, calls: number): number;
  work(thread: number): void;
  stop(): void;
}

/** The block's layout, in 32-bit words: 128 of parameters, 32 addresses, two facts, how to run, which call refused. */
export const PARAM_WORDS = 128;
export const ADDRESSES_AT = 128;
export const FACTS_AT = 160;
export const THREADS_AT = 162;
export const MAY_WAIT_AT = 163;
export const SCRATCH_AT = 164;
export const REFUSED_AT = 165;
export const BLOCK_WORDS = 166;

/** A seat: a word, 0 (no job), 1 (takes units of one) or 2 (its kernel trapped), then the trap's message. */
export const SEAT_BYTES = 128;
export const MOST_THREADS = 256;
export const SEAT_BUSY = 1;
export const SEAT_TRAPPED = 2;

const PAGES_AT_START = 32;

/** Shared memory, which needs no cross-origin isolation as long as no worker gets it. Small devices reserve less. */
export function createMemory(): WasmMemory {
  let cause: unknown;
  for (const maximum of [65_536, 32_768, 16_384, 4_096]) {
    try {
      return new WebAssembly.Memory({ initial: PAGES_AT_START, maximum, shared: true });
    } catch (error) {
      cause = error;
    }
  }
  throw new BackendError("wasm", "out-of-memory", "no address space for WebAssembly's memory.", { cause });
}

/** `stalled` is asked now and then while the caller waits for the other threads; only a caller has it asked. */
export function instantiate(
  module: WasmModule,
  memory: WasmMemory,
  stalled: (generation: number, finished: number) => void = () => {},
): Exports {
  return new WebAssembly.Instance(module, { env: { memory, stalled } }).exports as unknown as Exports;
}
