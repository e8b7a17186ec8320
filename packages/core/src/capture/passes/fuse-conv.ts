/** @file Convolution with what follows it as one call, and its three gradients as another. */
import type { Params } from "../../kernels/contract.ts";
import type { Command, Memory } from "../recording.ts";
import { call, type Graph, newMemory, whole, written } from "./graph.ts";
import type { Group } from "./regroup.ts";
import { noTail, type Planes, type Tail, tailOf } from "./tail.ts";

type ConvParams = Params<"conv2d_f32">;

const same = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);

/** The gradients of one convolution, by the gradient of its result. */
interface Backward {
  readonly members: number[];
  readonly gradient: Memory;
  gradInput: Memory | null;
  gradWeight: Memory | null;
  gradBias: Memory | null;
}

/** The calls that compute a convolution's gradients; undefined when there are none. `gradient` where it is known. */
function backwardOf(graph: Graph, conv: Command<"conv2d_f32">, gradient: Memory | undefined): Backward | undefined {
  const { params, reads } = conv;
  const [input, weight] = [reads[0]!.memory, reads[1]!.memory];
  const fits = (at: number) => {
    const byInput = graph.as(at, "conv2d_backward_input_f32");
    if (byInput) return byInput.reads[1]!.memory === weight && !byInput.reads[2] && same(byInput.params, params);
    const byWeight = graph.as(at, "conv2d_backward_weight_f32");
    return byWeight !== undefined && byWeight.reads[1]!.memory === input && same(byWeight.params, params);
  };
  const found = [...new Set([...graph.readers(input), ...graph.readers(weight)])].filter(fits);
  const gradients = new Set(found.map((at) => graph.commands[at]!.reads[0]!.memory));
  const from = gradient ?? (gradients.size === 1 ? [...gradients][0] : undefined);
  if (!from) return undefined;
  const result: Backward = { members: [], gradient: from, gradInput: null, gradWeight: null, gradBias: null };
  for (const at of graph.readers(from)) {
    const command = graph.commands[at]!;
    const target = command.writes[0]?.memory ?? null;
    if (command.kernel === "channel_sum_f32") {
      const p = command.params as Params<"channel_sum_f32">;
      if (
        reads[2] === null ||
        reads[2] === undefined ||
        p.batch !== params.batch ||
        p.channels !== params.outChannels ||
        p.spatial !== params.outHeight * params.outWidth
      )
        continue;
      result.gradBias = target;
    } else if (!fits(at)) continue;
    else if (command.kernel === "conv2d_backward_input_f32") result.gradInput = target;
    else result.gradWeight = target;
    result.members.push(at);
  }
  return result.members.length > 0 ? result : undefined;
}

/** Scale and bias by channel of a batch norm in eval mode, as calls over the channels. */
function foldedNorm(norm: Command<"batch_norm_eval_f32">, convBias: Memory | null) {
  const { channels: count, eps } = norm.params;
  const commands: Command[] = [];
  const fresh = () => newMemory("f32", count);
  const step = [0, 0, 0, 0, 0, 0, 0, 1];
  const pair = { ndim: 8, shape: [1, 1, 1, 1, 1, 1, 1, count], stridesA: step, stridesB: step };
  const unary = (kernel: "affine_f32" | "sqrt_f32" | "reciprocal_f32" | "neg_f32", a: Memory, alpha = 0, beta = 0) => {
    const out = fresh();
    commands.push(call(kernel, { count, alpha, beta }, [whole(a)], [whole(out)]));
    return out;
  };
  const binary = (kernel: "mul_f32" | "sub_f32", a: Memory, b: Memory) => {
    const out = fresh();
    commands.push(call(kernel, pair, [whole(a), whole(b)], [whole(out)]));
    return out;
  };
  const [, weight, bias, mean, variance] = norm.reads;
  const invStd = unary("reciprocal_f32", unary("sqrt_f32", unary("affine_f32", variance!.memory, 1, eps)));
  const scale = weight ? binary("mul_f32", weight.memory, invStd) : invStd;
  // (conv + b − mean)·scale + bias
  const centre = convBias ? binary("sub_f32", mean!.memory, convBias) : mean!.memory;
  const product = binary("mul_f32", centre, scale);
  const shift = bias ? binary("sub_f32", bias.memory, product) : unary("neg_f32", product);
  return { commands, scale, shift };
}

const isWhole = (command: Command) =>
  [...command.reads, ...command.writes].every((operand) => (operand?.offset ?? 0) === 0);

