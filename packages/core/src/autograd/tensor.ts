import type { Backend, BufferView } from "../backends/backend.ts";
import { type DType, storageType, type TypedArray } from "../base/dtype.ts";
import { contiguousStrides, isContiguous, numel, type Shape } from "../base/shape.ts";
import { ArgumentError, AutogradError, DTypeError, ShapeError, say } from "../errors/errors.ts";
import type { GraphNode } from "./graph.ts";
import { Storage } from "./storage.ts";
import { tell } from "./trace.ts";
import { watch } from "./watch.ts";

/**
 * An n-dimensional array on a backend: memory, a shape, strides and an offset into it. Operations run when they are
 * called; reading a value waits for them. Nothing is freed by hand.
 *
 * dtype   float32 (the only one with gradients), int32 (labels, indices), uint8 and bool (pixels, masks).
 * S       the shape as the compiler knows it; any, unless the tensor was made with a shape `as const`.
 * Methods for arithmetic, views and reductions are added in ops/methods.ts.
 * Source  torch.Tensor.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * await x.mul(10).sum(0).tolist(); // [40, 60]
 */
export class Tensor<S extends Shape = Shape> {
  readonly storage: Storage;
  readonly shape: S;
  readonly strides: readonly number[];
  /** First element, counted in elements of the storage. */
  readonly offset: number;
  readonly dtype: DType;
  /** How this tensor was computed; null for leaves. @internal */
  gradFn: GraphNode | null = null;
  /** For a leaf: where its gradient arrives. @internal */
  accumulator: GraphNode | null = null;
  /** True for tensors that look into another's memory. @internal */
  isView = false;
  #requiresGrad = false;
  #grad: Tensor | null = null;
  /** Whether somebody beside the engine may hold the gradient. */
  #gradLent = false;

  /** @internal Use tensor(), zeros(), randn() and the operations instead. */
  constructor(
    storage: Storage,
    dtype: DType,
    shape: Shape,
    strides: readonly number[] = contiguousStrides(shape),
    offset = 0,
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.shape = shape as S;
    this.strides = strides;
    this.offset = offset;
    storage.handles++;
  }

  /** Uninitialised memory. @internal */
  static empty(backend: Backend, shape: Shape, dtype: DType = "float32"): Tensor {
    return new Tensor(Storage.for(backend, dtype, numel(shape)), dtype, shape);
  }

  /** The backend that holds the data. */
  get backend(): Backend {
    return this.storage.backend;
  }

