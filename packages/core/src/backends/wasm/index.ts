export { createWasm, type WasmBackend, type WasmOptions } from "./backend.ts";
export type { WasmWorker } from "./crew.ts";
export { bestVariant, type WasmVariant } from "./features.ts";
export { runWasmWorker, type WorkerStart } from "./worker.ts";
