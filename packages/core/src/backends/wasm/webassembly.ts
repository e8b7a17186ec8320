/** @file The part of the WebAssembly API used here. TypeScript declares it with the DOM, which this package does without. */

/** Compiled code; opaque. */
export type WasmModule = object;

export interface WasmGlobal {
  value: number;
}

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** By pages of 64 KiB. */
  grow(pages: number): number;
}

interface Api {
  readonly Module: new (bytes: ArrayBufferView | ArrayBuffer) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
}

export const WebAssembly = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;
