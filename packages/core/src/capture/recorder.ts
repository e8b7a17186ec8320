/** @file Watches one call and writes down what it does. */
import { type GraphNode, graphClock } from "../autograd/graph.ts";
import type { Storage } from "../autograd/storage.ts";
import { Tensor } from "../autograd/tensor.ts";
import { type Watcher, watch } from "../autograd/watch.ts";
import type { Backend, BackendBuffer, BufferView } from "../backends/backend.ts";
import { defaultGenerator } from "../base/rng/index.ts";
import type { KernelName, Params } from "../kernels/contract.ts";
import { gradGuards, hookGuards, leafHookGuards, moduleGuards, requiresGradGuards } from "./host-guards.ts";
import type { Journal } from "./journal.ts";
import { type Guard, type Item, type Memory, NotCapturable, type Operand, type Recording } from "./recording.ts";
import { templateOf } from "./result.ts";
import { type Listener, shadow } from "./shadow.ts";
import { isFixed } from "./signature.ts";
import { Waiting } from "./waiting.ts";

/** What a reader of a tensor that only lived inside is told. */
const EXPIRED =
  "this tensor was made inside a captured function and its memory is used again: return it from the function, or capture less.";

type Views = readonly (BufferView | null)[];

export class Recorder implements Watcher, Listener {
  readonly items: Item[] = [];
  /** Why it cannot be captured; the first reason counts. */
  refusal: string | undefined;
  backend: Backend | undefined;
  readonly #args: readonly unknown[];
  /** Which argument's memory it is; one that wants a gradient is part of the signature, so it is "outside". */
  readonly #arguments = new Map<Storage, number>();
  readonly #memories = new Map<BackendBuffer, Memory>();
  readonly #storages = new Map<BackendBuffer, Storage>();
  /** Made by the recorded calls, not by host code. */
  readonly #made = new Set<Storage>();
  /** Modules that ran, with what their fields held before. */
  readonly #modules = new Map<object, Guard[]>();
  readonly #grads = new Map<Tensor, Tensor | null>();
  readonly #written = new Set<Tensor>();
  readonly #requiresGrad = new Map<Tensor, boolean>();
  readonly #guards: Guard[] = [];
  readonly #clock = graphClock();
  readonly #journal: Journal | undefined;
  readonly #dry: boolean;
  readonly joins: boolean;
  #journaling = false;
  /** What has not run so far; undefined once somebody looked, from when on everything runs at once. */
  #waiting: Waiting | undefined;
  #detach: (() => void) | undefined;
  #inSegment = 0;
  /** Storages made by the host code that is running, and by all of it so far. */
  #segmentMade = new Set<Storage>();
  #segmentLooks = false;
  readonly #hostMade = new Set<Storage>();
  #translate: ((error: unknown) => unknown) | undefined;
  #generator = generatorMark();

