/** @file Making tensors: from values, and filled. */
import { type DType, storageType, type TypedArray } from "../base/dtype.ts";
import { checkKnown, type Known } from "../base/known-options.ts";
import { numel, type Shape } from "../base/shape.ts";
import { ArgumentError, DTypeError, ShapeError, say } from "../errors/errors.ts";
import { type Device, defaultDevice, getBackend } from "./device.ts";
import { type NestedArray, Tensor } from "./tensor.ts";

/** What every function that makes a tensor takes. */
export interface TensorOptions {
  /** Default: what the function says, mostly float32. */
  dtype?: DType;
  /** Default: defaultDevice(). */
  device?: Device;
  /** Whether backward() leaves a gradient in `.grad`; float32 only. Default false. */
  requiresGrad?: boolean;
}

/** @internal */
export const known: Known<TensorOptions> = { dtype: 0, device: 0, requiresGrad: 0 };
const knownShaped = { ...known, shape: 0 } as const;

type Data = number | boolean | TypedArray | NestedArray | readonly (boolean | NestedArray)[];

/** The shape in the type of a new tensor: known when it was written `as const`. @internal */
export type Made<S extends Shape> = number extends S["length"] ? Shape : { -readonly [At in keyof S]: S[At] };

function checkSizes(shape: Shape): void {
  if (!Array.isArray(shape))
    throw new ShapeError("tensor", "size", say`a shape is a list, such as [2, 3], got ${{ shape }}.`);
  for (const size of shape)
    if (!Number.isInteger(size) || size < 0)
      throw new ShapeError("tensor", "size", say`every size must be a whole number ≥ 0, got ${{ shape }}.`);
}

/** @internal */
export function make(shape: Shape, options: TensorOptions, dtype: DType): Tensor {
  checkSizes(shape);
  const type = options.dtype ?? dtype;
  if (!Object.hasOwn(storageType, type))
    throw new DTypeError(
      "tensor",
      "dtype",
      say`there is no dtype "${{ type }}": use ${Object.keys(storageType).join(", ")}.${String(type) === "int64" ? " Class numbers are int32 here." : ""}`,
    );
  return Tensor.empty(options.device ? getBackend(options.device) : defaultDevice(), [...shape], type);
}

/** @internal */
export function finish(t: Tensor, options: TensorOptions): Tensor {
  if (options.requiresGrad) t.requiresGrad = true;
  return t;
}

/** @internal */
export function converted(values: TypedArray, dtype: DType): TypedArray {
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
        say`nested arrays must be rectangular: a number stands at depth ${{ depth }} of ${{ shape }}.`,
      );
    out.push(Number(data));
    return;
  }
  if (data.length !== shape[depth])
    throw new ShapeError(
      "tensor",
      "ragged",
      say`nested arrays must be rectangular: a list of ${{ count: data.length }} stands where ${{ wanted: shape[depth] }} are wanted.`,
    );
  for (const item of data) flatten(item, shape, depth + 1, out);
}

/**
 * A tensor from numbers: a scalar, nested arrays, or a typed array. The values are copied.
 *
 * Shape    that of the nesting, [length] for a typed array; `shape` gives the same values another one.
 * dtype    float32, unless booleans (bool), an Int32Array (int32) or a Uint8Array (uint8) are given.
 * Throws   ShapeError "ragged" for uneven nesting, "numel" when `shape` does not hold the values, "size";
 *          DTypeError "dtype" for a dtype that does not exist, or a gradient for another than float32.
 * Source   torch.tensor, which makes int64 of whole numbers.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).shape; // [2, 2]
 * tensor(Uint8Array.of(0, 128, 255, 64), { shape: [1, 2, 2] }).dtype; // "uint8"
 */
export function tensor(data: Data, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  checkKnown("tensor", options, knownShaped);
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
      say`${{ shape }} wants ${numel(shape)} values, got ${{ count: values.length }}.`,
    );
  const t = make(shape, options, dtype);
  t.write(converted(values, t.dtype));
  t.storage.version = 0;
  return finish(t, options);
}

/**
 * A tensor whose every element is `value`.
 *
 * dtype    float32; torch.full takes int64 for a whole number.
 * Throws   ShapeError "size" for a size that is no whole number ≥ 0; DTypeError "dtype" for one that does not exist.
 * Source   torch.full.
 *
 * @example
 * await full([2, 2], 7).tolist(); // [[7, 7], [7, 7]]
 */
