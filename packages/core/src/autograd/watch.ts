/**
 * @file Where a recorder of captured functions (capture/) looks over the engine's shoulder: which memory is used, which
 * host state decides what runs and which is changed. Nobody watches most of the time; then each hook is one comparison.
 */
import type { Backend } from "../backends/backend.ts";
import type { GraphNode } from "./graph.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

export interface Watcher {
  /** Whether calls are joined later: then each operation runs by itself. */
  readonly joins: boolean;
  /** A storage is about to be made on this backend. */
  making(backend: Backend): void;
  made(storage: Storage): void;
  /** Memory is handed to a kernel. */
  touched(storage: Storage): void;
  /** In-place changes were counted. */
  versioned(storage: Storage, by: number): void;
  gradRead(leaf: Tensor, value: Tensor | null): void;
  /** A gradient is about to be set. */
  gradWriting(leaf: Tensor, value: Tensor | null, before: Tensor | null): void;
  requiresGradRead(t: Tensor, value: boolean): void;
  /** A gradient arrived at a node that hooks wait at. */
  hooked(node: GraphNode): void;
  /** A module runs; `module` is an nn.Module, which this layer does not know. */
  module(module: object, hasHooks: boolean): void;
  /** Must hold before a recording may be replayed; `what` names it. */
  guard(what: string, holds: () => boolean): void;
  /** Runs host code that has to run again in every replay, at the end if it may be `later`. */
  segment<T>(body: () => T, later?: boolean): T;
  /** Host code that a replay would miss. */
  refuse(why: string): void;
  /** From here to the next call kernels' refusals are put into words by this. */
  wording(translate: ((error: unknown) => unknown) | undefined): void;
}

export const watch: { current: Watcher | null } = { current: null };

/**
 * Runs code whose effect depends on the host: random draws, step counts, learning rates. Captured functions run it anew
 * in every replay, at its place between the kernels. Tensors made inside may leave only as the result. `later`: it gives
 * nothing and looks only at parameters, gradients and what is its own, so it may wait until something else is to follow.
 */
export function hostSegment<T>(body: () => T, later = false): T {
  return watch.current ? watch.current.segment(body, later) : body();
}