  /**
   * `joins`: passes will join the calls. `journal` keeps what the call changes, so that it can be undone; `dry` runs no kernel
   * but those of host segments. Without a journal kernels wait until somebody looks at values: at best until a replay runs
   * them.
   */
  constructor(args: readonly unknown[], joins: boolean, journal?: Journal, dry = false) {
    this.joins = joins;
    this.#args = args;
    this.#journal = journal;
    this.#dry = dry;
    if (!journal) this.#waiting = new Waiting();
    for (const [i, t] of args.entries()) {
      if (!(t instanceof Tensor)) continue;
      if (!isFixed(t) && !this.#arguments.has(t.storage)) this.#arguments.set(t.storage, i);
      this.#attach(t.backend);
    }
  }

  // What the engine tells.

  making(backend: Backend): void {
    this.#attach(backend);
  }

  made(storage: Storage): void {
    this.#storages.set(storage.buffer, storage);
    if (this.#inSegment > 0) {
      this.#segmentMade.add(storage);
      this.#hostMade.add(storage);
    } else this.#made.add(storage);
  }

  touched(storage: Storage): void {
    this.#attach(storage.backend);
    this.#storages.set(storage.buffer, storage);
    if (this.#inSegment === 0) return;
    if (!this.#segmentMade.has(storage)) this.catchUp();
    if (this.#made.has(storage)) this.#memoryOf(storage.buffer).pinned = true;
    if (!this.#segmentMade.has(storage)) this.#segmentLooks = true;
  }

  versioned(storage: Storage, by: number): void {
    if (this.#inSegment > 0) return;
    this.#runHeld();
    const argument = this.#arguments.get(storage) ?? -1;
    const apply = (args: readonly unknown[]) => {
      const target = argument < 0 ? storage : (args[argument] as Tensor).storage;
      target.version += by;
    };
    this.items.push({ kind: "action", storage, apply });
  }

  gradRead(leaf: Tensor, value: Tensor | null): void {
    if (this.#inSegment > 0 || this.#written.has(leaf) || this.#grads.has(leaf) || this.#isInside(leaf)) return;
    this.#grads.set(leaf, value);
  }

  gradWriting(leaf: Tensor, value: Tensor | null, before: Tensor | null): void {
    if (this.#inSegment === 0) this.#runHeld();
    this.#journal?.gradient(leaf, before);
    this.#waiting?.gradient(leaf, before);
    this.#written.add(leaf);
    if (value?.gradFn && !value.gradFn.freed) this.refuse("it keeps the graph of a gradient (createGraph)");
    if (value && this.#made.has(value.storage)) this.#memoryOf(value.storage.buffer).pinned = true;
    if (this.#inSegment > 0 || this.#isInside(leaf)) return;
    this.items.push({
      kind: "action",
      apply() {
        leaf.grad = value;
      },
    });
  }

  requiresGradRead(t: Tensor, value: boolean): void {
    if (this.#inSegment > 0 || this.#isInside(t)) return;
    if (t.gradFn) {
      if (t.gradFn.order < this.#clock)
        this.refuse(
          "it uses a tensor that was computed outside with gradients; pass it detached, or compute it inside",
        );
    } else if (!this.#requiresGrad.has(t)) this.#requiresGrad.set(t, value);
  }

  hooked(_node: GraphNode): void {
    this.refuse("a gradient hook runs inside it");
  }

  module(module: object, hasHooks: boolean): void {
    if (!this.#modules.has(module)) this.#modules.set(module, moduleGuards(module));
    if (hasHooks) this.refuse(`${module.constructor.name} has forward hooks`);
  }

  guard(what: string, holds: () => boolean): void {
    this.#guards.push({ what, holds });
  }

  segment<T>(body: () => T, later = false): T {
    if (this.#inSegment > 0) return body();
    this.#checkGenerator();
    if (later && this.#waiting) {
      this.#waiting.held.push(body);
      return undefined as T;
    }
    this.#runHeld();
    this.#inSegment++;
    this.#segmentMade = new Set();
    this.#segmentLooks = false;
    let result: T;
    try {
      result = body();
    } finally {
      this.#inSegment--;
      this.#generator = generatorMark();
    }
    let memory: Memory | null = null;
    if (result instanceof Tensor && this.#segmentMade.has(result.storage))
      memory = this.#newMemory(result.storage.buffer, "segment", -1);
    this.#waiting?.given.set(body, result);
    this.items.push({ kind: "segment", body, result: memory, apart: memory !== null && !this.#segmentLooks });
    return result;
  }

  refuse(why: string): void {
    this.refusal ??= why;
    this.catchUp();
  }

  wording(translate: ((error: unknown) => unknown) | undefined): void {
    this.#translate = translate;
  }

  // What the backend is told to do.

  isDry(): boolean {
    if (this.#inSegment > 0) return false;
    this.#runHeld();
    return this.#dry || this.#waiting !== undefined;
  }

  willWrite(buffer: BackendBuffer): void {
    const storage = this.#storages.get(buffer);
    if (!storage || this.#made.has(storage) || this.#hostMade.has(storage)) return;
    this.#journaling = true; // its reading is not the function's
    this.#journal?.memory(storage);
    this.#journaling = false;
  }

  ran(kernel: KernelName, params: Params<KernelName>, reads: Views, writes: Views): void {
    if (this.#inSegment > 0) return;
    const operand = (view: BufferView | null): Operand | null => view && this.#operand(view);
    const command = {
      kernel,
      params,
      reads: reads.map(operand),
      writes: writes.map(operand),
      translate: this.#translate,
    };
    this.items.push({ kind: "command", command });
  }

  mayFree(buffer: BackendBuffer): boolean {
    const memory = this.#memories.get(buffer);
    if (!memory) return true;
    return !memory.pinned && (this.#waiting?.mayFree(memory) ?? true);
  }

  wrote(_view: BufferView): void {
    if (this.#inSegment === 0) this.refuse("it writes values of the host into a tensor; pass them as arguments");
  }

  read({ buffer }: BufferView): void {
    if (this.#journaling) return;
    const storage = this.#storages.get(buffer);
    if (!storage || !this.#segmentMade.has(storage)) this.catchUp();
    if (this.#inSegment > 0 && !(storage && this.#made.has(storage))) return;
    this.refuse("it reads values back; return the tensor and read it outside");
    if (this.#dry) throw new NotCapturable(this.refusal!); // there are no values
  }

  // The end.

  start(): void {
    watch.current = this;
  }

  stop(): void {
    watch.current = null;
    this.#detach?.();
  }

  /** Runs what waits, as if it had run when it was asked for; from then on nothing waits. */
  catchUp(): void {
    const waiting = this.#waiting;
    if (!waiting || !this.backend) return;
    this.#waiting = undefined;
    const commands = this.items.flatMap((item) => (item.kind === "command" ? [item.command] : []));
    this.#inSegment++; // what runs now is written down already
    try {
      waiting.catchUp(this.backend, commands, this.#args);
    } finally {
      this.#inSegment--;
    }
    for (const body of waiting.held) this.segment(body);
  }

  /** @throws NotCapturable with the reason. */
  finish(value: unknown): Finished {
    this.#checkGenerator();
    const fields = [...this.#modules.values()].flat();
    const changed = fields.find((guard) => !guard.holds());
    if (changed) this.refuse(`${changed.what} changes while it runs`);
    if (value instanceof Promise) this.refuse("it is async");
    if (this.refusal !== undefined) throw new NotCapturable(this.refusal);
    if (!this.backend) throw new NotCapturable("it runs no kernel");
    const result = templateOf(value, this.#args, (storage) => this.#memoryOf(storage.buffer));
    const isDropped = (storage: Storage) => this.#made.has(storage) && !this.#memories.get(storage.buffer)?.pinned;
    const items = this.items.filter((item) => item.kind !== "action" || !item.storage || !isDropped(item.storage));
    const { backend } = this;
    const waiting = this.#waiting;
    for (const body of waiting?.held ?? []) items.push({ kind: "segment", body, result: null, apart: false });
    const guards = [
      ...this.#guards,
      ...hookGuards(this.#modules.keys()),
      ...fields,
      ...requiresGradGuards(this.#requiresGrad),
      ...gradGuards(this.#grads),
      ...leafHookGuards(this.#requiresGrad.keys()),
    ];
    const results = new Set(result.memories);
    const expire = (storage: Storage) => {
      storage.expired = EXPIRED;
      backend.free(storage.buffer);
    };
    const replaced: Storage[] = [];
    for (const storage of this.#made) {
      const memory = this.#memories.get(storage.buffer);
      if (memory?.pinned) continue;
      if (memory && results.has(memory)) replaced.push(storage);
      else expire(storage);
    }
    const recording = { backend, items, guards, result: result.template };
    if (!waiting) return { recording };
    const stand = <T>(run: (given: Waiting["given"]) => T): T => {
      try {
        return run(waiting.given);
      } catch (error) {
        waiting.restoreGradients();
        throw error;
      } finally {
        for (const storage of replaced) expire(storage);
        waiting.freeLate(backend);
      }
    };
    return { recording, stand };
  }

  /** What stands behind host code that waits would come before it. */
  #runHeld(): void {
    if (this.#waiting && this.#waiting.held.length > 0) this.catchUp();
  }

  #attach(backend: Backend): void {
    if (this.backend === backend) return;
    if (this.backend) {
      this.refuse(`it uses two devices, ${this.backend.name} and ${backend.name}`);
      return;
    }
    this.backend = backend;
    this.#detach = shadow(backend, this);
  }

  /** Whether replays have another tensor in its place, if any. */
  #isInside({ storage }: Tensor): boolean {
    return this.#made.has(storage) || this.#hostMade.has(storage) || this.#arguments.has(storage);
  }

  #newMemory(buffer: BackendBuffer, origin: Memory["origin"], argument: number): Memory {
    const { type, length } = buffer;
    const memory = { origin, type, length, buffer, argument, storage: this.#storages.get(buffer), pinned: false };
    this.#memories.set(buffer, memory);
    return memory;
  }

  #memoryOf(buffer: BackendBuffer): Memory {
    const known = this.#memories.get(buffer);
    if (known) return known;
    const storage = this.#storages.get(buffer);
    const argument = storage ? (this.#arguments.get(storage) ?? -1) : -1;
    const origin = argument >= 0 ? "argument" : storage && this.#made.has(storage) ? "made" : "outside";
    return this.#newMemory(buffer, origin, argument);
  }

  #operand({ buffer, offset }: BufferView): Operand {
    const memory = this.#memoryOf(buffer);
    const base = memory.argument < 0 ? 0 : (this.#args[memory.argument] as Tensor).offset;
    return { memory, offset: offset - base };
  }

  /** torch's generator may be drawn from in host segments alone: replays would miss other draws. */
  #checkGenerator(): void {
    if (this.#inSegment === 0 && generatorMark() !== this.#generator)
      this.refuse("it draws random numbers in code of its own");
  }
}

function generatorMark(): string {
  const { position, cachedNormal, words } = defaultGenerator.getState();
  return `${position} ${cachedNormal} ${words[0]} ${words[1]}`;
}

/**
 * `stand`, where the call's kernels still wait: runs a replay that stands for the call, given what host code has made. What it
 * throws leaves the gradients as before the call.
 */
export interface Finished {
  readonly recording: Recording;
  readonly stand?: <T>(run: (given: Waiting["given"]) => T) => T;
}
