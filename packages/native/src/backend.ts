/** @file The native backend: kernels in machine code on memory that V8 owns. */
import { BackendError } from "@drishti/core";
import {
  type Backend,
  type BackendBuffer,
  type BufferView,
  type CallList,
  checkCall,
  checkRange,
  checkWrite,
  EncodedCalls,
  type KernelCall,
  type KernelName,
  KernelRefusal,
  kernelId,
  type Params,
  packParams,
  type StorageType,
  type TypedArray,
} from "@drishti/core/backends";
import { ADDRESSES_AT, type Addon, BLOCK_BYTES, type Engine, FACTS_AT } from "./addon.ts";
import { Memory, NativeBuffer } from "./memory.ts";

function ours(buffer: BackendBuffer, what: string): NativeBuffer {
  if (buffer instanceof NativeBuffer) return buffer;
  throw new BackendError(what, "foreign-buffer", "the buffer belongs to another backend; copy it over first.");
}

export class NativeBackend implements Backend {
  readonly name = "native";
  readonly detail: string;
  readonly threads: number;
  /** The instruction set: avx512, avx2, neon, baseline. */
  readonly isa: string;
  readonly lanes: number;

  readonly #engine: Engine;
  readonly #memory: Memory;
  readonly #params: Int32Array;
  readonly #addresses: Float64Array;
  readonly #facts: Int32Array;

  constructor(addon: Addon, isa: string, threads: number) {
    const block = new ArrayBuffer(BLOCK_BYTES);
    this.#params = new Int32Array(block, 0, ADDRESSES_AT / 4);
    this.#addresses = new Float64Array(block, ADDRESSES_AT, (FACTS_AT - ADDRESSES_AT) / 8);
    this.#facts = new Int32Array(block, FACTS_AT, 3);
    this.#engine = addon.open(isa, threads, block);
    this.#memory = new Memory(addon);
    this.isa = this.#engine.isa;
    this.lanes = this.#engine.lanes;
    this.threads = this.#engine.threads;
    this.detail = `${this.isa}, ${this.#engine.lanes} lanes, ${this.threads} thread${this.threads === 1 ? "" : "s"}`;
  }

  alloc(type: StorageType, length: number): BackendBuffer {
    return this.#memory.alloc(type, length);
  }

  free(buffer: BackendBuffer): void {
    this.#memory.free(ours(buffer, "free"));
  }

  keepFreed(wanted: boolean): void {
    this.#memory.keepFreed(wanted);
  }

  write(view: BufferView, data: TypedArray): void {
    const target = ours(view.buffer, "write").storage("write");
    checkWrite(view, data);
    target.set(data, view.offset);
  }

  readSync({ buffer, offset }: BufferView, length: number): TypedArray {
    const source = ours(buffer, "read").storage("read");
    checkRange("read", offset, length, buffer.length);
    return source.slice(offset, offset + length);
  }

  async read(view: BufferView, length: number): Promise<TypedArray> {
    return this.readSync(view, length);
  }

  supports(kernel: KernelName): boolean {
    return this.#engine.supports[kernelId[kernel]] === 1;
  }

  run<K extends KernelName>(
    kernel: K,
    params: Params<K>,
    reads: readonly (BufferView | null)[],
    writes: readonly (BufferView | null)[],
  ): void {
    if (!this.supports(kernel)) throw new BackendError(kernel, "unsupported", "the native backend has no such kernel.");
    checkCall(kernel, params, reads, writes);
    packParams(kernel, params, this.#params);
    let at = 0;
    for (const view of reads) this.#addresses[at++] = this.#addressOf(view, kernel);
    for (const view of writes) this.#addresses[at++] = this.#addressOf(view, kernel);
    const status = this.#engine.run(kernelId[kernel]);
    if (status !== 0) this.#fail(kernel, status);
  }

  compile(calls: readonly KernelCall[]): CallList {
    for (const { kernel } of calls)
      if (!this.supports(kernel))
        throw new BackendError(kernel, "unsupported", "the native backend has no such kernel.");
    const list = new EncodedCalls(calls, 2, (view, kernel) => this.#addressOf(view, kernel));
    const { buffer } = list.words;
    return {
      bind: (call, operand, view) => list.bind(call, operand, view),
      run: (from = 0, to = calls.length) => {
        list.check((view, kernel) => ours(view.buffer, kernel).storage(kernel));
        const status = this.#engine.runList(buffer, list.byteOffset(from), to - from);
        const call = from + this.#facts[2]!;
        if (status !== 0) this.#fail(calls[call]!.kernel, status, call);
      },
    };
  }

  async sync(): Promise<void> {}

  #fail(kernel: KernelName, status: number, call = 0): never {
    if (status > 0) throw new KernelRefusal(kernel, status, [...this.#facts.subarray(0, 2)], call);
    throw new BackendError(kernel, "out-of-memory", "no memory for the kernel's scratch space.");
  }

  #addressOf(view: BufferView | null, kernel: KernelName): number {
    if (view === null) return 0;
    const buffer = ours(view.buffer, kernel);
    const { block } = buffer;
    if (block === null) throw new BackendError(kernel, "freed", "the buffer was freed.");
    return block.address + view.offset * (buffer.type === "u8" ? 1 : 4);
  }
}
