/** @file Making tensors: from values, filled, and random with torch's bits. */
import { type DType, storageType, type TypedArray } from "../base/dtype.ts";
import {
  defaultGenerator,
  randint as drawIntegers,
  randperm as drawPermutation,
  fillBernoulliTensor,
  fillNormal,
  fillUniform,
  type Generator,
} from "../base/rng/index.ts";
import { numel, type Shape } from "../base/shape.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors/errors.ts";
import { type Device, defaultDevice, getBackend } from "./device.ts";
import { type NestedArray, Tensor } from "./tensor.ts";
import { hostSegment } from "./watch.ts";

export interface TensorOptions {
  dtype?: DType;
  /** Default: the default device. */
  device?: Device;
  /** Default false. */
  requiresGrad?: boolean;
}

export interface RandomOptions extends TensorOptions {
  /** Default: the generator that manualSeed() sets. */
  generator?: Generator;
}

type Data = number | boolean | TypedArray | NestedArray | readonly (boolean | NestedArray)[];

/** The shape in the type of a new tensor: known when it was written `as const`. */
type Made<S extends Shape> = number extends S["length"] ? Shape : { -readonly [At in keyof S]: S[At] };

function checkSizes(shape: Shape): void {
  for (const size of shape)
    if (!Number.isInteger(size) || size < 0)
      throw new ShapeError("tensor", "size", `every size must be a whole number ≥ 0, got [${shape.join(", ")}].`);
}

function make(shape: Shape, options: TensorOptions, dtype: DType): Tensor {
  checkSizes(shape);
  const type = options.dtype ?? dtype;
  if (!Object.hasOwn(storageType, type))
    throw new DTypeError(
      "tensor",
      "dtype",
      `there is no dtype "${type}": use ${Object.keys(storageType).join(", ")}.${String(type) === "int64" ? " Class numbers are int32 here." : ""}`,
    );
  return Tensor.empty(options.device ? getBackend(options.device) : defaultDevice(), [...shape], type);
}

function finish(t: Tensor, options: TensorOptions): Tensor {
  if (options.requiresGrad) t.requiresGrad = true;
  return t;
}

function converted(values: TypedArray, dtype: DType): TypedArray {
  if (dtype === "float32")
    return values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values);
  if (dtype === "int32") return values instanceof Int32Array ? values : Int32Array.from(values);
  if (dtype === "bool") return Uint8Array.from(values, (v) => (v ? 1 : 0));
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}

function flatten(data: unknown, shape: number[], depth: number, out: number[]): void {
  if (!Array.isArray(data)) {
    if (depth !== shape.length)
      throw new ShapeError(
        "tensor",
        "ragged",
        `nested arrays must be rectangular: a number stands at depth ${depth} of [${shape.join(", ")}].`,
      );
    out.push(Number(data));
    return;
  }
  if (data.length !== shape[depth])
    throw new ShapeError(
      "tensor",
      "ragged",
      `nested arrays must be rectangular: a list of ${data.length} stands where ${shape[depth]} are wanted.`,
    );
  for (const item of data) flatten(item, shape, depth + 1, out);
}

/**
 * A tensor from numbers: a scalar, nested arrays, or a typed array with `shape`.
 *
 * dtype    float32, unless booleans (bool), an Int32Array (int32) or a Uint8Array (uint8) are given.
 * Throws   ShapeError "ragged" for uneven nesting, "numel" when `shape` does not hold the values.
 * Source   torch.tensor.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).shape; // [2, 2]
 */
export function tensor(data: Data, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  let values: TypedArray;
  let shape: number[];
  let dtype: DType = "float32";
  if (ArrayBuffer.isView(data)) {
    values = data as TypedArray;
    shape = [...(options.shape ?? [values.length])];
    dtype = values instanceof Int32Array ? "int32" : values instanceof Uint8Array ? "uint8" : "float32";
  } else {
    shape = [];
    let probe: unknown = data;
    while (Array.isArray(probe)) {
      shape.push(probe.length);
      probe = probe[0];
    }
    if (typeof probe === "boolean") dtype = "bool";
    const flat: number[] = [];
    flatten(data, shape, 0, flat);
    values = Float64Array.from(flat);
    if (options.shape) shape = [...options.shape];
  }
  if (numel(shape) !== values.length)
    throw new ShapeError(
      "tensor",
      "numel",
      `[${shape.join(", ")}] wants ${numel(shape)} values, got ${values.length}.`,
    );
  const t = make(shape, options, dtype);
  t.write(converted(values, t.dtype));
  t.storage.version = 0;
  return finish(t, options);
}

