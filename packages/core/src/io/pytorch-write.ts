/** @file Writing what `torch.load(path, weights_only=True)` reads: the zip format, with a pickle of protocol 2. */
import { ArgumentError } from "../errors/errors.ts";
import { narrowBF16, narrowF16 } from "./half.ts";
import { PickleWriter } from "./pickle-write.ts";
import { type PyTorchData, type PyTorchDType, torchDTypes } from "./pytorch-dtype.ts";
import { PyTorchTensor } from "./pytorch-tensor.ts";
import { encodeUtf8 } from "./text.ts";
import { writeZip } from "./zip-write.ts";

/** A tensor to write: row-major values. */
export interface PyTorchTensorInput {
  readonly shape: readonly number[];
  readonly data: PyTorchData;
  /** Default: the array's own. "float16" and "bfloat16" narrow a Float32Array, "bool" marks a Uint8Array. */
  readonly dtype?: PyTorchDType;
}

/** What can be written: what `readPyTorch` gives, and tensors as plain objects. */
export type PyTorchInput =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyTorchTensor
  | PyTorchTensorInput
  | readonly PyTorchInput[]
  | ReadonlyMap<PyTorchInput, PyTorchInput>;

/** What `writePyTorch` writes besides the value. */
export interface WritePyTorchOptions {
  /** Records beside the pickle, which torch.load passes over; `readPyTorch` gives them back. Default none. */
  readonly extra?: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes a `.pt` file. Maps become OrderedDicts, arrays lists, whole numbers ints and other numbers floats. A tensor
 * object that stands at several places is written once, and is shared in PyTorch.
 *
 * Throws  ArgumentError "value" for what PyTorch has no word for, "shape" and "dtype" for tensors that contradict
 *         themselves, "size" from 4 GiB on.
 * Source  torch.save(value, path).
 *
 * @example
 * const bytes = writePyTorch(new Map([["fc.bias", { shape: [2], data: Float32Array.of(1, 2) }]]));
 * stateDictOf(readPyTorch(bytes).value).weights.get("fc.bias")?.data; // [1, 2]
 */
export function writePyTorch(value: PyTorchInput, options: WritePyTorchOptions = {}): Uint8Array<ArrayBuffer> {
  const storages: Uint8Array[] = [];
  const written = new Map<object, number>();
  const pickle = new PickleWriter();
  const tensor = (given: PyTorchTensor | PyTorchTensorInput): void => {
    const { dtype, shape, bytes } = encoded(given);
    const key = written.get(given) ?? storages.push(bytes) - 1;
    written.set(given, key);
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    pickle.mark();
    pickle.mark();
    pickle.text("storage");
    pickle.global("torch", torchDTypes.get(dtype)!.storage!);
    pickle.text(String(key));
    pickle.text("cpu");
    pickle.number(bytes.length / torchDTypes.get(dtype)!.bytes);
    pickle.tuple();
    pickle.persistent();
    pickle.number(0);
    pickle.numbers(shape);
    pickle.numbers(rowMajor(shape));
    pickle.boolean(given instanceof PyTorchTensor && given.requiresGrad);
    emptyDict(pickle); // backward hooks
    pickle.tuple();
    pickle.call();
  };
  put(value, pickle, tensor, []);
  const extra = [...(options.extra ?? [])].map(([name, bytes]) => [`archive/extra/${name}`, bytes] as const);
  return writeZip([
    ["archive/data.pkl", pickle.finish()],
    ["archive/byteorder", encodeUtf8("little")],
    ...storages.map((bytes, key) => [`archive/data/${key}`, bytes] as const),
    ...extra,
    ["archive/version", encodeUtf8("3\n")],
  ]);
}

function emptyDict(pickle: PickleWriter): void {
  pickle.global("collections", "OrderedDict");
  pickle.mark();
  pickle.tuple();
  pickle.call();
}

function put(
  value: PyTorchInput,
  pickle: PickleWriter,
  tensor: (given: PyTorchTensor | PyTorchTensorInput) => void,
  inside: readonly unknown[],
): void {
  if (value === null) pickle.none();
  else if (typeof value === "boolean") pickle.boolean(value);
  else if (typeof value === "number" || typeof value === "bigint") pickle.number(value);
  else if (typeof value === "string") pickle.text(value);
  else if (inside.includes(value) || inside.length > 100)
    throw new ArgumentError("writePyTorch", "value", "a value contains itself, or stands more than 100 deep.");
  else if (Array.isArray(value)) {
    pickle.list();
    pickle.mark();
    for (const entry of value as readonly PyTorchInput[]) put(entry, pickle, tensor, [...inside, value]);
    pickle.appends();
  } else if (value instanceof Map) {
    emptyDict(pickle);
    pickle.mark();
    for (const pair of value) for (const part of pair) put(part, pickle, tensor, [...inside, value]);
    pickle.setItems();
  } else if (typeof value === "object" && "shape" in value && "data" in value)
    tensor(value as PyTorchTensor | PyTorchTensorInput);
  else
    throw new ArgumentError(
      "writePyTorch",
      "value",
      `PyTorch has no word for ${Object.prototype.toString.call(value)}. Write texts, numbers, booleans, null, arrays, Maps and tensors.`,
    );
}

function encoded({ shape, data, dtype = dtypeOf(data) }: PyTorchTensor | PyTorchTensorInput) {
  const codec = torchDTypes.get(dtype);
  const natural = dtypeOf(data);
  const half = dtype === "float16" || dtype === "bfloat16";
  const fits =
    dtype === natural ||
    (natural === "float32" && (half || dtype === "complex64")) ||
    (natural === "float64" && dtype === "complex128") ||
    (natural === "uint8" && dtype === "bool");
  if (!codec?.storage || !fits)
    throw new ArgumentError("writePyTorch", "dtype", `a ${data.constructor.name} cannot be written as ${dtype}.`);
  const numel = shape.reduce((product, size) => product * size, 1);
  const length = dtype.startsWith("complex") ? data.length / 2 : data.length;
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || numel !== length)
    throw new ArgumentError(
      "writePyTorch",
      "shape",
      `shape [${shape.join(", ")}] has ${numel} elements, the data ${length}.`,
    );
  const stored =
    dtype === "float16"
      ? narrowF16(data as Float32Array)
      : dtype === "bfloat16"
        ? narrowBF16(data as Float32Array)
        : data;
  return { dtype, shape, bytes: new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength) };
}

/** The type an array is written as unless told otherwise; the wide unsigned ones have no class in this format. */
function dtypeOf(data: PyTorchData): PyTorchDType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof BigUint64Array) return "uint64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint32Array) return "uint32";
  if (data instanceof Int16Array) return "int16";
  if (data instanceof Uint16Array) return "uint16";
  if (data instanceof Int8Array) return "int8";
  return "uint8";
}

function rowMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) stride[i] = stride[i + 1]! * Math.max(1, shape[i + 1]!);
  return stride;
}
