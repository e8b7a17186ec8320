/** @file From a recording to a program: calls that matter, cut at host code, over memory laid out once. */
import type { Storage } from "../autograd/storage.ts";
import type { Layout } from "./arena.ts";
import { layOut, lifetimes, operandsOf } from "./arena.ts";
import type { Command, Item, Memory, Recording, Template } from "./recording.ts";

export type Step =
  | { readonly kind: "calls"; readonly commands: readonly Command[] }
  | { readonly kind: "segment"; readonly body: () => unknown; readonly result: Memory | null }
  | { readonly kind: "action"; apply(args: readonly unknown[]): void };

export interface Program {
  readonly steps: readonly Step[];
  readonly layout: Layout;
  /** Memory of results: fresh in every replay. */
  readonly results: readonly Memory[];
}

/** A rewriting of a run of calls without host code between them. `escapes`: memory that others may look at. */
export type Pass = (commands: readonly Command[], escapes: (memory: Memory) => boolean) => readonly Command[];

export function resultMemories(template: Template): Memory[] {
  if (template.kind === "tensor") return [template.memory];
  if (template.kind === "list") return template.items.flatMap(resultMemories);
  if (template.kind === "object") return template.entries.flatMap(([, entry]) => resultMemories(entry));
  return [];
}

/** Drops calls whose results nobody uses; those that may refuse their data stay. */
export function dropDead(items: readonly Item[], escapes: (memory: Memory) => boolean): Item[] {
  const wanted = new Set<Memory>();
  const kept: Item[] = [];
  for (const item of [...items].reverse()) {
    if (item.kind === "command") {
      const { command } = item;
      const used = command.writes.some((operand) => operand && (escapes(operand.memory) || wanted.has(operand.memory)));
      if (!used && !command.translate) continue;
      for (const { memory } of operandsOf(command)) wanted.add(memory);
    }
    kept.push(item);
  }
  return kept.reverse();
}

/**
 * Host code that stands apart, then calls up to the next other host code, then the changes of host state among them, then
 * that code. So a dropout mask in the middle does not cut a network in two.
 */
function cut(items: readonly Item[], rewrite: (commands: readonly Command[]) => readonly Command[]): Step[] {
  const steps: Step[] = [];
  let commands: Command[] = [];
  let actions: Step[] = [];
  let apart: Step[] = [];
  const flush = () => {
    steps.push(...apart);
    apart = [];
    if (commands.length > 0) steps.push({ kind: "calls", commands: rewrite(commands) });
    steps.push(...actions);
    commands = [];
    actions = [];
  };
  for (const item of items) {
    if (item.kind === "command") commands.push(item.command);
    else if (item.kind === "action") actions.push(item);
    else if (item.apart) apart.push(item);
    else {
      flush();
      steps.push(item);
    }
  }
  flush();
  return steps;
}

export function programOf(recording: Recording, passes: readonly Pass[]): Program {
  const results = [...new Set(resultMemories(recording.result))].filter(
    ({ origin, pinned }) => origin === "made" && !pinned,
  );
  const fresh = new Set(results);
  const escapes = (memory: Memory) => memory.origin !== "made" || memory.pinned || fresh.has(memory);
  const items = dropDead(recording.items, escapes);
  // Memory used on both sides of host code must not be rewritten away on one.
  const steps = cut(items, (commands) => {
    const own = new Set(commands);
    const elsewhere = new Set<Memory>();
    for (const item of items)
      if (item.kind === "command" && !own.has(item.command))
        for (const { memory } of operandsOf(item.command)) elsewhere.add(memory);
    const seen = (memory: Memory) => escapes(memory) || elsewhere.has(memory);
    return passes.reduce((now, pass) => pass(now, seen), commands);
  });
  const commands = steps.flatMap((step) => (step.kind === "calls" ? step.commands : []));
  const layout = layOut(lifetimes(commands, (memory) => !escapes(memory)));
  return { steps, layout, results };
}

/** @internal */
export type StorageOf = (memory: Memory) => Storage | undefined;