/** Every element `value`. torch.full. */
export function full<S extends Shape>(shape: S, value: number, options?: TensorOptions): Tensor<Made<S>>;
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  const t = make(shape, options, "float32");
  fill(t, value);
  return finish(t, options);
}

/** @internal */
export function fill(t: Tensor, value: number): void {
  const kernel = t.dtype === "float32" ? "fill_f32" : t.dtype === "int32" ? "fill_i32" : "fill_u8";
  if (t.numel > 0) t.backend.run(kernel, { count: t.numel, value }, [], [t.memory]);
}

export function zeros<S extends Shape>(shape: S, options?: TensorOptions): Tensor<Made<S>>;
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

export function ones<S extends Shape>(shape: S, options?: TensorOptions): Tensor<Made<S>>;
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** Uninitialised memory: whatever was there. torch.empty. */
export function empty<S extends Shape>(shape: S, options?: TensorOptions): Tensor<Made<S>>;
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  return finish(make(shape, options, "float32"), options);
}

export function zerosLike(t: Tensor, options: TensorOptions = {}): Tensor {
  return zeros(t.shape, { dtype: t.dtype, device: t.backend, ...options });
}

export function onesLike(t: Tensor, options: TensorOptions = {}): Tensor {
  return ones(t.shape, { dtype: t.dtype, device: t.backend, ...options });
}

/** start, start + step, … below `end`. int32 unless a value is fractional or dtype says otherwise. torch.arange. */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  if (step === 0 || (to - from) / step < 0)
    throw new ArgumentError("arange", "step", `from ${from} to ${to} cannot be reached in steps of ${step}.`);
  const values = Float64Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  const whole = [from, to, step].every(Number.isInteger);
  return tensor(values, { dtype: whole ? "int32" : "float32", ...options });
}

/** The identity matrix. torch.eye. */
export function eye(n: number, m = n, options: TensorOptions = {}): Tensor {
  checkSizes([n, m]);
  const values = new Float32Array(n * m);
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return tensor(values, { shape: [n, m], ...options });
}

function drawn(shape: Shape, options: RandomOptions, draw: (generator: Generator, out: Float32Array) => void): Tensor {
  const filled = hostSegment(() => {
    const t = make(shape, options, "float32");
    const values = new Float32Array(t.numel);
    draw(options.generator ?? defaultGenerator, values);
    t.backend.write(t.memory, values);
    return t;
  });
  return finish(filled, options);
}

/** Uniform on [0, 1); torch.rand's bits for the same seed. */
export function rand<S extends Shape>(shape: S, options?: RandomOptions): Tensor<Made<S>>;
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawn(shape, options, (generator, out) => fillUniform(generator, out, 0, 1));
}

/** Standard normal; torch.randn's bits for the same seed. */
export function randn<S extends Shape>(shape: S, options?: RandomOptions): Tensor<Made<S>>;
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawn(shape, options, (generator, out) => fillNormal(generator, out, 0, 1));
}

/** Whole numbers from low up to but not including high, int32. torch.randint. */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  if (!(high > low)) throw new ArgumentError("randint", "range", `high ${high} must be greater than low ${low}.`);
  const most = options.dtype === "uint8" ? 255 : options.dtype === "bool" ? 1 : undefined;
  if (most !== undefined && (low < 0 || high > most + 1))
    throw new ArgumentError(
      "randint",
      "range",
      `${options.dtype} holds 0 to ${most}, but the draws are from ${low} to ${high - 1}.`,
    );
  const filled = hostSegment(() => {
    const t = make(shape, options, "int32");
    const values = new Int32Array(t.numel);
    drawIntegers(options.generator ?? defaultGenerator, low, high, values);
    return t.write(converted(values, t.dtype));
  });
  return finish(filled, options);
}

/** A random order of 0 … n − 1, int32. torch.randperm. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return hostSegment(() =>
    tensor(drawPermutation(options.generator ?? defaultGenerator, n), {
      ...options,
      dtype: options.dtype ?? "int32",
    }),
  );
}

/** 1 with each element's probability, else 0, float32. Reads `probabilities`, so it waits. torch.bernoulli. */
export async function bernoulli(probabilities: Tensor, options: { generator?: Generator } = {}): Promise<Tensor> {
  const p = (await probabilities.toArray()) as Float32Array;
  const out = new Float32Array(p.length);
  fillBernoulliTensor(options.generator ?? defaultGenerator, p, out);
  return tensor(out, { shape: probabilities.shape, device: probabilities.backend });
}
