/**
 * @file Buffers in linear memory that are collected like any other object, by a FinalizationRegistry. Two helps make
 * that keep up with a training loop. Ballast: arrays that are never touched (and so take no memory) make the garbage
 * collector feel the bytes it cannot see. Turns: finalizers run only between turns of the event loop, which a loop of
 * `await`s on values that are already there never gives, so reading a value gives one when much was allocated.
 * (Weak references would not help: one keeps its object alive until the turn ends, too.)
 */
import { bytesPerElement, type StorageType } from "../../base/dtype.ts";
import { BackendError } from "../../errors/errors.ts";
import type { BackendBuffer } from "../backend.ts";
import { blockSize, checkLength } from "../copy.ts";
import { ALIGNMENT, type Heap } from "./heap.ts";

const BALLAST = 32 * 2 ** 20;
/** Bytes left to the garbage collector between two turns of the event loop. */
const TURN = 64 * 2 ** 20;

interface Block {
  readonly address: number;
  readonly size: number;
}

/** What engines offer besides the language, none of it everywhere. */
interface Timers {
  setImmediate?(run: () => void): void;
  setTimeout(run: () => void, ms: number): void;
}

function nextTurn(): Promise<void> {
  const timers = globalThis as unknown as Timers;
  return new Promise((resolve) => (timers.setImmediate ? timers.setImmediate(resolve) : timers.setTimeout(resolve, 0)));
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
  /** Bytes that no ballast stands for, and bytes allocated since the last turn; what was freed by hand is taken off. */
  #unfelt = 0;
  #sinceTurn = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  alloc(type: StorageType, length: number): WasmBuffer {
    const size = blockSize(checkLength(type, length), ALIGNMENT);
    const block: Block = { address: this.#heap.take(size), size };
    const buffer = new WasmBuffer(this, type, length, block);
    this.#live.add(block);
    this.#finalizers.register(buffer, block, block);
    this.#sinceTurn += size;
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
    this.#sinceTurn = Math.max(0, this.#sinceTurn - block.size);
    this.#finalizers.unregister(block);
    this.#release(block);
  }

  /** Lets finalizers run, if much was left to them. */
  async settle(): Promise<void> {
    if (this.#sinceTurn < TURN) return;
    this.#sinceTurn = 0;
    await nextTurn();
  }

  /** Once for each block: by `free` or by its finalizer, whichever comes first. */
  #release(block: Block): void {
    if (this.#live.delete(block)) this.#heap.give(block.address, block.size);
  }

  #load(buffer: WasmBuffer): void {
    const bytes = Math.floor(this.#unfelt / BALLAST) * BALLAST;
    this.#unfelt -= bytes;
    try {
      buffer.ballast = new ArrayBuffer(bytes);
    } catch {
      // No address space to reserve: collection comes later, that is all.
    }
  }
}
