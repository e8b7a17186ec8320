/** @file Element types of ONNX, and the numbers of a stored tensor. */
import { widenBF16, widenF16 } from "@drishti/core/io";
import type { TensorProto } from "./proto.ts";
import { WireError } from "./wire.ts";

/** ONNX's own names, by their numbers in the format. */
const byCode = {
  1: "float",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "double",
  12: "uint32",
  13: "uint64",
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
} as const;

/** ONNX's own names of its element types. */
export type OnnxType = (typeof byCode)[keyof typeof byCode];

/** Numbers of a tensor: float32 for the types that fit in it, doubles for the rest (int64 beyond 2^53 is rounded). */
export interface OnnxArray {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

export function typeOfCode(code: number): OnnxType | undefined {
  return Object.hasOwn(byCode, code) ? byCode[code as keyof typeof byCode] : undefined;
}

export function codeOfType(type: OnnxType): number {
  return Number(Object.entries(byCode).find(([, name]) => name === type)![0]);
}

const floats: readonly OnnxType[] = [
  "float",
  "float16",
  "bfloat16",
  "double",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "float4e2m1",
];

export function isFloat(type: OnnxType): boolean {
  return floats.includes(type);
}

/** Bits and sign of the whole-number types. */
export const integers: Partial<Record<OnnxType, { readonly bits: number; readonly signed: boolean }>> = {
  int4: { bits: 4, signed: true },
  uint4: { bits: 4, signed: false },
  int8: { bits: 8, signed: true },
  uint8: { bits: 8, signed: false },
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
};

/** Bits of one element in raw data. */
function bitsOf(type: OnnxType): number {
  const known: Partial<Record<OnnxType, number>> = { float: 32, double: 64, float16: 16, bfloat16: 16, bool: 8 };
  return integers[type]?.bits ?? known[type] ?? (type === "float4e2m1" ? 4 : 8);
}

/** How many elements a shape has; refuses sizes that no file can hold. */
function elements(dims: ArrayLike<number>): { shape: number[]; count: number } {
  const shape = Array.from(dims);
  let count = 1;
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) throw new WireError(`a size of ${size}`);
    count *= size;
  }
  if (!(count <= 2 ** 40)) throw new WireError(`a shape of ${shape.join(" × ")}`);
  return { shape, count };
}

/** Data of tensors that lie in files of their own, by location, offset and length. */
export type ExternalData = (location: string, offset: number, length: number | undefined) => Uint8Array;

/**
 * The numbers of a stored tensor. Throws WireError when they are not what the shape and type want; nothing is allocated
 * before the file is known to hold that many.
 */
export function tensorArray(tensor: TensorProto, external?: ExternalData): OnnxArray {
  const type = typeOfCode(tensor.dataType ?? 0);
  const name = tensor.name ? `tensor "${tensor.name}"` : "a tensor";
  if (!type) throw new WireError(`${name} has the unknown element type ${tensor.dataType ?? 0}`);
  if (type === "string" || type.startsWith("complex")) throw new WireError(`${name} holds ${type} values`);
  const { shape, count } = elements(tensor.dims);
  let raw = tensor.rawData;
  if (tensor.dataLocation === 1) raw = readExternal(tensor, external, name);
  const holds = (length: number) => {
    if (length !== count) throw new WireError(`${name} of [${shape.join(", ")}] holds ${length} values`);
  };
  if (raw !== undefined && (raw.length > 0 || count === 0)) {
    const bytes = Math.ceil((count * bitsOf(type)) / 8);
    if (raw.length !== bytes)
      throw new WireError(`${name} of ${type} [${shape.join(", ")}] needs ${bytes} bytes, it has ${raw.length}`);
    return { type, shape, data: fromRaw(type, raw, count) };
  }
  if (type === "float") {
    holds(tensor.floatData.length);
    return { type, shape, data: Float32Array.from(tensor.floatData) };
  }
  if (type === "double") {
    holds(tensor.doubleData.length);
    return { type, shape, data: Float64Array.from(tensor.doubleData) };
  }
  const wide = type === "int64" ? tensor.int64Data : tensor.uint64Data;
  const list = type === "int64" || type === "uint64" || type === "uint32" ? wide : tensor.int32Data;
  if (bitsOf(type) === 4) {
    if (list.length !== Math.ceil(count / 2)) holds(2 * list.length);
    return { type, shape, data: fromRaw(type, Uint8Array.from(list), count) };
  }
  holds(list.length);
  if (type === "float16") return { type, shape, data: widenF16(Uint16Array.from(list)) };
  if (type === "bfloat16") return { type, shape, data: widenBF16(Uint16Array.from(list)) };
  if (isFloat(type)) return { type, shape, data: fromRaw(type, Uint8Array.from(list), count) };
  const unsigned = type === "uint64" ? Float64Array.from(list, (v) => (v < 0 ? v + 2 ** 64 : v)) : null;
  return { type, shape, data: unsigned ?? Float64Array.from(list) };
}

