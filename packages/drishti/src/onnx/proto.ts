/**
 * @file The messages of an ONNX file that are used here, as tables of field numbers, with reading and writing.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { kinds, WireError, WireReader, WireWriter } from "./wire.ts";

/** int: any varint; the lists of numbers are read packed and unpacked, and written packed. */
type Scalar = "string" | "bytes" | "int" | "float";
type List = "strings" | "bytesList" | "ints" | "floats" | "doubles";
type Field = readonly [number: number, type: Scalar | List | (() => Table), many?: "many"];
interface Table {
  readonly [name: string]: Field;
}

interface Types {
  string: string;
  bytes: Uint8Array;
  int: number;
  float: number;
  strings: string[];
  bytesList: Uint8Array[];
  ints: number[] | Float64Array;
  floats: number[] | Float32Array;
  doubles: number[] | Float64Array;
}

export interface DimensionProto {
  dimValue?: number;
  dimParam?: string;
}
export interface ShapeProto {
  dim: DimensionProto[];
}
export interface TensorTypeProto {
  elemType?: number;
  shape?: ShapeProto;
}
export interface TypeProto {
  tensorType?: TensorTypeProto;
}
export interface ValueInfoProto {
  name?: string;
  type?: TypeProto;
}
export interface EntryProto {
  key?: string;
  value?: string;
}
export interface OperatorSetProto {
  domain?: string;
  version?: number;
}
export interface TensorProto {
  dims: Types["ints"];
  dataType?: number;
  floatData: Types["floats"];
  int32Data: Types["ints"];
  stringData: Uint8Array[];
  int64Data: Types["ints"];
  name?: string;
  rawData?: Uint8Array;
  doubleData: Types["doubles"];
  uint64Data: Types["ints"];
  externalData: EntryProto[];
  dataLocation?: number;
}
export interface AttributeProto {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats: Types["floats"];
  ints: Types["ints"];
  strings: Uint8Array[];
  type?: number;
  refAttrName?: string;
}
export interface NodeProto {
  input: string[];
  output: string[];
  name?: string;
  opType?: string;
  attribute: AttributeProto[];
  domain?: string;
}
export interface GraphProto {
  node: NodeProto[];
  name?: string;
  initializer: TensorProto[];
  sparseInitializer: Uint8Array[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}
export interface FunctionProto {
  name?: string;
  domain?: string;
}
export interface ModelProto {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  docString?: string;
  graph?: GraphProto;
  opsetImport: OperatorSetProto[];
  metadataProps: EntryProto[];
  functions: FunctionProto[];
}

const entry: Table = { key: [1, "string"], value: [2, "string"] };
const operatorSet: Table = { domain: [1, "string"], version: [2, "int"] };
const dimension: Table = { dimValue: [1, "int"], dimParam: [2, "string"] };
const shape: Table = { dim: [1, () => dimension, "many"] };
const tensorType: Table = { elemType: [1, "int"], shape: [2, () => shape] };
const type: Table = { tensorType: [1, () => tensorType] };
const valueInfo: Table = { name: [1, "string"], type: [2, () => type] };
const tensor: Table = {
  dims: [1, "ints"],
  dataType: [2, "int"],
  floatData: [4, "floats"],
  int32Data: [5, "ints"],
  stringData: [6, "bytesList"],
  int64Data: [7, "ints"],
  name: [8, "string"],
  rawData: [9, "bytes"],
  doubleData: [10, "doubles"],
  uint64Data: [11, "ints"],
  externalData: [13, () => entry, "many"],
  dataLocation: [14, "int"],
};
const attribute: Table = {
  name: [1, "string"],
  f: [2, "float"],
  i: [3, "int"],
  s: [4, "bytes"],
  t: [5, () => tensor],
  g: [6, () => graph],
  floats: [7, "floats"],
  ints: [8, "ints"],
  strings: [9, "bytesList"],
  type: [20, "int"],
  refAttrName: [21, "string"],
};
const node: Table = {
  input: [1, "strings"],
  output: [2, "strings"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, () => attribute, "many"],
  domain: [7, "string"],
};
const graph: Table = {
  node: [1, () => node, "many"],
  name: [2, "string"],
  initializer: [5, () => tensor, "many"],
  input: [11, () => valueInfo, "many"],
  output: [12, () => valueInfo, "many"],
  sparseInitializer: [15, "bytesList"],
};
const modelFunction: Table = { name: [1, "string"], domain: [10, "string"] };
const model: Table = {
  irVersion: [1, "int"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  docString: [6, "string"],
  graph: [7, () => graph],
  opsetImport: [8, () => operatorSet, "many"],
  metadataProps: [14, () => entry, "many"],
  functions: [25, () => modelFunction, "many"],
};

/** Reads a model. Throws WireError for bytes that are none. Tensor data are views into `bytes`. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return decode(bytes, model, 0) as unknown as ModelProto;
}

export function encodeModel(message: ModelProto): Uint8Array<ArrayBuffer> {
  return encode(message as unknown as Message, model);
}

/** Reads a tensor in a file of its own, as test suites keep them. */
export function decodeTensor(bytes: Uint8Array): TensorProto {
  return decode(bytes, tensor, 0) as unknown as TensorProto;
}

type Message = Record<string, unknown>;

/** Graphs may stand in attributes of graphs; real ones do so two or three deep. */
const deepest = 40;
const lists: readonly string[] = ["strings", "bytesList", "ints", "floats", "doubles"];

const byNumber = new Map<Table, Map<number, readonly [string, Field]>>();

function numbered(table: Table): Map<number, readonly [string, Field]> {
  let fields = byNumber.get(table);
  if (!fields) {
    fields = new Map(Object.entries(table).map((item) => [item[1][0], item]));
    byNumber.set(table, fields);
  }
  return fields;
}

function decode(bytes: Uint8Array, table: Table, depth: number): Message {
  if (depth > deepest) throw new WireError(`messages nested more than ${deepest} deep`);
  const message: Message = {};
  for (const [name, [, kind, many]] of Object.entries(table))
    if (many || (typeof kind === "string" && lists.includes(kind))) message[name] = [];
  const fields = numbered(table);
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, kind } = reader.tag();
    const known = fields.get(field);
    if (known) readField(message, known, kind, reader, depth);
    else reader.skip(kind);
  }
  return message;
}

