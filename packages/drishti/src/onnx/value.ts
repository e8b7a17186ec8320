/**
 * @file Values on their way through a graph.
 *
 * Pictures and features are float32 tensors on the model's device. Whole numbers, and everything computed from shapes and
 * constants alone, are needed at once to know the next shape: they live in doubles on a small reference backend on
 * the host, exact to 2^53, and the same operations run on them.
 */
import { type Backend, createReference, full, type Tensor, tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import { integers, isFloat, type OnnxArray, type OnnxType } from "./dtype.ts";

export const host: Backend = createReference();

/** A tensor with the element type that the graph gives it. */
export interface Value {
  readonly tensor: Tensor;
  readonly type: OnnxType;
}

export function onHost(value: Value): boolean {
  return value.tensor.backend === host;
}

export function numel(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Sizes computed from a file are not to be trusted: 2^28 numbers on the host are 2 GiB. */
const most = 2 ** 28;

export function checkSize(shape: readonly number[]): readonly number[] {
  if (numel(shape) > most)
    throw new DataError("onnx", "size", `a value of [${shape.join(", ")}] is larger than ${most} elements.`);
  return shape;
}

export function hostValue(data: ArrayLike<number>, shape: readonly number[], type: OnnxType = "int64"): Value {
  return { tensor: tensor(Float64Array.from(data), { shape: checkSize(shape), device: host, dtype: "float32" }), type };
}

export function filled(shape: readonly number[], value: number, type: OnnxType): Value {
  return { tensor: full(checkSize(shape), value, { device: host }), type };
}

export function asValue({ data, shape, type }: OnnxArray): Value {
  return hostValue(data, shape, type);
}

/** The numbers of a value, wherever it lies; waits for the device. */
export function numbersOf({ tensor: t }: Value): ArrayLike<number> {
  const source = t.contiguous();
  if (source.numel === 0) return [];
  const read = source.backend.readSync;
  if (!read)
    throw new DataError(
      "onnx",
      "needs-host",
      `the graph needs values of ${t.device} at once to go on, which cannot be read there while it runs. Use another device.`,
    );
  return read.call(source.backend, { buffer: source.storage.buffer, offset: source.offset }, source.numel);
}

/** The same value on the host. */
export function toHost(value: Value): Value {
  return onHost(value) ? value : hostValue(numbersOf(value), value.tensor.shape, value.type);
}

const uploads = new WeakMap<Tensor, Tensor>();

/** The value as float32 on a device. Constants are sent once. */
export function toDevice(value: Value, device: Backend): Tensor {
  if (!onHost(value)) return value.tensor.dtype === "float32" ? value.tensor : value.tensor.to("float32");
  const before = uploads.get(value.tensor);
  if (before?.backend === device) return before;
  const sent = tensor(Float32Array.from(numbersOf(value)), { shape: value.tensor.shape, device });
  uploads.set(value.tensor, sent);
  return sent;
}

/** Rounds what doubles computed to what the type can hold: float32, or whole numbers that wrap around. */
export function settled({ tensor: t, type }: Value): Value {
  if (type === "double") return { tensor: t, type };
  const values = Float64Array.from(numbersOf({ tensor: t, type }));
  const { bits, signed } = integers[type] ?? { bits: 0, signed: false };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (isFloat(type)) values[i] = Math.fround(value);
    else if (type === "bool") values[i] = value === 0 ? 0 : 1;
    else values[i] = wrapped(Math.trunc(value), bits, signed);
  }
  return hostValue(values, t.shape, type);
}

function wrapped(value: number, bits: number, signed: boolean): number {
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const span = 2 ** bits;
  if (bits >= 64 || !Number.isFinite(value) || (value >= low && value < low + span)) return value;
  return ((((value - low) % span) + span) % span) + low;
}
