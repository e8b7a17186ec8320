/** @file What a recording consists of: kernel calls over numbered memory, and host code between them. */

import type { Storage } from "../autograd/storage.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Backend, BackendBuffer } from "../backends/backend.ts";
import type { StorageType } from "../base/dtype.ts";
import type { KernelName, Params } from "../kernels/contract.ts";

/**
 * One piece of memory of a recording.
 *
 * argument   an argument's: another one in every call
 * segment    the result of host code that runs in every replay
 * made       made and used by the recorded calls alone
 * outside    all else: parameters, running statistics, state
 */
export interface Memory {
  readonly origin: "argument" | "segment" | "made" | "outside";
  readonly type: StorageType;
  readonly length: number;
  /** What it was in the recorded call. */
  readonly buffer: BackendBuffer;
  /** Position of the argument. */
  readonly argument: number;
  readonly storage: Storage | undefined;
  /** Of "made": it outlives the call (a gradient, what host code looks at), so it keeps the recorded call's buffer. */
  pinned: boolean;
}

export interface Operand {
  readonly memory: Memory;
  /** In elements; of an argument's memory, from the argument's own offset on. */
  readonly offset: number;
}

export interface Command<K extends KernelName = KernelName> {
  readonly kernel: K;
  readonly params: Params<K>;
  readonly reads: readonly (Operand | null)[];
  readonly writes: readonly (Operand | null)[];
  /** Puts a refusal of this call into words. */
  readonly translate?: ((error: unknown) => unknown) | undefined;
}

export type Item =
  | { readonly kind: "command"; readonly command: Command }
  /** Host code to run again; a tensor it returns stands for `result`. */
  | {
      readonly kind: "segment";
      readonly body: () => unknown;
      readonly result: Memory | null;
      /** It looks at no memory but what it makes: it may as well run before the calls in front of it. */
      readonly apart: boolean;
    }
  /** A change of host state. */
  | { readonly kind: "action"; readonly storage?: Storage; apply(args: readonly unknown[]): void };

/** A condition under which a recording holds. */
export interface Guard {
  readonly what: string;
  holds(): boolean;
}

export interface Recording {
  readonly backend: Backend;
  readonly items: readonly Item[];
  readonly guards: readonly Guard[];
  readonly result: Template;
}

/** How to put a call's result together. */
export type Template =
  | { readonly kind: "constant"; readonly value: unknown }
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "tensor"; readonly tensor: Tensor; readonly memory: Memory }
  | { readonly kind: "list"; readonly items: readonly Template[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Template])[] };

/** Thrown while recording; never seen by callers. */
export class NotCapturable extends Error {}