function readField(
  message: Message,
  [name, [, type, many]]: readonly [string, Field],
  kind: number,
  reader: WireReader,
  depth: number,
): void {
  const want = (wanted: number) => {
    if (kind !== wanted) throw new WireError(`${name} is written as kind ${kind} instead of ${wanted}`);
  };
  if (typeof type === "function") {
    want(kinds.bytes);
    const value = decode(reader.bytes(), type(), depth + 1);
    if (many) (message[name] as Message[]).push(value);
    else message[name] = value;
  } else if (type === "int") {
    want(kinds.varint);
    message[name] = reader.varint();
  } else if (type === "float") {
    want(kinds.fixed32);
    message[name] = reader.float();
  } else if (type === "string" || type === "strings") {
    want(kinds.bytes);
    if (type === "string") message[name] = reader.string();
    else (message[name] as string[]).push(reader.string());
  } else if (type === "bytes" || type === "bytesList") {
    want(kinds.bytes);
    if (type === "bytes") message[name] = reader.bytes();
    else (message[name] as Uint8Array[]).push(reader.bytes());
  } else {
    message[name] = readNumbers(message[name] as number[], name, type, kind, reader);
  }
}

const single = { ints: kinds.varint, floats: kinds.fixed32, doubles: kinds.fixed64 } as const;

function readNumbers(
  before: number[] | Float32Array | Float64Array,
  name: string,
  type: keyof typeof single,
  kind: number,
  reader: WireReader,
): number[] | Float32Array | Float64Array {
  const values =
    kind === single[type]
      ? [type === "ints" ? reader.varint() : type === "floats" ? reader.float() : reader.double()]
      : kind === kinds.bytes
        ? unpack(type, reader.bytes(), name)
        : undefined;
  if (!values) throw new WireError(`${name} is written as kind ${kind}`);
  if (before.length === 0) return values;
  const list = Array.isArray(before) ? before : Array.from(before);
  for (const value of values) list.push(value);
  return list;
}

function unpack(type: keyof typeof single, bytes: Uint8Array, name: string): Float32Array | Float64Array {
  if (type === "ints") {
    let count = 0;
    for (const byte of bytes) if (byte < 0x80) count++;
    const reader = new WireReader(bytes);
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = reader.varint();
    if (!reader.done) throw new WireError(`${name} ends within a number`);
    return out;
  }
  const size = type === "floats" ? 4 : 8;
  if (bytes.length % size !== 0) throw new WireError(`${name} ends within a number`);
  const copy = new Uint8Array(bytes).buffer;
  return type === "floats" ? new Float32Array(copy) : new Float64Array(copy);
}

function encode(message: Message, table: Table): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter();
  for (const [name, [field, type, many]] of Object.entries(table)) {
    const value = message[name];
    if (value === undefined) continue;
    for (const item of many || type === "strings" || type === "bytesList" ? (value as unknown[]) : [value])
      writeField(writer, field, type, item);
  }
  return writer.finish();
}

const text = new TextEncoder();

function writeField(writer: WireWriter, field: number, type: Field[1], value: unknown): void {
  if (typeof type === "function") writer.tag(field, kinds.bytes).bytes(encode(value as Message, type()));
  else if (type === "int") writer.tag(field, kinds.varint).varint(value as number);
  else if (type === "float") writer.tag(field, kinds.fixed32).float(value as number);
  else if (type === "string" || type === "strings") writer.tag(field, kinds.bytes).bytes(text.encode(value as string));
  else if (type === "bytes" || type === "bytesList") writer.tag(field, kinds.bytes).bytes(value as Uint8Array);
  else {
    const list = value as ArrayLike<number>;
    if (list.length === 0) return;
    const packed = new WireWriter();
    for (let i = 0; i < list.length; i++) {
      if (type === "ints") packed.varint(list[i]!);
      else if (type === "floats") packed.float(list[i]!);
      else packed.double(list[i]!);
    }
    writer.tag(field, kinds.bytes).bytes(packed.finish());
  }
}
