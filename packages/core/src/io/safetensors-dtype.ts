/** @file The element types of safetensors and the arrays that hold them here. */
import { narrowBF16, narrowF16, widenBF16, widenF16 } from "./half.ts";

export type SafetensorsData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** The format's own names. */
export type SafetensorsDType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "U32"
  | "I16"
  | "U16"
  | "I8"
  | "U8"
  | "BOOL";

interface Codec {
  /** Bytes of one element in the file. */
  readonly bytes: number;
  /** `buffer` holds the elements and nothing else, little-endian as every machine that runs JavaScript. */
  decode(buffer: ArrayBuffer): SafetensorsData;
  /** The arrays that can be written as this type, besides what decode gives. */
  encode?(data: SafetensorsData): Uint16Array;
}

/** A Map, so that a dtype called "constructor" is unknown. */
export const codecs: ReadonlyMap<string, Codec> = new Map<SafetensorsDType, Codec>([
  ["F64", { bytes: 8, decode: (b) => new Float64Array(b) }],
  ["F32", { bytes: 4, decode: (b) => new Float32Array(b) }],
  ["F16", { bytes: 2, decode: (b) => widenF16(new Uint16Array(b)), encode: (d) => narrowF16(d as Float32Array) }],
  ["BF16", { bytes: 2, decode: (b) => widenBF16(new Uint16Array(b)), encode: (d) => narrowBF16(d as Float32Array) }],
  ["I64", { bytes: 8, decode: (b) => new BigInt64Array(b) }],
  ["I32", { bytes: 4, decode: (b) => new Int32Array(b) }],
  ["U32", { bytes: 4, decode: (b) => new Uint32Array(b) }],
  ["I16", { bytes: 2, decode: (b) => new Int16Array(b) }],
  ["U16", { bytes: 2, decode: (b) => new Uint16Array(b) }],
  ["I8", { bytes: 1, decode: (b) => new Int8Array(b) }],
  ["U8", { bytes: 1, decode: (b) => new Uint8Array(b) }],
  ["BOOL", { bytes: 1, decode: (b) => new Uint8Array(b) }],
]);

/** The type an array is written as unless told otherwise. */
export function dtypeOf(data: SafetensorsData): SafetensorsDType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint32Array) return "U32";
  if (data instanceof Int16Array) return "I16";
  if (data instanceof Uint16Array) return "U16";
  if (data instanceof Int8Array) return "I8";
  return "U8";
}
