/** @file One block of memory for everything a replay makes: what is never needed at the same time shares a place. */
import type { StorageType } from "../base/dtype.ts";
import type { Command, Memory, Operand } from "./recording.ts";

/** First and last command that uses a piece of memory. */
export interface Lifetime {
  first: number;
  last: number;
}

export interface Layout {
  /** In elements. */
  readonly offsets: ReadonlyMap<Memory, number>;
  /** Elements of each type's arena. */
  readonly sizes: Readonly<Record<StorageType, number>>;
}

/** Every piece begins on a cache line pair, in elements of its type. */
const ALIGNMENT: Record<StorageType, number> = { f32: 32, i32: 32, u8: 128 };

export function operandsOf(command: Command): Operand[] {
  return [...command.reads, ...command.writes].filter((operand) => operand !== null);
}

export function lifetimes(commands: readonly Command[], wanted: (memory: Memory) => boolean): Map<Memory, Lifetime> {
  const found = new Map<Memory, Lifetime>();
  commands.forEach((command, at) => {
    for (const { memory } of operandsOf(command)) {
      if (!wanted(memory)) continue;
      const life = found.get(memory);
      if (life) life.last = at;
      else found.set(memory, { first: at, last: at });
    }
  });
  return found;
}

interface Placed extends Lifetime {
  readonly begin: number;
  readonly end: number;
}

/** The lowest gap between pieces that live at the same time; large pieces choose first. */
function place(pieces: readonly (readonly [Memory, Lifetime])[], offsets: Map<Memory, number>): number {
  const placed: Placed[] = [];
  let total = 0;
  for (const [memory, { first, last }] of [...pieces].sort((a, b) => b[0].length - a[0].length)) {
    const unit = ALIGNMENT[memory.type];
    const size = Math.ceil(memory.length / unit) * unit;
    const rivals = placed
      .filter((other) => other.first <= last && first <= other.last)
      .sort((a, b) => a.begin - b.begin);
    let begin = 0;
    for (const rival of rivals) {
      if (begin + size <= rival.begin) break;
      begin = Math.max(begin, rival.end);
    }
    placed.push({ first, last, begin, end: begin + size });
    offsets.set(memory, begin);
    total = Math.max(total, begin + size);
  }
  return total;
}

export function layOut(lives: ReadonlyMap<Memory, Lifetime>): Layout {
  const offsets = new Map<Memory, number>();
  const sizeOf = (type: StorageType) =>
    place(
      [...lives].filter(([memory]) => memory.type === type),
      offsets,
    );
  return { offsets, sizes: { f32: sizeOf("f32"), i32: sizeOf("i32"), u8: sizeOf("u8") } };
}