function fusedForward(conv: Command<"conv2d_f32">, tail: Tail, scale: Memory | null, bias: Memory | null): Command {
  const [input, weight] = conv.reads;
  const view = (memory: Memory | null) => memory && whole(memory);
  return call(
    "conv2d_fused_f32",
    {
      ...conv.params,
      inLayout: 0,
      inBorder: 0,
      outLayout: 0,
      outBorder: 0,
      relu: tail.relu,
      poolHeight: tail.pool[0],
      poolWidth: tail.pool[1],
      residualBorder: 0,
      panel: 0,
    },
    [input!, weight!, view(scale), view(bias), view(tail.residual)],
    [whole(tail.output), view(tail.index)],
  );
}

function fusedBackward(conv: Command<"conv2d_f32">, tail: Tail, back: Backward): Command {
  const [input, weight] = conv.reads;
  const view = (memory: Memory | null) => memory && whole(memory);
  return call(
    "conv2d_fused_backward_f32",
    {
      ...conv.params,
      inLayout: 0,
      inBorder: 0,
      outLayout: 0,
      outBorder: 0,
      relu: Number(tail.gradBefore !== undefined),
      poolHeight: tail.index ? tail.pool[0] : 1,
      poolWidth: tail.index ? tail.pool[1] : 1,
      gradBorder: 0,
      gradInBorder: 0,
      addendBorder: 0,
    },
    [
      whole(tail.gradOutput ?? back.gradient),
      view(tail.index),
      tail.gradBefore && !tail.index ? whole(tail.output) : null,
      back.gradWeight ? input! : null,
      back.gradInput ? weight! : null,
      null,
    ],
    [view(back.gradInput), view(back.gradWeight), view(back.gradBias)],
  );
}

const sizesOf = (p: ConvParams): Planes => ({
  batch: p.batch,
  channels: p.outChannels,
  height: p.outHeight,
  width: p.outWidth,
});

/** In a network that is not trained: batch norm with its running statistics is a scale and a bias. */
function withNorm(graph: Graph, at: number, conv: Command<"conv2d_f32">, bare: boolean): Group | undefined {
  const value = written(conv);
  const norm = graph.isInner(value) ? graph.onlyReader(value, "batch_norm_eval_f32") : undefined;
  if (!norm || norm.command.reads[0]!.memory !== value || !isWhole(norm.command)) return undefined;
  const { batch, channels, spatial } = norm.command.params;
  if (batch * channels * spatial !== value.length || channels !== conv.params.outChannels) return undefined;
  const output = written(norm.command);
  const tail = bare ? noTail(output) : tailOf(graph, output, sizesOf(conv.params), true);
  if (tail.backward.length > 0) return undefined;
  const { commands, scale, shift } = foldedNorm(norm.command, conv.reads[2]?.memory ?? null);
  return {
    members: [at, norm.at, ...tail.forward],
    commands: [...commands, fusedForward(conv, tail, scale, shift)],
  };
}

/**
 * Groups of one convolution: forward and backward, or nothing where a pattern does not hold. `bare`: without what follows
 * it, which belongs to another.
 */
export function convGroups(graph: Graph, at: number, bare: boolean): Group[] {
  const conv = graph.as(at, "conv2d_f32");
  if (!conv || !isWhole(conv) || conv.params.batch === 0) return [];
  const { groups: parts, inChannels, outChannels } = conv.params;
  const isDepthwise = parts === inChannels && parts === outChannels;
  // The gradients of grouped convolutions have no fused kernel worth the name.
  if (parts !== 1 && !(isDepthwise && backwardOf(graph, conv, undefined) === undefined)) return [];
  const folded = withNorm(graph, at, conv, bare);
  if (folded) return [folded];
  const trained = backwardOf(graph, conv, undefined) !== undefined;
  let tail = bare ? noTail(written(conv)) : tailOf(graph, written(conv), sizesOf(conv.params), !trained);
  let back = backwardOf(graph, conv, tail.gradBefore);
  // What the tail's own backward computes must be for this convolution alone.
  const stray =
    tail.gradBefore !== undefined && graph.readers(tail.gradBefore).some((reader) => !back?.members.includes(reader));
  if (stray || (tail.gradBefore !== undefined && !back)) {
    tail = noTail(written(conv));
    back = backwardOf(graph, conv, undefined);
  }
  const bias = conv.reads[2]?.memory ?? null;
  const groups: Group[] = [{ members: [at, ...tail.forward], commands: [fusedForward(conv, tail, null, bias)] }];
  if (back && isWholeAll(graph, back.members))
    groups.push({ members: [...tail.backward, ...back.members], commands: [fusedBackward(conv, tail, back)] });
  else if (tail.backward.length > 0) return [];
  return groups;
}

function isWholeAll(graph: Graph, members: readonly number[]): boolean {
  return members.every((at) => isWhole(graph.commands[at]!));
}
