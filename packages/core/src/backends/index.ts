/** @file The interface of backends, and what one outside this package needs to implement it. */
export type { StorageType, TypedArray } from "../base/dtype.ts";
export { type KernelName, kernelId, kernelNames, type Params, packParams } from "../kernels/contract.ts";
export type { Backend, BackendBuffer, BackendName, BufferView, CallList, KernelCall } from "./backend.ts";
export { KernelRefusal } from "./backend.ts";
export { checkCall } from "./call.ts";
export { blockSize, checkLength, checkRange, checkWrite, type Storage, storageOver } from "./copy.ts";
export { EncodedCalls } from "./encoded-calls.ts";
