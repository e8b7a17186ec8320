/** @file torch's element types: how wide they are in a file, and the arrays that hold them here. */
import { widenBF16, widenF16 } from "./half.ts";
import { type SmallFloat, widenSmallFloat } from "./small-float.ts";

/** torch's own names of its element types. */
export type PyTorchDType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "float8_e4m3fn"
  | "float8_e5m2"
  | "float8_e4m3fnuz"
  | "float8_e5m2fnuz"
  | "complex128"
  | "complex64"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool";

/**
 * The arrays that hold a tensor's values: 16- and 8-bit floats as float32, booleans as bytes, complex numbers as two
 * values each.
 */
export type PyTorchData =
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

interface Codec {
  /** Bytes of an element in the file. */
  readonly bytes: number;
  /** The class in torch's pickles whose storages hold this type; none for the types that came after those classes. */
  readonly storage?: string;
  /** `buffer` holds the elements and nothing else. */
  decode(buffer: ArrayBuffer): PyTorchData;
}

const eight = (kind: SmallFloat): Codec => ({ bytes: 1, decode: (b) => widenSmallFloat(new Uint8Array(b), kind) });

/** Half floats are widened to float32, booleans are bytes, complex numbers two values each. */
export const torchDTypes: ReadonlyMap<string, Codec> = new Map<PyTorchDType, Codec>([
  ["float64", { bytes: 8, storage: "DoubleStorage", decode: (b) => new Float64Array(b) }],
  ["float32", { bytes: 4, storage: "FloatStorage", decode: (b) => new Float32Array(b) }],
  ["float16", { bytes: 2, storage: "HalfStorage", decode: (b) => widenF16(new Uint16Array(b)) }],
  ["bfloat16", { bytes: 2, storage: "BFloat16Storage", decode: (b) => widenBF16(new Uint16Array(b)) }],
  ["float8_e4m3fn", eight("e4m3fn")],
  ["float8_e5m2", eight("e5m2")],
  ["float8_e4m3fnuz", eight("e4m3fnuz")],
  ["float8_e5m2fnuz", eight("e5m2fnuz")],
  ["complex128", { bytes: 16, storage: "ComplexDoubleStorage", decode: (b) => new Float64Array(b) }],
  ["complex64", { bytes: 8, storage: "ComplexFloatStorage", decode: (b) => new Float32Array(b) }],
  ["int64", { bytes: 8, storage: "LongStorage", decode: (b) => new BigInt64Array(b) }],
  ["int32", { bytes: 4, storage: "IntStorage", decode: (b) => new Int32Array(b) }],
  ["int16", { bytes: 2, storage: "ShortStorage", decode: (b) => new Int16Array(b) }],
  ["int8", { bytes: 1, storage: "CharStorage", decode: (b) => new Int8Array(b) }],
  ["uint64", { bytes: 8, decode: (b) => new BigUint64Array(b) }],
  ["uint32", { bytes: 4, decode: (b) => new Uint32Array(b) }],
  ["uint16", { bytes: 2, decode: (b) => new Uint16Array(b) }],
  ["uint8", { bytes: 1, storage: "ByteStorage", decode: (b) => new Uint8Array(b) }],
  ["bool", { bytes: 1, storage: "BoolStorage", decode: (b) => new Uint8Array(b) }],
]);

/** By the names of the classes in pickles; an untyped storage is bytes. */
export const storageDTypes: ReadonlyMap<string, PyTorchDType> = new Map([
  ...[...torchDTypes].flatMap(([name, { storage }]) => (storage ? [[storage, name as PyTorchDType] as const] : [])),
  ["UntypedStorage", "uint8"],
]);
