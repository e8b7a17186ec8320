/** @file What the addon exports (kernels/cpp/native/addon.cc) and the block of memory that both sides write calls into. */
import { createRequire } from "node:module";

export interface Engine {
  readonly isa: string;
  readonly lanes: number;
  readonly threads: number;
  /** By kernel number: 1 where there is one. */
  readonly supports: Uint8Array;
  /** 0, the kernel's refusal, or −1 for want of scratch memory. */
  run(kernel: number): number;
  /** The same for so many records of a list (see encodeCalls), from a byte on; ends at the first that is not 0. */
  runList(list: ArrayBufferLike, byteOffset: number, calls: number): number;
}

export interface Addon {
  isas(): string[];
  addressOf(memory: ArrayBufferLike): number;
  /** Gives the memory back at once; views of it have no elements then. */
  release(memory: ArrayBufferLike): void;
  /** Gives what the C library keeps of freed memory back to the system. */
  trim(): void;
  /** An empty name: the best instruction set of this machine. */
  open(isa: string, threads: number, block: ArrayBuffer): Engine;
}

/** Bytes of the block: 128 words of parameters, 32 addresses, two facts, which call refused. The layout is addon.cc's. */
export const BLOCK_BYTES = 784;
export const ADDRESSES_AT = 512;
export const FACTS_AT = 768;

/** @throws whatever dlopen says: a library too old, a file cut short. */
export function loadAddon(path: string): Addon {
  return createRequire(import.meta.url)(path) as Addon;
}