export function full<S extends Shape>(shape: S, value: number, options?: TensorOptions): Tensor<Made<S>>;
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  checkKnown("full", options, known);
  const t = make(shape, options, "float32");
  fill(t, value);
  return finish(t, options);
}

/** @internal */
export function fill(t: Tensor, value: number): void {
  const kernel = t.dtype === "float32" ? "fill_f32" : t.dtype === "int32" ? "fill_i32" : "fill_u8";
  if (t.numel > 0) t.backend.run(kernel, { count: t.numel, value }, [], [t.memory]);
}

/**
 * A tensor of zeros, float32 unless `dtype` says otherwise.
 *
 * Throws   as full().
 * Source   torch.zeros.
 *
 * @example
 * await zeros([2, 3]).tolist(); // [[0, 0, 0], [0, 0, 0]]
 */
export function zeros<S extends Shape>(shape: S, options?: TensorOptions): Tensor<Made<S>>;
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  checkKnown("zeros", options, known);
  return full(shape, 0, options);
}

/**
 * A tensor of ones, float32 unless `dtype` says otherwise.
 *
 * Throws   as full().
 * Source   torch.ones.
 *
 * @example
 * await ones([3]).tolist(); // [1, 1, 1]
 */
export function ones<S extends Shape>(shape: S, options?: TensorOptions): Tensor<Made<S>>;
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  checkKnown("ones", options, known);
  return full(shape, 1, options);
}

/**
 * A tensor whose values are whatever stood in the memory: for those that will be overwritten.
 *
 * Throws   as full().
 * Source   torch.empty.
 *
 * @example
 * await empty([2]).write(Float32Array.of(3, 4)).tolist(); // [3, 4]
 */
export function empty<S extends Shape>(shape: S, options?: TensorOptions): Tensor<Made<S>>;
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  checkKnown("empty", options, known);
  return finish(make(shape, options, "float32"), options);
}

/**
 * Zeros of the shape, the dtype and the device of `t`; an option changes one of them.
 *
 * Source   torch.zeros_like.
 *
 * @example
 * await zerosLike(tensor([[1, 2], [3, 4]])).tolist(); // [[0, 0], [0, 0]]
 */
export function zerosLike(t: Tensor, options: TensorOptions = {}): Tensor {
  checkKnown("zerosLike", options, known);
  return zeros(t.shape, { dtype: t.dtype, device: t.backend, ...options });
}

/**
 * Ones of the shape, the dtype and the device of `t`; an option changes one of them.
 *
 * Source   torch.ones_like.
 *
 * @example
 * onesLike(tensor([true, false])).dtype; // "bool"
 */
export function onesLike(t: Tensor, options: TensorOptions = {}): Tensor {
  checkKnown("onesLike", options, known);
  return ones(t.shape, { dtype: t.dtype, device: t.backend, ...options });
}

/**
 * start, start + step, start + 2·step, … up to but not including `end`; arange(end) counts from 0.
 *
 * Shape    [⌈(end − start)/step⌉]; step 1 by default, negative to count down.
 * dtype    int32 when start, end and step are whole numbers (torch: int64), else float32.
 * Throws   ArgumentError "step" for a step of 0 or away from `end`.
 * Source   torch.arange.
 *
 * @example
 * await arange(4).tolist(); // [0, 1, 2, 3]
 * await arange(1, 0, -0.25).tolist(); // [1, 0.75, 0.5, 0.25]
 */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  checkKnown("arange", options, known);
  const [from, to] = end === undefined ? [0, start] : [start, end];
  if (step === 0 || !((to - from) / step >= 0))
    throw new ArgumentError(
      "arange",
      "step",
      say`from ${{ from }} to ${{ to }} cannot be reached in steps of ${{ step }}.`,
    );
  const values = Float64Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  const whole = [from, to, step].every(Number.isInteger);
  return tensor(values, { dtype: whole ? "int32" : "float32", ...options });
}

/**
 * Ones on the diagonal, zeros elsewhere: the identity matrix, float32.
 *
 * Shape    (n, m), m = n by default.
 * Throws   ShapeError "size" unless n and m are whole numbers ≥ 0.
 * Source   torch.eye.
 *
 * @example
 * await eye(2, 3).tolist(); // [[1, 0, 0], [0, 1, 0]]
 */
export function eye(n: number, m = n, options: TensorOptions = {}): Tensor {
  checkKnown("eye", options, known);
  checkSizes([n, m]);
  const values = new Float32Array(n * m);
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return tensor(values, { shape: [n, m], ...options });
}
