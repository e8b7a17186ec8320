/**
 * @file Memory management inside WebAssembly's linear memory: sizes in steps of an eighth of a power of two, free
 * blocks kept by size; when a size runs out, neighbouring free blocks are joined before the memory grows.
 */
import { BackendError } from "../../errors/errors.ts";
import type { WasmMemory } from "./webassembly.ts";

/** Every block starts on a cache line, and on a pair of them. */
export const ALIGNMENT = 128;
const PAGE = 65_536;

const roundUp = (value: number, unit: number) => Math.ceil(value / unit) * unit;

export class Heap {
  readonly #memory: WasmMemory;
  /** Free blocks by size. */
  readonly #bins = new Map<number, number[]>();
  #freeBytes = 0;
  /** Never used so far: from here to the end of the memory. */
  #top: number;
  #end: number;

  constructor(memory: WasmMemory, base: number) {
    this.#memory = memory;
    this.#top = roundUp(base, ALIGNMENT);
    this.#end = memory.buffer.byteLength;
  }

  /** The address of `size` bytes; `size` is a block size. */
  take(size: number): number {
    const kept = this.#bins.get(size)?.pop();
    if (kept !== undefined) {
      this.#freeBytes -= size;
      return kept;
    }
    return this.#split(size) ?? this.#extend(size);
  }

  give(address: number, size: number): void {
    const bin = this.#bins.get(size);
    if (bin) bin.push(address);
    else this.#bins.set(size, [address]);
    this.#freeBytes += size;
  }

  /** From a larger free block. Blocks are joined only when they could make up for much of the growth they save. */
  #split(size: number): number | undefined {
    if (this.#freeBytes < size) return undefined;
    const found = this.#cut(size);
    if (found !== undefined || this.#top + size <= this.#end || this.#freeBytes < 2 * size) return found;
    this.#join();
    return this.#cut(size);
  }

  /** The smallest free block that is large enough and not four times too large, or any once memory must grow. */
  #cut(size: number): number | undefined {
    let best = Number.POSITIVE_INFINITY;
    const limit = this.#top + size <= this.#end ? 4 * size : Number.POSITIVE_INFINITY;
    for (const [candidate, bin] of this.#bins) {
      if (bin.length > 0 && candidate >= size && candidate < best && candidate <= limit) best = candidate;
    }
    if (best === Number.POSITIVE_INFINITY) return undefined;
    const address = this.#bins.get(best)!.pop()!;
    this.#freeBytes -= best;
    if (best > size) this.give(address + size, best - size);
    return address;
  }

  #join(): void {
    const blocks: [address: number, size: number][] = [];
    for (const [size, bin] of this.#bins) for (const address of bin) blocks.push([address, size]);
    blocks.sort((a, b) => a[0] - b[0]);
    this.#bins.clear();
    this.#freeBytes = 0;
    let open: [number, number] | undefined;
    for (const [address, size] of blocks) {
      if (open && open[0] + open[1] === address) open[1] += size;
      else {
        if (open) this.give(open[0], open[1]);
        open = [address, size];
      }
    }
    if (!open) return;
    if (open[0] + open[1] === this.#top) this.#top = open[0];
    else this.give(open[0], open[1]);
  }

  #extend(size: number): number {
    const address = this.#top;
    if (address + size > this.#end) {
      // Grown by a sixteenth at least: many small steps would each cost a call.
      const missing = address + size - this.#end;
      const wanted = Math.max(missing, this.#end / 16, 16 * PAGE);
      if (!this.#grow(wanted) && !this.#grow(missing))
        throw new BackendError(
          "alloc",
          "out-of-memory",
          `no memory for ${size} bytes beside ${address} in use. Tensors out of reach are collected while the program waits: ` +
            "in a long loop, await a value (loss.item()) now and then.",
        );
    }
    this.#top = address + size;
    return address;
  }

  #grow(bytes: number): boolean {
    try {
      this.#memory.grow(Math.ceil(bytes / PAGE));
    } catch {
      return false;
    }
    this.#end = this.#memory.buffer.byteLength;
    return true;
  }
}
