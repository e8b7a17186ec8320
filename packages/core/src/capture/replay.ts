/** @file Runs a program: binds this call's memory, runs the lists, the host code between them, and returns the result. */
import { Storage } from "../autograd/storage.ts";
import type { Tensor } from "../autograd/tensor.ts";
import {
  type Backend,
  type BackendBuffer,
  type BufferView,
  type CallList,
  KernelRefusal,
} from "../backends/backend.ts";
import type { StorageType } from "../base/dtype.ts";
import { compile } from "./call-list.ts";
import type { Program, Step } from "./program.ts";
import type { Command, Guard, Memory, Operand, Recording, Template } from "./recording.ts";
import { resultOf } from "./result.ts";

interface Place {
  readonly list: CallList;
  readonly call: number;
  readonly operand: number;
  readonly offset: number;
}

/** Where a piece of memory that changes from call to call is named, and what is there now. */
interface Slot {
  readonly memory: Memory;
  readonly places: Place[];
  buffer: BackendBuffer | undefined;
  base: number;
}

interface Calls {
  readonly kind: "calls";
  readonly commands: readonly Command[];
  readonly list: CallList;
}
/** `versions`: of the sources, when the calls ran; empty before. */
type Constants = Omit<Calls, "kind"> & {
  readonly kind: "constants";
  readonly sources: readonly Storage[];
  versions: readonly number[];
};
type Ready = Exclude<Step, { commands: unknown }> | Calls | Constants;

export class Replay {
  readonly guards: readonly Guard[];
  readonly backend: Backend;
  readonly #result: Template;
  readonly #steps: readonly Ready[];
  readonly #slots = new Map<Memory, Slot>();
  readonly #results: readonly Memory[];
  readonly #arenas = new Map<StorageType, BackendBuffer>();

  constructor(recording: Recording, program: Program) {
    const { backend, guards, result } = recording;
    this.guards = guards;
    this.backend = backend;
    this.#result = result;
    this.#results = program.results;
    for (const memory of program.results) this.#slot(memory);
    for (const type of ["f32", "i32", "u8"] as const) {
      const size = program.layout.sizes[type];
      if (size > 0) this.#arenas.set(type, backend.alloc(type, size));
    }
    this.#steps = program.steps.map((step): Ready => {
      if (!("commands" in step)) return step;
      const list = this.#prepare(step.commands, program);
      return step.kind === "calls" ? { ...step, list } : { ...step, list, versions: [] };
    });
  }

  /** Elements of memory that the replays of this recording share, by type. */
  get arenaElements(): number {
    return [...this.#arenas.values()].reduce((sum, buffer) => sum + buffer.length, 0);
  }

  /** The calls of a replay, in order. */
  get commands(): readonly Command[] {
    return this.#steps.flatMap((step) => (step.kind === "calls" ? step.commands : []));
  }

  /** The guard that does not hold now, if one does not. */
  brokenGuard(): Guard | undefined {
    return this.guards.find((guard) => !guard.holds());
  }

  /** `timed` is told of every call by itself, with its milliseconds; `given`: host code that has run already, with its result. */
  run(
    args: readonly unknown[],
    timed?: (command: Command, run: () => void) => void,
    given?: ReadonlyMap<() => unknown, unknown>,
  ): unknown {
    for (const slot of this.#slots.values()) {
      if (slot.memory.origin !== "argument") continue;
      const { storage, offset } = args[slot.memory.argument] as Tensor;
      this.#bind(slot, storage.buffer, offset);
    }
    const fresh = new Map<Memory, Storage>();
    for (const memory of this.#results) {
      const storage = new Storage(this.backend, memory.type, memory.length);
      fresh.set(memory, storage);
      this.#bind(this.#slot(memory), storage.buffer, 0);
    }
    const lent: Storage[] = [];
    for (const step of this.#steps) {
      if (step.kind === "calls") this.#runCalls(step, timed);
      else if (step.kind === "constants") this.#refresh(step);
      else if (step.kind === "action") step.apply(args);
      else {
        const value = given?.has(step.body) ? given.get(step.body) : step.body();
        if (step.result) {
          const { storage } = value as Tensor;
          fresh.set(step.result, storage);
          lent.push(storage);
          this.#bind(this.#slot(step.result), storage.buffer, 0);
        }
      }
    }
    const result = resultOf(this.#result, args, (memory) => this.#storageOf(memory, args, fresh));
    // What host code made for the calls is theirs alone; what nobody was given goes back to the pool.
    for (const storage of lent) if (storage.handles === 1) this.backend.free(storage.buffer);
    return result;
  }

  /** Gives the arena back. */
  dispose(): void {
    for (const arena of this.#arenas.values()) this.backend.free(arena);
  }

  #refresh(step: Constants): void {
    const { list, sources } = step;
    if (step.versions.length > 0 && sources.every(({ version }, i) => version === step.versions[i])) return;
    list.run();
    step.versions = sources.map(({ version }) => version);
  }

  #runCalls(step: Calls, timed?: (command: Command, run: () => void) => void): void {
    const { list, commands } = step;
    try {
      if (timed) for (const [i, command] of commands.entries()) timed(command, () => list.run(i, i + 1));
      else list.run();
    } catch (error) {
      const translate = error instanceof KernelRefusal ? commands[error.call]?.translate : undefined;
      throw translate ? translate(error) : error;
    }
  }

  #storageOf(memory: Memory, args: readonly unknown[], fresh: ReadonlyMap<Memory, Storage>) {
    if (memory.origin === "argument") {
      const { storage, offset } = args[memory.argument] as Tensor;
      return { storage, base: offset };
    }
    const storage = fresh.get(memory);
    return storage && { storage, base: 0 };
  }

  #slot(memory: Memory): Slot {
    let slot = this.#slots.get(memory);
    if (!slot) {
      slot = { memory, places: [], buffer: undefined, base: 0 };
      this.#slots.set(memory, slot);
    }
    return slot;
  }

  #bind(slot: Slot, buffer: BackendBuffer, base: number): void {
    if (slot.buffer === buffer && slot.base === base) return;
    slot.buffer = buffer;
    slot.base = base;
    for (const { list, call, operand, offset } of slot.places)
      list.bind(call, operand, { buffer, offset: base + offset });
  }

  #prepare(commands: readonly Command[], program: Program): CallList {
    const isSlot = ({ memory }: Operand) =>
      memory.origin === "argument" || memory.origin === "segment" || this.#slots.has(memory);
    const view = (operand: Operand | null): BufferView | null => {
      if (!operand) return null;
      const { memory, offset } = operand;
      const at = program.layout.offsets.get(memory);
      if (at === undefined) return { buffer: memory.buffer, offset };
      return { buffer: this.#arenas.get(memory.type)!, offset: at + offset };
    };
    // Slots hold the recorded call's memory until the first replay binds its own.
    const list = compile(
      this.backend,
      commands.map(({ kernel, params, reads, writes }) => ({
        kernel,
        params,
        reads: reads.map(view),
        writes: writes.map(view),
      })),
    );
    commands.forEach((command, call) => {
      [...command.reads, ...command.writes].forEach((operand, i) => {
        if (operand && isSlot(operand))
          this.#slot(operand.memory).places.push({ list, call, operand: i, offset: operand.offset });
      });
    });
    return list;
  }
}
