/** @file The reference backend: every kernel in plain loops over doubles. It is slow, and the judge of the others. */
import type { StorageType, TypedArray } from "../base/dtype.ts";
import { BackendError } from "../errors/errors.ts";
import { contract, type Field, type KernelName, type Operand, type Params, parseOperand } from "../kernels/contract.ts";
import { referenceKernels } from "../kernels/reference/index.ts";
import { operandSizes } from "../kernels/reference/operand-sizes.ts";
import { RefusedData } from "../kernels/reference/types.ts";
import { type Backend, type BackendBuffer, type BufferView, KernelRefusal } from "./backend.ts";

type Data = Float64Array | Int32Array | Uint8Array;

class ReferenceBuffer implements BackendBuffer {
  readonly type: StorageType;
  readonly length: number;
  /** Null once freed. */
  data: Data | null;

  constructor(type: StorageType, length: number) {
    this.type = type;
    this.length = length;
    // "Uninitialised" memory holds values that show: a kernel or op that counts on zeros fails its tests here.
    if (type === "f32") this.data = new Float64Array(length).fill(Number.NaN);
    else if (type === "i32") this.data = new Int32Array(length).fill(-0x5a5a5a5b);
    else this.data = new Uint8Array(length).fill(0xa5);
  }
}

/** From the view's offset to the end of its buffer. */
function dataOf({ buffer, offset }: BufferView, what: string): Data {
  if (!(buffer instanceof ReferenceBuffer))
    throw new BackendError(what, "foreign-buffer", "the buffer belongs to another backend; copy it over first.");
  if (buffer.data === null) throw new BackendError(what, "freed", "the buffer was freed.");
  if (offset < 0 || offset > buffer.length)
    throw new BackendError(what, "bounds", `offset ${offset} lies outside a buffer of ${buffer.length} elements.`);
  return buffer.data.subarray(offset);
}

function checkLength(available: number, wanted: number, what: string): void {
  if (wanted > available)
    throw new BackendError(what, "bounds", `${wanted} elements do not fit in a view of ${available}.`);
}

const accepts: Record<StorageType, (data: TypedArray) => boolean> = {
  f32: (data) => data instanceof Float32Array || data instanceof Float64Array,
  i32: (data) => data instanceof Int32Array,
  u8: (data) => data instanceof Uint8Array,
};

/** Checks one operand against the contract: there unless optional, of its type, and large enough. */
function operand(kernel: KernelName, { name, type, optional }: Operand, view: BufferView | null, size: number) {
  if (view === null) {
    if (optional) return null;
    throw new BackendError(kernel, "operand", `operand "${name}" is missing.`);
  }
  if (view.buffer.type !== type)
    throw new BackendError(kernel, "operand", `operand "${name}" wants ${type}, got ${view.buffer.type}.`);
  const data = dataOf(view, kernel);
  checkLength(data.length, size, `${kernel} ${name}`);
  return data;
}

/** Fields come packed to every other backend, so a missing one or an array of another length would shift the rest. */
function checkParams(kernel: KernelName, params: Readonly<Record<string, number | readonly number[]>>): void {
  for (const [name, field] of Object.entries<Field>(contract[kernel].params)) {
    const value = params[name];
    const wanted = typeof field === "string" ? undefined : field[1];
    const length = typeof value === "number" ? undefined : value?.length;
    if (value === undefined || length !== wanted)
      throw new BackendError(kernel, "params", `"${name}" wants ${wanted ?? "a"} number(s), got ${length ?? value}.`);
  }
}

function checkCount(kernel: KernelName, wanted: readonly string[], got: readonly unknown[]): void {
  if (got.length !== wanted.length)
    throw new BackendError(
      kernel,
      "operand",
      `wants ${wanted.length} operands (${wanted.join(", ")}), got ${got.length}.`,
    );
}

class ReferenceBackend implements Backend {
  readonly name = "reference";
  readonly detail = "plain loops in float64";
  readonly threads = 1;

  alloc(type: StorageType, length: number): BackendBuffer {
    return new ReferenceBuffer(type, length);
  }

  free(buffer: BackendBuffer): void {
    if (buffer instanceof ReferenceBuffer) buffer.data = null;
  }

  write(view: BufferView, data: TypedArray): void {
    const target = dataOf(view, "write");
    if (!accepts[view.buffer.type](data))
      throw new BackendError("write", "type", `a ${view.buffer.type} buffer does not take a ${data.constructor.name}.`);
    checkLength(target.length, data.length, "write");
    target.set(data);
  }

  readSync(view: BufferView, length: number): TypedArray {
    const source = dataOf(view, "read");
    checkLength(source.length, length, "read");
    return source.slice(0, length);
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
    checkParams(kernel, params);
    const specs = contract[kernel];
    checkCount(kernel, specs.reads, reads);
    checkCount(kernel, specs.writes, writes);
    const sizes = operandSizes[kernel](params);
    const open = (names: readonly string[], views: readonly (BufferView | null)[], first: number) =>
      names.map((name, i) => operand(kernel, parseOperand(name), views[i]!, sizes[first + i]!));
    // Just checked against the contract, which the kernel's type is made from.
    const compute = referenceKernels[kernel] as unknown as (p: Params<K>, reads: unknown, writes: unknown) => void;
    try {
      compute(params, open(specs.reads, reads, 0), open(specs.writes, writes, reads.length));
    } catch (error) {
      if (error instanceof RefusedData) throw new KernelRefusal(kernel, error.status, error.facts);
      throw error;
    }
  }

  async sync(): Promise<void> {}
}

/**
 * The backend in doubles: values are never rounded to float32, so that gradients can be checked by differences.
 * `read` of float32 returns a Float64Array.
 */
export function createReference(): Backend {
  return new ReferenceBackend();
}
