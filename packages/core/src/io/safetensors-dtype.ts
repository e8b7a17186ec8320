/** @file The element types of safetensors and the arrays that hold them here. */
import { narrowBF16, narrowF16, widenBF16, widenF16 } from "./half.ts";
import { type SmallFloat, widenE8M0, widenPacked, widenSmallFloat } from "./small-float.ts";

/**
 * The arrays that hold a tensor's values: floats of fewer than 32 bits as float32, BOOL as bytes, C64 as two values
 * each.
 */
export type SafetensorsData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** The format's own names of its element types. */
export type SafetensorsDType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "F8_E8M0"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "F6_E2M3"
  | "F6_E3M2"
  | "F4"
  | "C64"
  | "I64"
  | "U64"
  | "I32"
  | "U32"
  | "I16"
  | "U16"
  | "I8"
  | "U8"
  | "BOOL";

interface Codec {
  /** Bits of one element in the file; those of fewer than 8 are packed, and fill whole bytes together. */
  readonly bits: number;
  /** `buffer` holds the elements and nothing else, little-endian as every machine that runs JavaScript. */
  decode(buffer: ArrayBuffer): SafetensorsData;
  /** The arrays that can be written as this type, besides what decode gives. */
  encode?(data: SafetensorsData): Uint16Array;
}

const small = (bits: number, kind: SmallFloat): Codec => ({
  bits,
  decode: (b) => (bits === 8 ? widenSmallFloat(new Uint8Array(b), kind) : widenPacked(new Uint8Array(b), kind)),
});

/** A Map, so that a dtype called "constructor" is unknown. */
export const codecs: ReadonlyMap<string, Codec> = new Map<SafetensorsDType, Codec>([
  ["F64", { bits: 64, decode: (b) => new Float64Array(b) }],
  ["F32", { bits: 32, decode: (b) => new Float32Array(b) }],
  ["F16", { bits: 16, decode: (b) => widenF16(new Uint16Array(b)), encode: (d) => narrowF16(d as Float32Array) }],
  ["BF16", { bits: 16, decode: (b) => widenBF16(new Uint16Array(b)), encode: (d) => narrowBF16(d as Float32Array) }],
  ["F8_E4M3", small(8, "e4m3fn")],
  ["F8_E5M2", small(8, "e5m2")],
  ["F8_E8M0", { bits: 8, decode: (b) => widenE8M0(new Uint8Array(b)) }],
  ["F8_E4M3FNUZ", small(8, "e4m3fnuz")],
  ["F8_E5M2FNUZ", small(8, "e5m2fnuz")],
  ["F6_E2M3", small(6, "e2m3")],
  ["F6_E3M2", small(6, "e3m2")],
  ["F4", small(4, "e2m1")],
  ["C64", { bits: 64, decode: (b) => new Float32Array(b) }],
  ["I64", { bits: 64, decode: (b) => new BigInt64Array(b) }],
  ["U64", { bits: 64, decode: (b) => new BigUint64Array(b) }],
  ["I32", { bits: 32, decode: (b) => new Int32Array(b) }],
  ["U32", { bits: 32, decode: (b) => new Uint32Array(b) }],
  ["I16", { bits: 16, decode: (b) => new Int16Array(b) }],
  ["U16", { bits: 16, decode: (b) => new Uint16Array(b) }],
  ["I8", { bits: 8, decode: (b) => new Int8Array(b) }],
  ["U8", { bits: 8, decode: (b) => new Uint8Array(b) }],
  ["BOOL", { bits: 8, decode: (b) => new Uint8Array(b) }],
]);

/** The type an array is written as unless told otherwise. */
export function dtypeOf(data: SafetensorsData): SafetensorsDType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof BigUint64Array) return "U64";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint32Array) return "U32";
  if (data instanceof Int16Array) return "I16";
  if (data instanceof Uint16Array) return "U16";
  if (data instanceof Int8Array) return "I8";
  return "U8";
}
