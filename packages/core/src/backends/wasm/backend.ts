/** @file The wasm backend: the kernels of kernels/cpp in WebAssembly, on memory and threads it manages itself. */
import type { StorageType, TypedArray } from "../../base/dtype.ts";
import { BackendError } from "../../errors/errors.ts";
import { type KernelName, kernelId, type Params, packParams } from "../../kernels/contract.ts";
import {
  type Backend,
  type BackendBuffer,
  type BufferView,
  type CallList,
  type KernelCall,
  KernelRefusal,
} from "../backend.ts";
import { checkCall } from "../call.ts";
import { blockSize, checkRange, checkWrite, storageOver } from "../copy.ts";
import { EncodedCalls } from "../encoded-calls.ts";
import { Buffers, WasmBuffer } from "./buffers.ts";
import { Crew, type WasmWorker } from "./crew.ts";
import { ALIGNMENT, Heap } from "./heap.ts";
import {
  ADDRESSES_AT,
  BLOCK_WORDS,
  createMemory,
  type Exports,
  FACTS_AT,
  instantiate,
  MAY_WAIT_AT,
  MOST_THREADS,
  PARAM_WORDS,
  REFUSED_AT,
  SCRATCH_AT,
  THREADS_AT,
} from "./instance.ts";
import { type WasmModule, WebAssembly } from "./webassembly.ts";
import type { WorkerStart } from "./worker.ts";

export interface WasmOptions {
  /** One of the two .wasm files, compiled or as bytes. */
  readonly module: WasmModule | ArrayBufferView | ArrayBuffer;
  /** The file's name, for people. */
  readonly variant?: string;
  /** Threads, the caller included; 256 at most. Default 1. */
  readonly threads?: number;
  /**
   * Starts a worker that calls `runWasmWorker` with what it is given, and gives it back. Where it throws, one thread does the
   * work.
   */
  readonly spawn?: (start: WorkerStart) => WasmWorker | void;
  /** Whether this thread may sleep; a browser's main thread may not. Default: found out. */
  readonly mayWait?: boolean;
}

export interface WasmBackend extends Backend {
  /** How many compute. One, after a worker was lost in the middle of a kernel, which then throws "worker-lost". */
  readonly threads: number;
  /** Ends the worker threads; the backend goes on with one. */
  close(): void;
}

const STACK = 512 * 1024;

/** A browser's main thread has a window and no importScripts; waiting there is an error. */
function canWait(): boolean {
  return !("window" in globalThis && "document" in globalThis);
}

class Wasm implements WasmBackend {
  readonly name = "wasm";
  threads: number;
  readonly lanes = 4;

  readonly #variant: string;
  readonly #memory = createMemory();
  readonly #crew = new Crew(this.#memory);
  readonly #exports: Exports;
  readonly #heap: Heap;
  readonly #buffers: Buffers;
  readonly #block: Int32Array;
  readonly #params: Int32Array;
  #scratch = { address: 0, size: 0 };

