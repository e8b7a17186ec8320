/**
 * @file A convolution and the batch norm behind it as one call, which takes the statistics while the result is made. In a first
 * layer with 2x2 windows the pool comes first, and the result before it is never written. Behind settled layouts.
 */
import type { Params } from "../../kernels/contract.ts";
import type { Command, Memory } from "../recording.ts";
import { call, Graph, newMemory, whole, written } from "./graph.ts";
import { type Group, regroup } from "./regroup.ts";

type Conv = Command<"conv2d_fused_f32">;
type Norm = Command<"batch_norm_fused_train_f32">;

/** Nothing is done with the result but what comes in another call, and it lies as the kernel writes it. */
function isBare({ params: p, reads }: Conv): boolean {
  return (
    p.relu === 0 &&
    p.poolHeight * p.poolWidth === 1 &&
    p.groups === 1 &&
    p.panel === 0 &&
    p.outLayout === 1 &&
    p.outBorder === 0 &&
    !reads[2] &&
    !reads[4]
  );
}

function merged(conv: Conv, norm: Norm, raw: Memory, pooled: boolean): Command {
  const { panel: _, ...p } = conv.params;
  const { outLayout, outBorder, relu, poolHeight, poolWidth, residualBorder, eps } = norm.params;
  const params: Params<"conv2d_norm_train_f32"> = {
    ...p,
    outLayout,
    outBorder,
    relu,
    poolHeight,
    poolWidth,
    residualBorder,
    rawPooled: Number(pooled),
    eps,
  };
  const [input, weight, , bias] = conv.reads;
  const [, normWeight, normBias, residual] = norm.reads;
  const [output, mean, invStd, variance, index] = norm.writes;
  return call(
    "conv2d_norm_train_f32",
    params,
    [input!, weight!, bias!, normWeight!, normBias!, residual!],
    [output!, whole(raw), mean!, invStd!, variance!, index!],
  );
}

/** The two calls that make a first layer's gradients, where all they pass on is for its own parameters. */
function backwardOf(
  graph: Graph,
  at: number,
  conv: Conv,
  norm: Norm,
): { members: number[]; make(raw: Memory): Command } | undefined {
  const back = graph.as(at, "batch_norm_fused_train_backward_f32");
  if (!back || back.writes[3] || back.reads[1]?.memory !== norm.writes[4]?.memory) return undefined;
  const gradient = written(back);
  const last = graph.isInner(gradient) ? graph.onlyReader(gradient, "conv2d_fused_backward_f32") : undefined;
  if (last?.command.params.relu !== 0 || last.command.writes[0] || !last.command.writes[1]) return undefined;
  const { reads, writes } = last.command;
  const [input, weight] = conv.reads;
  if (reads[0]!.memory !== gradient || reads[1] || reads[3]?.memory !== input!.memory) return undefined;
  if (graph.writers(weight!.memory).length > 0) return undefined;
  const [gradOutput, index, , , normWeight, mean, invStd] = back.reads;
  const { panel: _, residualBorder: __, ...p } = conv.params;
  const { outLayout, outBorder, relu, poolHeight, poolWidth } = norm.params;
  const params = { ...p, outLayout, outBorder, relu, poolHeight, poolWidth, gradBorder: back.params.gradBorder };
  return {
    members: [at, last.at],
    make: (raw) =>
      call(
        "conv2d_norm_train_backward_f32",
        params,
        [gradOutput!, index!, whole(raw), input!, weight!, normWeight!, mean!, invStd!],
        [writes[1]!, back.writes[1]!, back.writes[2]!, writes[2]!],
      ),
  };
}

function groupsOf(graph: Graph, at: number): Group[] {
  const conv = graph.as(at, "conv2d_fused_f32");
  if (!conv || !isBare(conv)) return [];
  const raw = written(conv);
  const norm = graph.isInner(raw) ? graph.reader(raw, "batch_norm_fused_train_f32") : undefined;
  if (!norm || norm.command.reads[0]!.memory !== raw || norm.command.reads[3]?.memory === raw) return [];
  const members = [at, norm.at];
  const { params: p, reads } = norm.command;
  const others = graph.readers(raw).filter((reader) => reader !== norm.at);
  const taps = conv.params.inChannels * conv.params.kernelHeight * conv.params.kernelWidth;
  const canPoolFirst =
    p.poolHeight === 2 &&
    p.poolWidth === 2 &&
    p.height % 2 === 0 &&
    p.width % 2 === 0 &&
    !reads[3] &&
    // Else the products of what a filter meets cost more than those that they save.
    conv.params.dilationWidth === 1 &&
    taps <= 2 * conv.params.outChannels;
  if (canPoolFirst && others.length <= 1) {
    const back = others.length === 1 ? backwardOf(graph, others[0]!, conv, norm.command) : undefined;
    if (others.length === 0 || back) {
      const pooled = newMemory("f32", raw.length / 4);
      const forward: Group = { members, commands: [merged(conv, norm.command, pooled, true)] };
      return back ? [forward, { members: back.members, commands: [back.make(pooled)] }] : [forward];
    }
  }
  return [{ members, commands: [merged(conv, norm.command, raw, false)] }];
}

export function convAndNorm(commands: readonly Command[], escapes: (memory: Memory) => boolean): readonly Command[] {
  const graph = new Graph(commands, escapes);
  return regroup(
    commands,
    commands.map((_, at) => groupsOf(graph, at)).filter((groups) => groups.length > 0),
  );
}
