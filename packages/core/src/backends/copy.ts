/** @file Copying between JavaScript's arrays and a backend's memory, with the checks every backend makes. */
import { bytesPerElement, type StorageType, type TypedArray } from "../base/dtype.ts";
import { BackendError } from "../errors/errors.ts";
import type { BufferView } from "./backend.ts";

/** What compiled backends keep: floats, whole numbers, bytes. */
export type Storage = Float32Array | Int32Array | Uint8Array;

/**
 * A typed array over `length` elements of memory that is at hand, from a byte on; nothing is copied.
 *
 * Throws   RangeError where the memory ends before, or the offset is no multiple of an element's size.
 *
 * @example
 * const memory = Float32Array.of(1, 2, 3, 4).buffer;
 * storageOver("f32", memory, 8, 2); // [3, 4]
 */
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

/**
 * Refuses data of another type than the buffer's, and more than fits; f32 takes floats and doubles.
 *
 * Throws   BackendError "type", "bounds".
 *
 * @example
 * const view = { buffer: backend.alloc("f32", 4), offset: 2 };
 * checkWrite(view, Float32Array.of(1, 2)); // three values would be refused: "bounds"
 */
export function checkWrite({ buffer, offset }: BufferView, data: TypedArray): void {
  if (!accepts[buffer.type](data))
    throw new BackendError("write", "type", `a ${buffer.type} buffer does not take a ${data.constructor.name}.`);
  checkRange("write", offset, data.length, buffer.length);
}

/**
 * Refuses `wanted` elements from `offset` on that do not lie inside a buffer of `length`; `what` stands in the message.
 *
 * Throws   BackendError "bounds".
 *
 * @example
 * checkRange("read", 2, 2, 4); // the last two of four
 */
export function checkRange(what: string, offset: number, wanted: number, length: number): void {
  if (!Number.isInteger(offset) || offset < 0 || wanted < 0 || wanted > length - offset)
    throw new BackendError(what, "bounds", `${wanted} elements from ${offset} on, in a buffer of ${length}.`);
}

/**
 * The bytes of so many elements: 4 each for f32 and i32, 1 for u8.
 *
 * Throws   BackendError "length" unless it is a whole number ≥ 0.
 *
 * @example
 * checkLength("f32", 10); // 40
 */
export function checkLength(type: StorageType, length: number): number {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new BackendError("alloc", "length", `cannot hold ${length} elements.`);
  return length * bytesPerElement[type];
}

/**
 * The size of block that holds so many bytes: eight steps to a doubling, so that freed blocks fit later buffers and at
 * most an eighth is wasted. All in bytes; `alignment` is a power of two, and the least that is given.
 *
 * @example
 * blockSize(1000, 64); // 1024
 * blockSize(1, 64); // 64
 */
export function blockSize(bytes: number, alignment: number): number {
  const step = Math.max(alignment, 2 ** (Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.max(alignment, Math.ceil(bytes / step) * step);
}
