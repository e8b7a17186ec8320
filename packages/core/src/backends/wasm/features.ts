/** @file What this engine can run, found out by validating the smallest module that uses it. */
import { WebAssembly } from "./webassembly.ts";

// (func (result v128) …) with i8x16.popcnt, and with i8x16.relaxed_swizzle; from the wasm-feature-detect project (Apache-2.0).
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const simd = [...header, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const relaxed = [...header, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11];

/** The kernel files that `createWasm` takes: `relaxed` has fused multiply-add, where the engine can. */
export type WasmVariant = "simd" | "relaxed";

/** The better of the two files this engine runs; undefined where it has no SIMD. */
export function bestVariant(): WasmVariant | undefined {
  if (WebAssembly.validate(new Uint8Array(relaxed))) return "relaxed";
  return WebAssembly.validate(new Uint8Array(simd)) ? "simd" : undefined;
}
