/** @file Element types: float32, int32 (indices, labels), uint8 and bool (pixels, masks; one byte each). */

/** Element type of a tensor. Layers and gradients want float32; the others are labels, indices, pixels and masks. */
export type DType = "float32" | "int32" | "uint8" | "bool";

/** What a buffer holds. bool and uint8 share storage; float32 is kept in doubles by the reference backend. */
export type StorageType = "f32" | "i32" | "u8";

/** Values outside a backend: f32 as floats or doubles, i32, and bytes for uint8 and bool. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export const storageType: Record<DType, StorageType> = { float32: "f32", int32: "i32", uint8: "u8", bool: "u8" };

/** Bytes of one element on every backend but the reference. */
export const bytesPerElement: Record<StorageType, number> = { f32: 4, i32: 4, u8: 1 };

const order: readonly DType[] = ["bool", "uint8", "int32", "float32"];

/** The type two operands meet in: bool < uint8 < int32 < float32. */
export function promote(a: DType, b: DType): DType {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
