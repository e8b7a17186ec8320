/** @file What a backend must do: hold bytes and run kernels on them. Ops, layers and gradients stand above this line. */
import type { StorageType, TypedArray } from "../base/dtype.ts";
import type { KernelName, Params } from "../kernels/contract.ts";

/** Memory on a backend. Only its backend looks inside. */
export interface BackendBuffer {
  readonly type: StorageType;
  /** In elements. */
  readonly length: number;
}

/** A buffer from an element onwards. */
export interface BufferView {
  readonly buffer: BackendBuffer;
  /** In elements. */
  readonly offset: number;
}

/**
 * Thrown by `run` when the kernel refuses its data, such as a target outside the classes; the operation turns it into a
 * TargetError or another error in words (`refused` of its definition).
 *
 * @example
 * new KernelRefusal("gather_f32", 1, [9, 4]).facts; // [9, 4]
 */
export class KernelRefusal extends Error {
  readonly kernel: KernelName;
  /** Why, as a number of the kernel's own; never 0. */
  readonly status: number;
  /** Up to two numbers that the kernel reports, as its contract says. */
  readonly facts: readonly number[];
  /** Which call of a list it was; 0 for a single call. */
  readonly call: number;
  constructor(kernel: KernelName, status: number, facts: readonly number[], call = 0) {
    super(`${kernel} refused its data (status ${status}: ${facts.join(", ")})`);
    this.kernel = kernel;
    this.status = status;
    this.facts = facts;
    this.call = call;
  }
}

/** One kernel call: what `run` takes. */
export interface KernelCall<K extends KernelName = KernelName> {
  readonly kernel: K;
  readonly params: Params<K>;
  readonly reads: readonly (BufferView | null)[];
  readonly writes: readonly (BufferView | null)[];
}

/** Calls that were checked and encoded once and run many times. It keeps the buffers it names alive. */
export interface CallList {
  /** All calls in order, or those from one up to but not including another. A refusal ends it, with its `call` set. */
  run(from?: number, to?: number): void;
  /** Puts another buffer in an operand's place; operands count reads first, then writes. */
  bind(call: number, operand: number, view: BufferView): void;
}

/** The backends: plain loops in doubles, C++ for Node, WASM anywhere, the graphics card of a browser. */
export type BackendName = "reference" | "native" | "wasm" | "webgpu";

/**
 * What holds memory and runs kernels: all that tensors, layers and gradients need of a device. One of your own can be
 * made known with registerBackend(), or given as `device`.
 */
export interface Backend {
  /** What getBackend() and `device` call it. */
  readonly name: BackendName;
  /** For people: instruction set, threads, adapter. */
  readonly detail: string;
  /** How many work on one kernel. */
  readonly threads: number;

  /** Uninitialised memory for `length` elements. Collected when unreachable; `free` only hands it back sooner. */
  alloc(type: StorageType, length: number): BackendBuffer;
  /** Hands memory back; the buffer must not be used after it. */
  free(buffer: BackendBuffer): void;
  /** Whether freed memory is kept for later buffers, as it is at first; false lets go of what is kept, too. */
  keepFreed?(wanted: boolean): void;
  /** Copies into a buffer. float32 takes Float32Array or Float64Array. */
  write(view: BufferView, data: TypedArray): void;
  /** Waits for what was queued, then copies out. */
  read(view: BufferView, length: number): Promise<TypedArray>;
  /** The same at once, where the backend works synchronously; WebGPU has none. */
  readSync?(view: BufferView, length: number): TypedArray;

  /** Numbers in a vector of its convolutions, by which captured plans pack weights; where absent, they are not packed. */
  readonly lanes?: number;
  /** Whether the kernel is there; `run` throws a BackendError for others. */
  supports(kernel: KernelName): boolean;
  /** `reads` and `writes` in the contract's order, null for an absent operand. */
  run<K extends KernelName>(
    kernel: K,
    params: Params<K>,
    reads: readonly (BufferView | null)[],
    writes: readonly (BufferView | null)[],
  ): void;
  /** Encodes calls for running them many times with one crossing; without it they are run one by one. */
  compile?(calls: readonly KernelCall[]): CallList;
  /** Resolves when everything queued has run. */
  sync(): Promise<void>;
}
