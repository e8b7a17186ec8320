/** @file Puts fused calls in the place of those they stand for, in an order that every dependency allows. */
import type { Command, Memory } from "../recording.ts";

/** Calls by position, and what replaces them all. */
export interface Group {
  readonly members: readonly number[];
  readonly commands: readonly Command[];
}

/** Which node must come before which: as the recorded calls touched the same memory, unless both only read it. */
function edges(commands: readonly Command[], nodeOf: readonly number[]): Set<number>[] {
  const after = Array.from({ length: Math.max(...nodeOf) + 1 }, () => new Set<number>());
  const lastWriter = new Map<Memory, number>();
  const readersSince = new Map<Memory, number[]>();
  const order = (from: number | undefined, to: number) => {
    if (from !== undefined && from !== to) after[from]!.add(to);
  };
  commands.forEach(({ reads, writes }, at) => {
    const node = nodeOf[at]!;
    for (const operand of reads) {
      if (!operand) continue;
      order(lastWriter.get(operand.memory), node);
      const readers = readersSince.get(operand.memory);
      if (readers) readers.push(node);
      else readersSince.set(operand.memory, [node]);
    }
    for (const operand of writes) {
      if (!operand) continue;
      order(lastWriter.get(operand.memory), node);
      for (const reader of readersSince.get(operand.memory) ?? []) order(reader, node);
      lastWriter.set(operand.memory, node);
      readersSince.set(operand.memory, []);
    }
  });
  return after;
}

/** Undefined when the groups depend on each other in a circle: then they must not be. */
function sorted(after: readonly Set<number>[]): number[] | undefined {
  const before = after.map(() => 0);
  for (const next of after) for (const to of next) before[to]!++;
  const ready = before.flatMap((count, node) => (count === 0 ? [node] : []));
  const order: number[] = [];
  while (ready.length > 0) {
    // The earliest first: memory is let go of soon. Lists are short.
    const node = ready.reduce((least, other) => Math.min(least, other));
    ready.splice(ready.indexOf(node), 1);
    order.push(node);
    for (const to of after[node]!) if (--before[to]! === 0) ready.push(to);
  }
  return order.length === after.length ? order : undefined;
}

/**
 * The commands with each group replaced. The groups of a bundle belong together: all of them or none. Where bundles would
 * wait for each other in a circle, the last ones are left out.
 */
export function regroup(commands: readonly Command[], bundles: readonly (readonly Group[])[]): readonly Command[] {
  for (let count = bundles.length; count > 0; count--) {
    const groupOf = new Map<number, Group>();
    for (const group of bundles.slice(0, count).flat()) for (const at of group.members) groupOf.set(at, group);
    const nodes: (Group | number)[] = [];
    const known = new Map<Group, number>();
    const nodeOf = commands.map((_, at) => {
      const group = groupOf.get(at);
      const node = group && known.get(group);
      if (node !== undefined) return node;
      nodes.push(group ?? at);
      if (group) known.set(group, nodes.length - 1);
      return nodes.length - 1;
    });
    const order = sorted(edges(commands, nodeOf));
    if (!order) continue;
    return order.flatMap((node) => {
      const what = nodes[node]!;
      return typeof what === "number" ? [commands[what]!] : what.commands;
    });
  }
  return commands;
}
