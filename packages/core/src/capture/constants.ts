/** @file What replays need not compute again: calls that only look at memory which holds still, such as packing weights. */
import type { Storage } from "../autograd/storage.ts";
import type { Command, Item, Memory } from "./recording.ts";

/**
 * Whether a memory stays as it is through a replay: it comes from outside and no call or host code here changes it. What
 * changes it elsewhere counts up its storage's version.
 */
export function heldStill(items: readonly Item[]): (memory: Memory) => boolean {
  const changed = new Set<Memory>();
  const touched = new Set<Storage>();
  let anything = false;
  for (const item of items) {
    if (item.kind === "command") for (const operand of item.command.writes) operand && changed.add(operand.memory);
    else if (item.kind === "action") item.storage && touched.add(item.storage);
    else anything ||= !item.apart;
  }
  return (memory) => {
    const { origin, storage } = memory;
    return origin === "outside" && storage !== undefined && !anything && !changed.has(memory) && !touched.has(storage);
  };
}

export interface Hoisted {
  /** To be run first, and again when one of the sources has another version. */
  readonly constants: readonly Command[];
  readonly sources: readonly Storage[];
  readonly rest: readonly Command[];
  /** Whether a memory is one of the sources or made by the constants. */
  isConstant(memory: Memory): boolean;
}

/** Parts the calls whose operands are all constant, and so their results, from the others. */
export function hoist(
  commands: readonly Command[],
  isStill: (memory: Memory) => boolean,
  escapes: (memory: Memory) => boolean,
): Hoisted {
  const writers = new Map<Memory, number>();
  for (const { writes } of commands)
    for (const operand of writes) operand && writers.set(operand.memory, (writers.get(operand.memory) ?? 0) + 1);
  const made = new Set<Memory>();
  const isConstant = (memory: Memory) => made.has(memory) || isStill(memory);
  const sources = new Set<Storage>();
  const constants: Command[] = [];
  const rest: Command[] = [];
  for (const command of commands) {
    const reads = command.reads.flatMap((operand) => operand?.memory ?? []);
    const writes = command.writes.flatMap((operand) => operand?.memory ?? []);
    const isPrivate = (memory: Memory) => !escapes(memory) && writers.get(memory) === 1;
    // One that may refuse its data does so in its turn; without operands there is little to save.
    if (command.translate || reads.length === 0 || !reads.every(isConstant) || !writes.every(isPrivate)) {
      rest.push(command);
      continue;
    }
    constants.push(command);
    for (const memory of writes) made.add(memory);
    for (const memory of reads) if (!made.has(memory)) sources.add(memory.storage!);
  }
  return { constants, sources: [...sources], rest, isConstant };
}
