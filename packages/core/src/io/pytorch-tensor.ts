/** @file A tensor in a PyTorch file: a view of a storage, whose values are copied out when they are asked for. */
import type { Fail } from "./fail.ts";
import { type PyTorchData, type PyTorchDType, torchDTypes } from "./pytorch-dtype.ts";

/** Bytes that tensors share. In the old format they come after all that refers to them. */
export interface PyTorchStorage {
  readonly key: string;
  readonly dtype: PyTorchDType;
  /** Elements. */
  readonly length: number;
  /** Views of the old format begin inside another storage; in bytes. */
  readonly start: number;
  /** Where the bytes are kept: shared by the views of one storage. */
  readonly source: { bytes: Uint8Array | undefined };
}

export interface PyTorchView {
  readonly storage: PyTorchStorage;
  readonly dtype: PyTorchDType;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/**
 * One tensor of a file that `readPyTorch` read. Tensors that shared memory in PyTorch have the same `storageKey`.
 *
 * @example
 * const bytes = writePyTorch({ shape: [2], data: Float32Array.of(1, 0.1), dtype: "float16" });
 * const weights = readPyTorch(bytes).value as PyTorchTensor;
 * console.log(weights.dtype, weights.numel); // float16 2
 * weights.data; // [1, 0.09998]
 */
export class PyTorchTensor {
  /** As it is in the file; `data` may be wider. */
  readonly dtype: PyTorchDType;
  readonly shape: readonly number[];
  /** In elements, as it was in PyTorch; `data` is always in row-major order. */
  readonly stride: readonly number[];
  /** Of the memory that it is a view of. */
  readonly storageKey: string;
  /** True for an `nn.Parameter` that was not frozen. */
  requiresGrad = false;
  readonly #view: PyTorchView;
  #data: PyTorchData | undefined;

  constructor(view: PyTorchView) {
    this.dtype = view.dtype;
    this.shape = view.shape;
    this.stride = view.stride;
    this.storageKey = view.storage.key;
    this.#view = view;
  }

  /** Elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /**
   * The values, copied in row-major order: half floats as float32, booleans as bytes, complex numbers as two values
   * each. Made when first asked for.
   */
  get data(): PyTorchData {
    this.#data ??= copied(this.#view);
    return this.#data;
  }
}

/** A tensor of checked sizes: all it shows must lie in its storage. Throws by `fail` "tensor". */
export function tensorOf(view: PyTorchView, fail: Fail): PyTorchTensor {
  const { storage, dtype, offset, shape, stride } = view;
  const say = `a tensor of shape [${shape.slice(0, 8).join(", ")}] and strides [${stride.slice(0, 8).join(", ")}] at ${offset}`;
  if (shape.length !== stride.length || shape.length > 64)
    fail("tensor", `${say}: there must be one stride for each size, and at most 64.`);
  const last = offset + shape.reduce((sum, size, i) => sum + (size - 1) * stride[i]!, 0);
  const width = torchDTypes.get(dtype)!.bytes / torchDTypes.get(storage.dtype)!.bytes;
  const empty = shape.includes(0);
  if (!Number.isSafeInteger(last) || (!empty && (last + 1) * width > storage.length))
    fail("tensor", `${say} reaches past its storage "${storage.key}" of ${storage.length} elements.`);
  const numel = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(numel * 16)) fail("tensor", `${say} has too many elements.`);
  return new PyTorchTensor(view);
}

function copied({ storage, dtype, offset, shape, stride }: PyTorchView): PyTorchData {
  const { bytes: width, decode } = torchDTypes.get(dtype)!;
  const numel = shape.reduce((product, size) => product * size, 1);
  const out = new Uint8Array(numel * width);
  const source = storage.source.bytes;
  if (numel > 0 && source) {
    const from = source.subarray(storage.start + offset * width);
    if (isRowMajor(shape, stride)) out.set(from.subarray(0, out.length));
    else gather(out, from, width, shape, stride);
  }
  return decode(out.buffer);
}

function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && stride[i] !== expected) return false;
    expected *= shape[i]!;
  }
  return true;
}

/** Element by element, in row-major order of the output. */
function gather(
  out: Uint8Array,
  from: Uint8Array,
  width: number,
  shape: readonly number[],
  stride: readonly number[],
): void {
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let to = 0; to < out.length; to += width) {
    for (let byte = 0; byte < width; byte++) out[to + byte] = from[at * width + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}