  /** Name of the backend that holds the data. */
  get device(): string {
    return this.backend.name;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get numel(): number {
    return numel(this.shape);
  }

  /** Size of one axis, counted from the end when negative. */
  size(dim: number): number {
    const size = this.shape[dim < 0 ? dim + this.ndim : dim];
    if (size === undefined)
      throw new ShapeError("size", "dim", say`axis ${{ dim }} does not exist in ${{ shape: this.shape }}.`);
    return size;
  }

  /** Whether the elements lie in row-major order without gaps. */
  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** The gradient that backward() accumulated, or null. Only leaves keep one, unless retainGrad() was called. */
  get grad(): Tensor | null {
    this.#gradLent = true;
    return this.peekGrad();
  }

  set grad(value: Tensor | null) {
    this.#setGrad(value, true);
  }

  /** The gradient for the engine itself, which does not keep it. @internal */
  peekGrad(): Tensor | null {
    if (watch.current) watch.current.gradRead(this, this.#grad);
    return this.#grad;
  }

  /** A gradient that only the engine has seen. @internal */
  ownGrad(value: Tensor): void {
    this.#setGrad(value, watch.current !== null);
  }

  /** Forgets the gradient; its memory goes back at once unless somebody may still hold it. @internal */
  dropGrad(): void {
    const value = this.#grad;
    const lent = this.#gradLent || watch.current !== null;
    this.#setGrad(null, true);
    if (value && !lent) release(value);
  }

  #setGrad(value: Tensor | null, lent: boolean): void {
    if (watch.current) watch.current.gradWriting(this, value, this.#grad);
    this.#grad = value;
    this.#gradLent = lent;
  }

  /** Whether backward() computes a gradient here. Setting it is for leaves of dtype float32. */
  get requiresGrad(): boolean {
    const value = this.#requiresGrad || this.gradFn !== null;
    if (watch.current) watch.current.requiresGradRead(this, value);
    return value;
  }

  set requiresGrad(value: boolean) {
    if (value && this.dtype !== "float32")
      throw new DTypeError(
        "requiresGrad",
        "dtype",
        say`only float32 tensors have gradients; this one is ${{ dtype: this.dtype }}. Convert it with to("float32").`,
      );
    if (this.gradFn) {
      if (value) return;
      throw new AutogradError(
        "requiresGrad",
        "not-a-leaf",
        "this tensor was computed by an operation; use detach() to cut it off.",
      );
    }
    this.#requiresGrad = value;
  }

  /** requiresGrad as a method that returns the tensor. */
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }

  /** True unless an operation that is recorded computed it. */
  get isLeaf(): boolean {
    return this.gradFn === null;
  }

  /** @internal */
  get memory(): BufferView {
    const { storage } = this;
    if (storage.expired !== undefined) throw new AutogradError("tensor", "expired", storage.expired);
    if (watch.current) watch.current.touched(storage);
    return { buffer: this.storage.buffer, offset: this.offset };
  }

  /** The same memory under another handle, without history. @internal */
  alias(): Tensor<S> {
    const copy = new Tensor<S>(this.storage, this.dtype, this.shape, this.strides, this.offset);
    copy.isView = true;
    return copy;
  }

  /** The same values, cut off from the graph; shares memory. */
  detach(): Tensor<S> {
    return tell("detach", { input: this }, null, this.alias());
  }

  /** A copy of the values in row-major order: Float32Array, Int32Array or Uint8Array by dtype. Waits for the device. */
  async toArray(): Promise<Float32Array | Int32Array | Uint8Array> {
    return narrowed(await this.readValues());
  }

  /** The value of a tensor of one element. Waits for the device. */
  async item(): Promise<number> {
    if (this.numel !== 1)
      throw new ShapeError(
        "item",
        "numel",
        say`item() wants one element, this tensor has ${{ numel: this.numel }}.`,
        [{ name: "input", shape: this.shape }],
        "use toArray() for more.",
      );
    return (await this.readValues())[0]!;
  }

  /** Nested arrays of numbers, shaped like the tensor (booleans as 0 and 1). Waits for the device. */
  async tolist(): Promise<NestedArray> {
    return nest(Array.from(await this.toArray()), this.shape);
  }

  /** Values as the backend keeps them; the reference backend's float32 are doubles. @internal */
  async readValues(): Promise<TypedArray> {
    // An empty view may begin behind the end of its memory: what is empty is copied first, too.
    const source = this.isContiguous && this.numel > 0 ? this : makeContiguous(this);
    return this.backend.read(source.memory, this.numel);
  }

  /** Overwrites the values from an array in row-major order; an in-place change. Its length must be the tensor's. */
  write(data: TypedArray): this {
    if (data.length !== this.numel)
      throw new ShapeError(
        "write",
        "numel",
        say`the tensor has ${{ numel: this.numel }} elements, the array ${{ count: data.length }}.`,
        [{ name: "tensor", shape: this.shape }],
      );
    if (!this.isContiguous)
      throw new ArgumentError(
        "write",
        "not-contiguous",
        "only contiguous tensors can be written; call contiguous() first.",
      );
    this.backend.write(this.memory, data);
    this.storage.version++;
    return this;
  }

  /** dtype, shape and device in words; values have to be waited for. */
  toString(): string {
    return `Tensor(${this.dtype} [${this.shape.join(", ")}] on ${this.device}${this.requiresGrad ? ", requiresGrad" : ""})`;
  }
}

/** Arrays in arrays, as deep as a tensor has axes; a number for none. */
export type NestedArray = number | NestedArray[];

function nest(flat: number[], shape: Shape): NestedArray {
  if (shape.length === 0) return flat[0]!;
  const [first = 0, ...rest] = shape;
  const step = numel(rest);
  return Array.from({ length: first }, (_, i) => nest(flat.slice(i * step, (i + 1) * step), rest));
}

function narrowed(data: TypedArray): Float32Array | Int32Array | Uint8Array {
  return data instanceof Float64Array ? Float32Array.from(data) : data;
}

const axes = 8;

/** Pads a shape or strides on the left to the kernels' fixed number of axes. @internal */
export function padAxes(values: readonly number[], fill: number): number[] {
  if (values.length > axes)
    throw new ShapeError(
      "tensor",
      "rank",
      say`at most ${{ axes }} axes are supported, this one has ${{ count: values.length }}.`,
    );
  return [...new Array<number>(axes - values.length).fill(fill), ...values];
}

/** Copies between two strided views of the same shape. @internal */
export function copyStrided(from: Tensor, to: Tensor): void {
  if (from.numel === 0) return;
  const params = {
    ndim: axes,
    shape: padAxes(to.shape, 1),
    stridesA: padAxes(from.strides, 0),
    stridesB: padAxes(to.strides, 0),
  };
  to.backend.run(`copy_strided_${storageType[to.dtype]}`, params, [from.memory], [to.memory]);
}

/** A row-major copy, outside the graph. @internal */
export function makeContiguous(t: Tensor): Tensor {
  const out = Tensor.empty(t.backend, t.shape, t.dtype);
  copyStrided(t, out);
  return out;
}

/**
 * Hands back a handle that only the engine holds; its memory returns to the pool when no other handle is left.
 * Never call it on a tensor that user code can reach. @internal
 */
export function release(t: Tensor): void {
  if (--t.storage.handles === 0) t.backend.free(t.storage.buffer);
}