  constructor(options: WasmOptions) {
    const given = options.module;
    const isBytes = given instanceof ArrayBuffer || ArrayBuffer.isView(given);
    const module = isBytes ? new WebAssembly.Module(given) : given;
    this.#exports = instantiate(module, this.#memory, (generation, finished) =>
      this.#crew.stalled(this.#exports, generation, finished),
    );
    this.#heap = new Heap(this.#memory, this.#exports.__heap_base.value);
    this.#buffers = new Buffers(this.#heap);
    // Growing leaves the first pages where they are, and this view of them good.
    this.#block = new Int32Array(this.#memory.buffer, this.#exports.block(), BLOCK_WORDS);
    this.#params = this.#block.subarray(0, PARAM_WORDS);
    this.threads = this.#start(module, options);
    this.#block[THREADS_AT] = this.threads;
    this.#block[MAY_WAIT_AT] = (options.mayWait ?? canWait()) ? 1 : 0;
    this.#variant = options.variant ?? "simd";
  }

  get detail(): string {
    return `${this.#variant}, ${this.threads} thread${this.threads === 1 ? "" : "s"}`;
  }

  alloc(type: StorageType, length: number): BackendBuffer {
    return this.#buffers.alloc(type, length);
  }

  free(buffer: BackendBuffer): void {
    this.#buffers.free(this.#ours(buffer, "free"));
  }

  write(view: BufferView, data: TypedArray): void {
    const buffer = this.#ours(view.buffer, "write");
    const at = buffer.address(view.offset, "write");
    checkWrite(view, data);
    storageOver(buffer.type, this.#memory.buffer, at, data.length).set(data);
  }

  readSync({ buffer, offset }: BufferView, length: number): TypedArray {
    const at = this.#ours(buffer, "read").address(offset, "read");
    checkRange("read", offset, length, buffer.length);
    return storageOver(buffer.type, this.#memory.buffer, at, length).slice();
  }

  async read(view: BufferView, length: number): Promise<TypedArray> {
    const data = this.readSync(view, length);
    await this.#buffers.settle();
    return data;
  }

  supports(kernel: KernelName): boolean {
    return this.#exports.supports(kernelId[kernel]) === 1;
  }

  run<K extends KernelName>(
    kernel: K,
    params: Params<K>,
    reads: readonly (BufferView | null)[],
    writes: readonly (BufferView | null)[],
  ): void {
    if (!this.supports(kernel)) throw new BackendError(kernel, "unsupported", "the wasm backend has no such kernel.");
    checkCall(kernel, params, reads, writes);
    const block = this.#block;
    packParams(kernel, params, this.#params);
    let at = ADDRESSES_AT;
    for (const view of reads) block[at++] = view ? this.#ours(view.buffer, kernel).address(view.offset, kernel) : 0;
    for (const view of writes) block[at++] = view ? this.#ours(view.buffer, kernel).address(view.offset, kernel) : 0;
    const id = kernelId[kernel];
    block[SCRATCH_AT] = this.#lendScratch(this.#exports.scratch(id));
    const status = this.#guarded(() => this.#exports.run(id));
    if (status !== 0) throw new KernelRefusal(kernel, status, [block[FACTS_AT]!, block[FACTS_AT + 1]!]);
  }

  compile(calls: readonly KernelCall[]): CallList {
    let scratch = 0;
    for (const { kernel, params } of calls) {
      if (!this.supports(kernel)) throw new BackendError(kernel, "unsupported", "the wasm backend has no such kernel.");
      packParams(kernel, params, this.#params);
      scratch = Math.max(scratch, this.#exports.scratch(kernelId[kernel]));
    }
    const list = new EncodedCalls(calls, 1, (view, kernel) =>
      this.#ours(view.buffer, kernel).address(view.offset, kernel),
    );
    const program = this.#buffers.alloc("i32", list.words.length);
    let written = false;
    return {
      bind: (call, operand, view) => {
        list.bind(call, operand, view);
        written = false;
      },
      run: (from = 0, to = calls.length) => {
        list.check((view, kernel) => this.#ours(view.buffer, kernel).address(0, kernel));
        const at = program.address(0, "compile");
        if (!written) storageOver("i32", this.#memory.buffer, at, list.words.length).set(list.words);
        written = true;
        this.#block[SCRATCH_AT] = this.#lendScratch(scratch);
        const status = this.#guarded(() => this.#exports.run_list(at + list.byteOffset(from), to - from));
        if (status === 0) return;
        const call = from + this.#block[REFUSED_AT]!;
        throw new KernelRefusal(
          calls[call]!.kernel,
          status,
          [this.#block[FACTS_AT]!, this.#block[FACTS_AT + 1]!],
          call,
        );
      },
    };
  }

  async sync(): Promise<void> {
    await this.#buffers.settle();
  }

  close(): void {
    this.#exports.stop();
    this.threads = 1;
    this.#block[THREADS_AT] = 1;
  }

  /** Runs kernels. After a trap, or a lost worker, the job stays open: no other thread may have a part in a later one. */
  #guarded(run: () => number): number {
    const { __stack_pointer: stack } = this.#exports;
    const top = stack.value;
    try {
      return run();
    } catch (error) {
      stack.value = top;
      this.close();
      this.#crew.dismiss();
      throw error;
    }
  }

  #start(module: WasmModule, { threads = 1, spawn }: WasmOptions): number {
    if (!spawn) return 1;
    let running = 1;
    try {
      for (; running < Math.min(threads, MOST_THREADS); running++) {
        const stackTop = this.#heap.take(STACK) + STACK;
        this.#crew.add(spawn({ module, memory: this.#memory, thread: running, stackTop }) ?? undefined);
      }
    } catch {
      // No workers here, or no more of them.
    }
    return running;
  }

  #lendScratch(bytes: number): number {
    if (bytes <= this.#scratch.size) return this.#scratch.address;
    const size = blockSize(bytes, ALIGNMENT);
    const { address, size: old } = this.#scratch;
    if (old > 0) this.#heap.give(address, old);
    this.#scratch = { address: 0, size: 0 }; // so that a failing take leaves nothing dangling
    this.#scratch = { address: this.#heap.take(size), size };
    return this.#scratch.address;
  }

  #ours(buffer: BackendBuffer, what: string): WasmBuffer {
    if (buffer instanceof WasmBuffer && buffer.owner === this.#buffers) return buffer;
    throw new BackendError(what, "foreign-buffer", "the buffer belongs to another backend; copy it over first.");
  }
}

/**
 * The wasm backend, for anything that runs JavaScript. Threads need a way to start workers; in a browser also a page
 * that is cross-origin isolated.
 *
 * @throws WebAssembly.CompileError for bytes that are no module of ours, or an engine without SIMD.
 * @example
 * // in a browser
 * const module = await WebAssembly.compileStreaming(fetch(new URL("drishti-simd.wasm", base)));
 * const backend = createWasm({ module, threads: navigator.hardwareConcurrency, spawn });
 */
export function createWasm(options: WasmOptions): WasmBackend {
  return new Wasm(options);
}
