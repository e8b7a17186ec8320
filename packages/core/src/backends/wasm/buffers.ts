/**
 * @file Buffers in linear memory that are collected like any other object. Three nets: a FinalizationRegistry;
 * a sweep over weak references inside `alloc`, as finalizers need a turn of the event loop that a busy training loop may
 * not give; and ballast, arrays that are never touched (and so take no memory) but make the garbage collector
 * feel the bytes it cannot see.
 */
import { bytesPerElement, type StorageType } from "../../base/dtype.ts";
import { BackendError } from "../../errors/errors.ts";
import type { BackendBuffer } from "../backend.ts";
import { blockSize, checkLength } from "../copy.ts";
import { ALIGNMENT, type Heap } from "./heap.ts";

const BALLAST = 32 * 2 ** 20;
/** Bytes between two sweeps, at least. */
const SWEEP = 16 * 2 ** 20;

/** A block in use. The buffer is reachable from here only weakly. */
interface Block {
  readonly address: number;
  readonly size: number;
  buffer: WeakRef<WasmBuffer> | null;
}

export class WasmBuffer implements BackendBuffer {
  readonly type: StorageType;
  readonly length: number;
  /** Null once freed. */
  block: Block | null;
  ballast: ArrayBuffer | undefined;

  /** Of one backend: several may live side by side, each with its own memory. */
  readonly owner: Buffers;

  constructor(owner: Buffers, type: StorageType, length: number, block: Block) {
    this.owner = owner;
    this.type = type;
    this.length = length;
    this.block = block;
  }

  /** Where element `offset` lies. */
  address(offset: number, what: string): number {
    if (this.block === null) throw new BackendError(what, "freed", "the buffer was freed.");
    return this.block.address + offset * bytesPerElement[this.type];
  }
}

export class Buffers {
  readonly #heap: Heap;
  readonly #live = new Set<Block>();
  readonly #finalizers = new FinalizationRegistry<Block>((block) => this.#release(block));
  #liveBytes = 0;
  #sinceSweep = 0;
  #unfelt = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  alloc(type: StorageType, length: number): WasmBuffer {
    const size = blockSize(checkLength(type, length), ALIGNMENT);
    this.#sinceSweep += size;
    if (this.#sinceSweep > Math.max(SWEEP, this.#liveBytes / 4)) this.#sweep();
    const block: Block = { address: this.#heap.take(size), size, buffer: null };
    const buffer = new WasmBuffer(this, type, length, block);
    block.buffer = new WeakRef(buffer);
    this.#live.add(block);
    this.#liveBytes += size;
    this.#finalizers.register(buffer, block, block);
    this.#unfelt += size;
    if (this.#unfelt >= BALLAST) this.#load(buffer);
    return buffer;
  }

  free(buffer: WasmBuffer): void {
    const { block } = buffer;
    if (block === null) return;
    buffer.block = null;
    buffer.ballast = undefined;
    this.#unfelt = Math.max(0, this.#unfelt - block.size);
    this.#finalizers.unregister(block);
    this.#release(block);
  }

  /** Once for each block: by `free`, by its finalizer or by a sweep, whichever comes first. */
  #release(block: Block): void {
    if (!this.#live.delete(block)) return;
    block.buffer = null;
    this.#liveBytes -= block.size;
    this.#heap.give(block.address, block.size);
  }

  #sweep(): void {
    this.#sinceSweep = 0;
    for (const block of this.#live) if (block.buffer?.deref() === undefined) this.#release(block);
  }

  #load(buffer: WasmBuffer): void {
    const bytes = Math.floor(this.#unfelt / BALLAST) * BALLAST;
    this.#unfelt -= bytes;
    try {
      buffer.ballast = new ArrayBuffer(bytes);
    } catch {
      // No address space to reserve: finalizers and sweeps remain.
    }
  }
}
