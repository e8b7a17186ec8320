/** @file From a recording to a program: calls that matter, cut at host code, over memory laid out once. */
import type { Storage } from "../autograd/storage.ts";
import type { Layout } from "./arena.ts";
import { layOut, lifetimes, operandsOf } from "./arena.ts";
import { heldStill, hoist } from "./constants.ts";
import type { Command, Item, Memory, Recording, Template } from "./recording.ts";

export type Step =
  | { readonly kind: "calls"; readonly commands: readonly Command[] }
  /** Calls whose results last as long as no source has changed. */
  | { readonly kind: "constants"; readonly commands: readonly Command[]; readonly sources: readonly Storage[] }
  | { readonly kind: "segment"; readonly body: () => unknown; readonly result: Memory | null }
  | { readonly kind: "action"; apply(args: readonly unknown[]): void };

export interface Program {
  readonly steps: readonly Step[];
  readonly layout: Layout;
  /** Memory of results: fresh in every replay. */
  readonly results: readonly Memory[];
}

/**
 * A rewriting of a run of calls without host code between them. `escapes`: memory that others may look at; `isStill`: memory
 * that no replay changes.
 */
export type Pass = (
  commands: readonly Command[],
  escapes: (memory: Memory) => boolean,
  isStill: (memory: Memory) => boolean,
) => readonly Command[];

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
function cut(items: readonly Item[], rewrite: (commands: readonly Command[]) => readonly Step[]): Step[] {
  const steps: Step[] = [];
  let commands: Command[] = [];
  let actions: Step[] = [];
  let apart: Step[] = [];
  const flush = () => {
    steps.push(...apart);
    apart = [];
    if (commands.length > 0) steps.push(...rewrite(commands));
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
  const isStill = heldStill(items);
  // Memory used on both sides of host code must not be rewritten away on one.
  const steps = cut(items, (commands) => {
    const own = new Set(commands);
    const elsewhere = new Set<Memory>();
    for (const item of items)
      if (item.kind === "command" && !own.has(item.command))
        for (const { memory } of operandsOf(item.command)) elsewhere.add(memory);
    const seen = (memory: Memory) => escapes(memory) || elsewhere.has(memory);
    const rewritten = passes.reduce((now, pass) => pass(now, seen, isStill), commands);
    if (passes.length === 0) return [{ kind: "calls", commands: rewritten }];
    const { constants, sources, rest } = hoist(rewritten, isStill, seen);
    const first: Step[] = constants.length > 0 ? [{ kind: "constants", commands: constants, sources }] : [];
    return [...first, { kind: "calls", commands: rest }];
  });
  return { steps, layout: layOut(livesOf(steps, escapes)), results };
}

/** What constants leave for other calls stays in its place for good. */
function livesOf(steps: readonly Step[], escapes: (memory: Memory) => boolean) {
  const of = (kind: "calls" | "constants") => steps.flatMap((step) => (step.kind === kind ? step.commands : []));
  const all = steps.flatMap((step) => (step.kind === "calls" || step.kind === "constants" ? step.commands : []));
  const lives = lifetimes(all, (memory) => !escapes(memory));
  const kept = new Set(of("constants").flatMap(({ writes }) => writes.map((operand) => operand?.memory)));
  for (const { reads } of of("calls"))
    for (const operand of reads)
      if (operand && kept.has(operand.memory)) lives.set(operand.memory, { first: 0, last: Number.POSITIVE_INFINITY });
  return lives;
}

/** @internal */
export type StorageOf = (memory: Memory) => Storage | undefined;
