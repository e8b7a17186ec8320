/**
 * @file Memory that V8 owns, so that ordinary garbage collection frees it, and knows its size. Freed early, it is
 * kept for the next buffer of its size.
 */
import { BackendError } from "@drishti/core";
import {
  type BackendBuffer,
  blockSize,
  checkLength,
  type Storage,
  type StorageType,
  storageOver,
} from "@drishti/core/backends";
import type { Addon } from "./addon.ts";

const ALIGNMENT = 64;
/** Most bytes kept for later. */
const POOL_LIMIT = 256 * 2 ** 20;
/** While nothing is kept: released bytes after which the C library is to let go of them, too. */
const TRIM_EVERY = 4 * 2 ** 20;

/** Uninitialised bytes whose first one lies on a cache line. */
interface Block {
  readonly memory: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly address: number;
}

export class NativeBuffer implements BackendBuffer {
  readonly type: StorageType;
  readonly length: number;
  /** Null once freed. */
  block: Block | null;
  readonly #storage: Storage;

  constructor(type: StorageType, length: number, block: Block) {
    this.type = type;
    this.length = length;
    this.block = block;
    this.#storage = storageOver(type, block.memory, block.byteOffset, length);
  }

  storage(what: string): Storage {
    if (this.block === null) throw new BackendError(what, "freed", "the buffer was freed.");
    return this.#storage;
  }
}

export class Memory {
  readonly #addon: Pick<Addon, "addressOf" | "release" | "trim">;
  readonly #free = new Map<number, Block[]>();
  #pooled = 0;
  /** Most bytes kept for later now. */
  #limit = POOL_LIMIT;
  /** Bytes released since the last trim. */
  #released = 0;

  constructor(addon: Pick<Addon, "addressOf" | "release" | "trim">) {
    this.#addon = addon;
  }

  alloc(type: StorageType, length: number): NativeBuffer {
    const size = blockSize(checkLength(type, length), ALIGNMENT);
    const kept = this.#free.get(size)?.pop();
    if (kept) this.#pooled -= size;
    return new NativeBuffer(type, length, kept ?? this.#allocate(size));
  }

  free(buffer: NativeBuffer): void {
    const block = buffer.block;
    if (block === null) return;
    buffer.block = null;
    if (this.#pooled + block.byteLength > this.#limit) {
      this.#addon.release(block.memory);
      this.#released += block.byteLength;
      if (this.#limit === 0 && this.#released >= TRIM_EVERY) this.#trim();
      return;
    }
    const list = this.#free.get(block.byteLength);
    if (list) list.push(block);
    else this.#free.set(block.byteLength, [block]);
    this.#pooled += block.byteLength;
  }

  keepFreed(wanted: boolean): void {
    this.#limit = wanted ? POOL_LIMIT : 0;
    if (!wanted) {
      for (const list of this.#free.values()) for (const { memory } of list) this.#addon.release(memory);
      this.#free.clear();
      this.#pooled = 0;
    }
    this.#trim();
  }

  #trim(): void {
    this.#addon.trim();
    this.#released = 0;
  }

  #allocate(size: number): Block {
    let memory: ArrayBufferLike;
    try {
      memory = Buffer.allocUnsafeSlow(size + ALIGNMENT).buffer;
    } catch (cause) {
      throw new BackendError("alloc", "out-of-memory", `no memory for ${size} bytes.`, { cause });
    }
    const start = this.#addon.addressOf(memory);
    const byteOffset = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
    return { memory, byteOffset, byteLength: size, address: start + byteOffset };
  }
}
