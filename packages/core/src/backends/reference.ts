/** @file The reference backend: every kernel in plain loops over doubles. It is slow, and the judge of the others. */
import type { StorageType, TypedArray } from "../base/dtype.ts";
import { BackendError } from "../errors/errors.ts";
import type { KernelName, Params } from "../kernels/contract.ts";
import { referenceKernels } from "../kernels/reference/index.ts";
import { RefusedData } from "../kernels/reference/types.ts";
import { type Backend, type BackendBuffer, type BufferView, KernelRefusal } from "./backend.ts";
import { checkCall } from "./call.ts";
import { checkLength, checkRange, checkWrite } from "./copy.ts";

type Data = Float64Array | Int32Array | Uint8Array;

/** "Uninitialised" memory holds values that show: a kernel or op that counts on zeros fails its tests here. */
function uninitialised(type: StorageType, length: number): Data {
  if (type === "f32") return new Float64Array(length).fill(Number.NaN);
  if (type === "i32") return new Int32Array(length).fill(-0x5a5a5a5b);
  return new Uint8Array(length).fill(0xa5);
}

class ReferenceBuffer implements BackendBuffer {
  readonly type: StorageType;
  readonly length: number;
  /** Null once freed. */
  data: Data | null;

  constructor(type: StorageType, length: number) {
    this.type = type;
    this.length = length;
    this.data = uninitialised(type, length);
  }
}

/** From the view's offset to the end of its buffer. */
function dataOf({ buffer, offset }: BufferView, what: string): Data {
  if (!(buffer instanceof ReferenceBuffer))
    throw new BackendError(what, "foreign-buffer", "the buffer belongs to another backend; copy it over first.");
  if (buffer.data === null) throw new BackendError(what, "freed", "the buffer was freed.");
  return buffer.data.subarray(offset);
}

class ReferenceBackend implements Backend {
  readonly name = "reference";
  readonly detail = "plain loops in float64";
  readonly threads = 1;
  readonly lanes = 4;

  alloc(type: StorageType, length: number): BackendBuffer {
    checkLength(type, length);
    return new ReferenceBuffer(type, length);
  }

  free(buffer: BackendBuffer): void {
    if (buffer instanceof ReferenceBuffer) buffer.data = null;
  }

  write(view: BufferView, data: TypedArray): void {
    checkWrite(view, data);
    dataOf(view, "write").set(data);
  }

  readSync(view: BufferView, length: number): TypedArray {
    checkRange("read", view.offset, length, view.buffer.length);
    return dataOf(view, "read").slice(0, length);
  }

  async read(view: BufferView, length: number): Promise<TypedArray> {
    return this.readSync(view, length);
  }

  supports(kernel: KernelName): boolean {
    return kernel in referenceKernels;
  }

  run<K extends KernelName>(
    kernel: K,
    params: Params<K>,
    reads: readonly (BufferView | null)[],
    writes: readonly (BufferView | null)[],
  ): void {
    checkCall(kernel, params, reads, writes);
    const open = (view: BufferView | null) => view && dataOf(view, kernel);
    // Just checked against the contract, which the kernel's type is made from.
    const compute = referenceKernels[kernel] as unknown as (p: Params<K>, reads: unknown, writes: unknown) => void;
    try {
      compute(params, reads.map(open), writes.map(open));
    } catch (error) {
      if (error instanceof RefusedData) throw new KernelRefusal(kernel, error.status, error.facts);
      throw error;
    }
  }

  async sync(): Promise<void> {}
}

/**
 * The backend in doubles: values are never rounded to float32, so that gradients can be checked by differences.
 * `read` of float32 returns a Float64Array. Slow; the judge of the other backends.
 *
 * @example
 * const sum = tensor([0.1], { device: createReference() }).add(0.2);
 * await sum.item(); // 0.30000000000000004
 */
export function createReference(): Backend {
  return new ReferenceBackend();
}
