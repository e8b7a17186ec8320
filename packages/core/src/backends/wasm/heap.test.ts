/** @file The heap never lends a byte twice, uses freed bytes again, and grows only when it must. */
import { describe, expect, it } from "vitest";
import { uniforms } from "../../testing/kernel-samples/values.ts";
import { blockSize } from "../copy.ts";
import { ALIGNMENT, Heap } from "./heap.ts";
import { WebAssembly } from "./webassembly.ts";

const PAGE = 65_536;
const memoryOf = (pages: number, maximum: number) => new WebAssembly.Memory({ initial: pages, maximum, shared: true });

describe("heap", () => {
  it("lends no byte twice over ten thousand takes and gives", () => {
    const memory = memoryOf(1, 2_000);
    const heap = new Heap(memory, 1_000);
    const uniform = uniforms(1);
    const live: { address: number; size: number }[] = [];
    for (let i = 0; i < 10_000; i++) {
      if (live.length > 0 && uniform() < 0.5) {
        const [block] = live.splice(Math.floor(uniform() * live.length), 1);
        heap.give(block!.address, block!.size);
      } else {
        const size = blockSize(2 ** (18 * uniform()), ALIGNMENT);
        live.push({ address: heap.take(size), size });
      }
      if (i % 100 !== 0) continue;
      const sorted = [...live].sort((a, b) => a.address - b.address);
      for (const [k, { address, size }] of sorted.entries()) {
        expect(address % ALIGNMENT).toBe(0);
        expect(address).toBeGreaterThanOrEqual(1_000);
        expect(address + size).toBeLessThanOrEqual(sorted[k + 1]?.address ?? memory.buffer.byteLength);
      }
    }
  });

  it("takes the same place again for the same size", () => {
    const heap = new Heap(memoryOf(1, 100), 0);
    const first = heap.take(1_024);
    heap.give(first, 1_024);
    expect(heap.take(1_024)).toBe(first);
  });

  it("joins small neighbours before it grows", () => {
    const memory = memoryOf(32, 32); // cannot grow
    const heap = new Heap(memory, 0);
    const small = Array.from({ length: 32 }, () => heap.take(PAGE));
    for (const address of small) heap.give(address, PAGE);
    expect(heap.take(16 * PAGE)).toBe(0);
    expect(heap.take(16 * PAGE)).toBe(16 * PAGE);
  });

  it("says so when there is no more, and can go on when something is given back", () => {
    const heap = new Heap(memoryOf(4, 4), 0);
    const all = heap.take(4 * PAGE);
    expect(() => heap.take(128)).toThrow(/no memory for 128 bytes/);
    heap.give(all, 4 * PAGE);
    expect(heap.take(128)).toBe(0);
  });
});
