/**
 * @file Reading and writing .safetensors files.
 *
 * 8 bytes length of the header (little-endian), the header (JSON: name → dtype, shape, data_offsets; `__metadata__` of
 * strings), then the tensors' bytes without a gap. Source: https://huggingface.co/docs/safetensors.
 */
import { ArgumentError, DataError } from "../errors/errors.ts";
import { repeatedKey } from "./json-keys.ts";
import { codecs, dtypeOf, type SafetensorsData, type SafetensorsDType } from "./safetensors-dtype.ts";
import { decodeUtf8, encodeUtf8 } from "./text.ts";

/** One tensor of a file that `readSafetensors` read. */
export interface SafetensorsEntry {
  /** As it is in the file; `data` may be wider. */
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** In row-major order; floats of fewer than 32 bits widened to float32, BOOL one byte each, C64 two values each. */
  readonly data: SafetensorsData;
}

/** What `readSafetensors` finds in a file. */
export interface Safetensors {
  /** In the order of the bytes in the file. */
  readonly tensors: Map<string, SafetensorsEntry>;
  /** The file's `__metadata__`, {} without. Has no prototype, so that any name is only a name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit of the format's own reader; headers of real models stay under 2 MB. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";

interface Slot {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: number[];
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a whole .safetensors file; the values are copies, `bytes` may be reused.
 *
 * Throws  DataError, naming `options.file`: "short", "header-length", "header" (no JSON, no object, a name twice),
 *         "metadata", "dtype", "shape", "offsets" (out of bounds or order), "size" (shape × dtype is not the bytes given),
 *         "overlap", "gap".
 * Source  safetensors' `deserialize`; torch.load's counterpart without code in the file.
 *
 * @example
 * const bytes = writeSafetensors([["fc.bias", { shape: [2], data: Float32Array.of(1, 2) }]]);
 * readSafetensors(bytes).tensors.get("fc.bias")?.shape; // [2]
 */
export function readSafetensors(bytes: Uint8Array, options: { file?: string } = {}): Safetensors {
  const fail: Fail = (code, text, cause) => {
    const told = `${text} The file is damaged or no safetensors: get it again, or save it anew.`;
    throw new DataError("safetensors", code, told, options.file, cause === undefined ? undefined : { cause });
  };
  const dataStart = headerEnd(bytes, fail);
  const header = parseHeader(bytes.subarray(8, dataStart), fail);
  const slots: Slot[] = [];
  let metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = checkMetadata(value, fail);
    else slots.push(checkSlot(name, value, bytes.length - dataStart, fail));
  }
  slots.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCover(slots, bytes.length - dataStart, fail);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const { name, dtype, shape, start, end } of slots) {
    const own = new Uint8Array(end - start); // a copy: offsets need not be aligned in memory
    own.set(bytes.subarray(dataStart + start, dataStart + end));
    tensors.set(name, { dtype, shape, data: codecs.get(dtype)!.decode(own.buffer) });
  }
  return { tensors, metadata };
}

type Fail = (code: string, text: string, cause?: unknown) => never;

