/** @file Copying between JavaScript's arrays and a backend's memory, with the checks every backend makes. */
import { bytesPerElement, type StorageType, type TypedArray } from "../base/dtype.ts";
import { BackendError } from "../errors/errors.ts";
import type { BufferView } from "./backend.ts";

export type Storage = Float32Array | Int32Array | Uint8Array;

/** A typed array over `length` elements of memory that is at hand. */
export function storageOver(type: StorageType, memory: ArrayBufferLike, byteOffset: number, length: number): Storage {
  if (type === "f32") return new Float32Array(memory, byteOffset, length);
  if (type === "i32") return new Int32Array(memory, byteOffset, length);
  return new Uint8Array(memory, byteOffset, length);
}

const accepts: Record<StorageType, (data: TypedArray) => boolean> = {
  f32: (data) => data instanceof Float32Array || data instanceof Float64Array,
  i32: (data) => data instanceof Int32Array,
  u8: (data) => data instanceof Uint8Array,
};

/** @throws BackendError when data of another type, or more than fits, is to be written. */
export function checkWrite({ buffer, offset }: BufferView, data: TypedArray): void {
  if (!accepts[buffer.type](data))
    throw new BackendError("write", "type", `a ${buffer.type} buffer does not take a ${data.constructor.name}.`);
  checkRange("write", offset, data.length, buffer.length);
}

/** @throws BackendError when the range does not lie inside the buffer. */
export function checkRange(what: string, offset: number, wanted: number, length: number): void {
  if (!Number.isInteger(offset) || offset < 0 || wanted < 0 || wanted > length - offset)
    throw new BackendError(what, "bounds", `${wanted} elements from ${offset} on, in a buffer of ${length}.`);
}

/** @throws BackendError when a length is no length. */
export function checkLength(type: StorageType, length: number): number {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new BackendError("alloc", "length", `cannot hold ${length} elements.`);
  return length * bytesPerElement[type];
}

/**
 * The size of block that holds so many bytes: eight steps to a doubling, so that freed blocks fit later buffers and at
 * most an eighth is wasted.
 */
export function blockSize(bytes: number, alignment: number): number {
  const step = Math.max(alignment, 2 ** (Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.max(alignment, Math.ceil(bytes / step) * step);
}
