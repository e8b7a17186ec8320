/** @file Who writes and who reads each piece of memory, for passes that look for patterns. */
import type { KernelName, Params } from "../../kernels/contract.ts";
import type { Command, Memory, Operand } from "../recording.ts";

export class Graph {
  readonly commands: readonly Command[];
  readonly #escapes: (memory: Memory) => boolean;
  readonly #readers = new Map<Memory, number[]>();
  readonly #writers = new Map<Memory, number[]>();
  /** Used in parts somewhere. */
  readonly #parts = new Set<Memory>();

  constructor(commands: readonly Command[], escapes: (memory: Memory) => boolean) {
    this.commands = commands;
    this.#escapes = escapes;
    commands.forEach(({ reads, writes }, at) => {
      for (const operand of reads) this.#note(this.#readers, operand, at);
      for (const operand of writes) this.#note(this.#writers, operand, at);
    });
  }

  #note(uses: Map<Memory, number[]>, operand: Operand | null, at: number): void {
    if (!operand) return;
    const { memory, offset } = operand;
    if (offset !== 0) this.#parts.add(memory);
    const list = uses.get(memory);
    if (!list) uses.set(memory, [at]);
    else if (list.at(-1) !== at) list.push(at);
  }

  readers(memory: Memory): readonly number[] {
    return this.#readers.get(memory) ?? [];
  }

  writers(memory: Memory): readonly number[] {
    return this.#writers.get(memory) ?? [];
  }

  /** Made by one call, whole, and seen by none but these calls: it may vanish or change its layout. */
  isInner(memory: Memory): boolean {
    return !this.#escapes(memory) && !this.#parts.has(memory) && this.writers(memory).length === 1;
  }

  /** The call at this place, if it is of that kernel. */
  as<K extends KernelName>(at: number | undefined, kernel: K): Command<K> | undefined {
    const command = at === undefined ? undefined : this.commands[at];
    return command?.kernel === kernel ? (command as unknown as Command<K>) : undefined;
  }

  /** The only reader, if it is of that kernel. */
  onlyReader<K extends KernelName>(memory: Memory, kernel: K): { at: number; command: Command<K> } | undefined {
    const readers = this.readers(memory);
    return readers.length === 1 ? this.reader(memory, kernel) : undefined;
  }

  /** The one reader of that kernel among others; undefined also when there are several. */
  reader<K extends KernelName>(memory: Memory, kernel: K): { at: number; command: Command<K> } | undefined {
    const found = this.readers(memory).filter((at) => this.commands[at]!.kernel === kernel);
    return found.length === 1 ? { at: found[0]!, command: this.as(found[0], kernel)! } : undefined;
  }
}

export function written(command: Command, operand = 0): Memory {
  return command.writes[operand]!.memory;
}

export const whole = (memory: Memory): Operand => ({ memory, offset: 0 });

/** Memory that no recorded call had. */
export function newMemory(type: Memory["type"], length: number): Memory {
  return {
    origin: "made",
    type,
    length,
    buffer: { type, length },
    argument: -1,
    storage: undefined,
    pinned: false,
  };
}

/** A call of another kernel; the compiler checks the parameters, the backend the operands. */
export function call<K extends KernelName>(
  kernel: K,
  params: Params<K>,
  reads: readonly (Operand | null)[],
  writes: readonly (Operand | null)[],
): Command {
  return { kernel, params, reads, writes } as unknown as Command;
}