/** Where the header stops and the data start. */
function headerEnd(bytes: Uint8Array, fail: Fail): number {
  if (bytes.length < 8)
    fail("short", `the file has ${bytes.length} bytes, too short for the 8 of the header's length.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    fail(
      "header-length",
      `the header claims ${length} bytes; the format allows ${MAX_HEADER_BYTES}. Is this a safetensors file?`,
    );
  if (length > BigInt(bytes.length - 8))
    fail("header-length", `the header claims ${length} bytes, but only ${bytes.length - 8} follow.`);
  return 8 + Number(length);
}

function parseHeader(bytes: Uint8Array, fail: Fail): object {
  let text: string;
  let header: unknown;
  try {
    text = decodeUtf8(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    return fail("header", `the header is not valid JSON: ${(cause as Error).message}.`, cause);
  }
  if (!isObject(header) || bytes[0] !== 0x7b)
    return fail("header", "the header must be a JSON object of tensors that starts at once with {.");
  const twice = repeatedKey(text);
  if (twice !== undefined) fail("header", `the header names "${twice}" twice in one object.`);
  return header;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A wrong value for a message: short, and without following what is nested in it. */
function show(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map((item) => (typeof item === "object" && item !== null ? "…" : show(item)));
    return `[${items.join(", ")}${value.length > 8 ? ", …" : ""}]`;
  }
  if (typeof value === "string") return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function checkMetadata(value: unknown, fail: Fail): Record<string, string> {
  const out: Record<string, string> = Object.create(null);
  if (!isObject(value)) return fail("metadata", `${METADATA} must be an object of strings.`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") fail("metadata", `${METADATA}: "${key}" must be a string, is ${show(text)}.`);
    out[key] = text;
  }
  return out;
}

const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

function checkSlot(name: string, value: unknown, dataLength: number, fail: Fail): Slot {
  if (!isObject(value)) return fail("header", `"${name}" must be an object with dtype, shape and data_offsets.`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  const codec = typeof dtype === "string" ? codecs.get(dtype) : undefined;
  if (!codec)
    return fail("dtype", `"${name}" has the unknown dtype ${show(dtype)}; known are ${[...codecs.keys()].join(", ")}.`);
  if (!Array.isArray(shape) || !shape.every(isSize))
    return fail("shape", `"${name}" has the shape ${show(shape)}; sizes must be integers of 0 or more.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    return fail("offsets", `"${name}" has data_offsets ${show(offsets)}; two integers of 0 or more are needed.`);
  const [start, end] = offsets as [number, number];
  if (start > end || end > dataLength)
    fail("offsets", `"${name}" has data_offsets [${start}, ${end}], but the file holds ${dataLength} bytes of data.`);
  const needed = shape.reduce((product: number, size: number) => product * size, codec.bits) / 8;
  if (needed !== end - start)
    fail(
      "size",
      `"${name}" needs ${needed} bytes for ${dtype} [${shape.join(", ")}], its data_offsets give ${end - start}.`,
    );
  return { name, dtype: dtype as SafetensorsDType, shape, start, end };
}

/** Every byte belongs to exactly one tensor: what a file cannot say twice or hide between tensors. */
function checkCover(slots: readonly Slot[], dataLength: number, fail: Fail): void {
  let at = 0;
  let before = "the header";
  for (const { name, start, end } of slots) {
    if (start < at) fail("overlap", `"${name}" starts at byte ${start}, inside ${before}, which ends at ${at}.`);
    if (start > at) fail("gap", `${start - at} bytes between ${before} and "${name}" belong to no tensor.`);
    at = end;
    before = `"${name}"`;
  }
  if (at < dataLength) fail("gap", `${dataLength - at} bytes after ${before} belong to no tensor.`);
}

/** What writeSafetensors takes for a tensor; `dtype` is read off the array when left out. */
export interface SafetensorsInput {
  /** Default: the array's own, Float32Array F32 and so on. */
  readonly dtype?: SafetensorsDType;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly data: SafetensorsData;
}

/**
 * Writes a .safetensors file: the same tensors and metadata give the same bytes, whatever their order.
 *
 * Layout   Wide elements first, then by name, so that every tensor is aligned; the header is padded to 8 bytes.
 * dtype    By the array (Float32Array → F32 …); "F16" and "BF16" narrow a Float32Array, "BOOL" marks a Uint8Array.
 * metadata Texts by their names; default none.
 * Throws   ArgumentError "name" (given twice, or `__metadata__`), "shape" or "dtype".
 * Source   safetensors' `serialize`, byte by byte.
 *
 * @example
 * const w = { shape: [2], data: Float32Array.of(1, 2) };
 * const bytes = writeSafetensors(new Map([["w", w]]), { format: "pt" });
 * readSafetensors(bytes).metadata.format; // "pt"
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsInput]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = safetensorsPieces(tensors, metadata);
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/**
 * The file of `writeSafetensors` in pieces, to be written one after the other: the header, then each tensor. A tensor's
 * piece is its own array's memory where nothing is narrowed, so that a file of gigabytes needs no gigabytes beside them.
 *
 * Throws   as `writeSafetensors`.
 *
 * @example
 * const data = Float32Array.of(1, 2);
 * const [header, weight] = safetensorsPieces([["w", { shape: [2], data }]]);
 * header!.length % 8; // 0
 * weight!.buffer === data.buffer; // true
 */
export function safetensorsPieces(
  tensors: Iterable<readonly [string, SafetensorsInput]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const parts = [...tensors].map(([name, input]) => encodeTensor(name, input));
  parts.sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : 1));
  const seen = new Set<string>();
  const fields: string[] = [];
  const notes = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (notes.length > 0)
    fields.push(`"${METADATA}":{${notes.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`);
  let at = 0;
  for (const { name, dtype, shape, bytes } of parts) {
    if (name === METADATA || seen.has(name))
      throw new ArgumentError(
        "writeSafetensors",
        "name",
        `"${name}" is ${name === METADATA ? "reserved" : "given twice"}.`,
      );
    seen.add(name);
    const entry = { dtype, shape, data_offsets: [at, at + bytes.length] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at += bytes.length;
  }
  const text = encodeUtf8(`{${fields.join(",")}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(8 + headerLength).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerLength), true);
  header.set(text, 8);
  return [header, ...parts.map(({ bytes }) => bytes)];
}

interface Part {
  name: string;
  dtype: SafetensorsDType;
  shape: readonly number[];
  width: number;
  bytes: Uint8Array;
}

function encodeTensor(name: string, { dtype, shape, data }: SafetensorsInput): Part {
  const natural = dtypeOf(data);
  const type = dtype ?? natural;
  const codec = codecs.get(type);
  const fits = type === natural || (natural === "F32" && codec?.encode) || (natural === "U8" && type === "BOOL");
  if (!codec || !fits)
    throw new ArgumentError(
      "writeSafetensors",
      "dtype",
      `"${name}": a ${data.constructor.name} cannot be written as ${type}.`,
    );
  const count = shape.reduce((product, size) => product * size, 1);
  if (!shape.every(isSize) || count !== data.length)
    throw new ArgumentError(
      "writeSafetensors",
      "shape",
      `"${name}": shape [${shape.join(", ")}] has ${count} elements, the data ${data.length}.`,
    );
  const stored = codec.encode ? codec.encode(data) : data;
  const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  return { name, dtype: type, shape, width: codec.bits / 8, bytes };
}
