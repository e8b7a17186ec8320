/** @file Gradients of a picture that went two ways: their sum is made by the second convolution's backward. */
import type { Command, Memory } from "../recording.ts";
import { Graph, whole, written } from "./graph.ts";
import { type Group, regroup } from "./regroup.ts";

interface Sum {
  readonly copy: number;
  readonly add: number;
  readonly parts: readonly [Memory, Memory];
  readonly result: Memory;
}

/** A copy of one gradient and the other added to it, all of them whole and in one order. */
function sumAt(graph: Graph, at: number): Sum | undefined {
  const copy = graph.as(at, "copy_strided_f32");
  if (!copy) return undefined;
  const result = written(copy);
  const [first, second, ...more] = graph.writers(result);
  const add = graph.as(second, "add_strided_f32");
  if (first !== at || !add || more.length > 0) return undefined;
  const isDense = ({ params: { shape, stridesA, stridesB } }: Command<"copy_strided_f32">) => {
    let expected = 1;
    for (let i = shape.length - 1; i >= 0; i--) {
      if (shape[i] !== 1 && (stridesA[i] !== expected || stridesB[i] !== expected)) return false;
      expected *= shape[i]!;
    }
    return expected === result.length;
  };
  const operands = [copy.reads[0]!, copy.writes[0]!, add.reads[0]!, add.writes[0]!];
  if (!isDense(copy) || !isDense(add as unknown as typeof copy) || operands.some(({ offset }) => offset !== 0))
    return undefined;
  return { copy: at, add: second!, parts: [copy.reads[0]!.memory, add.reads[0]!.memory], result };
}

function backwardThatMakes(graph: Graph, memory: Memory): { at: number; command: Command } | undefined {
  if (!graph.isInner(memory) || graph.readers(memory).length !== 1) return undefined;
  const at = graph.writers(memory)[0]!;
  const command = graph.commands[at]!;
  const fits =
    command.kernel === "conv2d_fused_backward_f32" && command.writes[0]?.memory === memory && !command.reads[5];
  return fits ? { at, command } : undefined;
}

/** Sums one after the other, as several of them may meet in one picture. */
export function addendsIntoBackward(
  commands: readonly Command[],
  escapes: (memory: Memory) => boolean,
): readonly Command[] {
  const graph = new Graph(commands, escapes);
  for (let at = 0; at < commands.length; at++) {
    const sum = sumAt(graph, at);
    if (!sum || sum.parts[0] === sum.parts[1]) continue;
    for (const [own, other] of [sum.parts, [...sum.parts].reverse() as [Memory, Memory]]) {
      const found = backwardThatMakes(graph, own);
      if (!found || other.length !== own.length) continue;
      const { command } = found;
      const [gradOutput, index, output, input, weight] = command.reads;
      const joined = {
        ...command,
        reads: [gradOutput!, index!, output!, input!, weight!, whole(other)],
        writes: [whole(sum.result), ...command.writes.slice(1)],
      };
      const group: Group = { members: [found.at, sum.copy, sum.add], commands: [joined] };
      const next = regroup(commands, [[group]]);
      if (next !== commands) return addendsIntoBackward(next, escapes);
    }
  }
  return commands;
}
