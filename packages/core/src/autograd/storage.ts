import type { Backend, BackendBuffer } from "../backends/backend.ts";
import { type DType, type StorageType, storageType } from "../base/dtype.ts";
import { watch } from "./watch.ts";

/**
 * Memory that one or more tensors look at. `version` counts in-place changes, so that a gradient formula can tell
 * whether what it saved is still what it saw.
 *
 * Memory is collected with the last tensor. The engine hands its own temporaries back sooner: it counts the tensor
 * handles made over a storage and those it has released itself; a handle that dies by garbage collection is never
 * counted down, so the count can only be too high, never too low.
 */
export class Storage {
  readonly backend: Backend;
  readonly buffer: BackendBuffer;
  readonly type: StorageType;
  handles = 0;
  /** Set when its memory is no longer to be used, by a captured function: why. */
  expired: string | undefined;
  #version = 0;

  constructor(backend: Backend, type: StorageType, length: number) {
    this.backend = backend;
    this.type = type;
    watch.current?.making(backend);
    this.buffer = backend.alloc(type, length);
    watch.current?.made(this);
  }

  get version(): number {
    return this.#version;
  }

  set version(value: number) {
    if (watch.current) watch.current.versioned(this, value - this.#version);
    this.#version = value;
  }

  static for(backend: Backend, dtype: DType, length: number): Storage {
    return new Storage(backend, storageType[dtype], length);
  }
}