/** The bytes of a tensor that lies in another file. */
export function readExternal(
  tensor: TensorProto,
  external: ExternalData | undefined,
  name = `tensor "${tensor.name}"`,
): Uint8Array {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location");
  const whole = (key: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw new WireError(`${name} lies at ${key} "${text}" of another file`);
    return Number(text);
  };
  if (!location) throw new WireError(`${name} lies in another file that is not named`);
  if (!external) throw new WireError(`${name} lies in the file "${location}", which was not given`);
  return external(location, whole("offset", entries.get("offset")) ?? 0, whole("length", entries.get("length")));
}

function fromRaw(type: OnnxType, raw: Uint8Array, count: number): Float32Array | Float64Array {
  if (type === "uint8" || type === "bool") return Float64Array.from(raw);
  if (type === "int8") return Float64Array.from(new Int8Array(new Uint8Array(raw).buffer));
  if (type === "int4" || type === "uint4" || type === "float4e2m1") {
    const nibbles = Uint8Array.from({ length: count }, (_, i) => (raw[i >> 1]! >> (4 * (i & 1))) & 15);
    if (type === "float4e2m1") return Float32Array.from(nibbles, (bits) => smallFloat(bits, 2, 1, 1));
    return Float64Array.from(nibbles, (v) => (type === "int4" && v > 7 ? v - 16 : v));
  }
  const { buffer } = new Uint8Array(raw); // a copy begins at 0, so it is aligned for every type
  switch (type) {
    case "float":
      return new Float32Array(buffer);
    case "double":
      return new Float64Array(buffer);
    case "float16":
      return widenF16(new Uint16Array(buffer));
    case "bfloat16":
      return widenBF16(new Uint16Array(buffer));
    case "int16":
      return Float64Array.from(new Int16Array(buffer));
    case "uint16":
      return Float64Array.from(new Uint16Array(buffer));
    case "int32":
      return Float64Array.from(new Int32Array(buffer));
    case "uint32":
      return Float64Array.from(new Uint32Array(buffer));
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer), Number);
    default:
      return Float32Array.from(raw, (bits) => float8(type, bits));
  }
}

/** Sign, exponent, mantissa; no infinities and no NaN. */
function smallFloat(bits: number, exponentBits: number, mantissaBits: number, bias: number): number {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias));
}

/** FP8 formats of Micikevicius et al. 2022; the "fnuz" ones have one NaN, at −0, and a bias one higher. */
function float8(type: OnnxType, bits: number): number {
  if (type.endsWith("fnuz"))
    return bits === 0x80
      ? Number.NaN
      : type === "float8e4m3fnuz"
        ? smallFloat(bits, 4, 3, 8)
        : smallFloat(bits, 5, 2, 16);
  if (type === "float8e4m3fn") return (bits & 0x7f) === 0x7f ? Number.NaN : smallFloat(bits, 4, 3, 7);
  if ((bits & 0x7c) === 0x7c) return (bits & 3) === 0 ? (bits & 0x80 ? -1 : 1) * Number.POSITIVE_INFINITY : Number.NaN;
  return smallFloat(bits, 5, 2, 15);
}
