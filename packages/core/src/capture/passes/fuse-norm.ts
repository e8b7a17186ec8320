/** @file Batch norm of a convolution's result with what follows it as one call, and its gradients as another. */
import type { Params } from "../../kernels/contract.ts";
import type { Command, Memory } from "../recording.ts";
import { call, type Graph, whole, written } from "./graph.ts";
import type { Group } from "./regroup.ts";
import { noTail, type Planes, type Tail, tailOf } from "./tail.ts";

const view = (memory: Memory | null | undefined) => (memory ? whole(memory) : null);

/** The convolution whose result it normalises, if nobody else looks at that: the kernels want it NHWC. */
function convBefore(graph: Graph, norm: Command<"batch_norm_train_f32">): Planes | undefined {
  const input = norm.reads[0]!.memory;
  if (!graph.isInner(input)) return undefined;
  const conv = graph.as(graph.writers(input)[0], "conv2d_f32");
  const kernels = graph.readers(input).map((at) => graph.commands[at]!.kernel);
  if (conv?.params.groups !== 1) return undefined;
  if (!kernels.every((kernel) => kernel === "batch_norm_train_f32" || kernel === "batch_norm_train_backward_f32"))
    return undefined;
  const { batch, outChannels: channels, outHeight: height, outWidth: width } = conv.params;
  if (norm.params.batch !== batch || norm.params.channels !== channels || norm.params.spatial !== height * width)
    return undefined;
  return kernels.length <= 2 ? { batch, channels, height, width } : undefined;
}

interface Backward {
  readonly at: number;
  readonly command: Command<"batch_norm_train_backward_f32">;
}

/** undefined: there is none; "no": there is one that does not fit. */
function backwardOf(graph: Graph, norm: Command<"batch_norm_train_f32">): Backward | undefined | "no" {
  const back = graph.reader(norm.reads[0]!.memory, "batch_norm_train_backward_f32");
  if (!back) return undefined;
  const gradInput = written(back.command);
  const wanted = ["conv2d_backward_input_f32", "conv2d_backward_weight_f32", "channel_sum_f32"];
  const isForConv = graph.readers(gradInput).every((at) => wanted.includes(graph.commands[at]!.kernel));
  return graph.isInner(gradInput) && isForConv ? back : "no";
}

function params(planes: Planes, tail: Tail, pooled: boolean) {
  return {
    ...planes,
    inBorder: 0,
    outLayout: 0,
    outBorder: 0,
    poolHeight: pooled ? tail.pool[0] : 1,
    poolWidth: pooled ? tail.pool[1] : 1,
    residualBorder: 0,
  };
}

function fusedForward(norm: Command<"batch_norm_train_f32">, planes: Planes, tail: Tail): Command {
  const [input, weight, bias] = norm.reads;
  const [, mean, invStd, variance] = norm.writes;
  const p: Params<"batch_norm_fused_train_f32"> = {
    ...params(planes, tail, true),
    relu: tail.relu,
    eps: norm.params.eps,
  };
  return call(
    "batch_norm_fused_train_f32",
    p,
    [input!, weight!, bias!, view(tail.residual)],
    [whole(tail.output), mean!, invStd!, variance!, view(tail.index)],
  );
}

function fusedBackward(back: Backward, planes: Planes, tail: Tail, gradResidual: Memory | null): Command {
  const [gradOutput, input, weight, mean, invStd] = back.command.reads;
  const p: Params<"batch_norm_fused_train_backward_f32"> = {
    ...params(planes, tail, tail.index !== null),
    relu: Number(tail.gradBefore !== undefined),
    gradBorder: 0,
    gradInBorder: 0,
  };
  return call(
    "batch_norm_fused_train_backward_f32",
    p,
    [
      tail.gradOutput ? whole(tail.gradOutput) : gradOutput!,
      view(tail.index),
      tail.gradBefore && !tail.index ? whole(tail.output) : null,
      input!,
      weight!,
      mean!,
      invStd!,
    ],
    [...back.command.writes, view(gradResidual)],
  );
}

/** `bare`: without what follows it, which belongs to another. */
export function normGroups(graph: Graph, at: number, bare: boolean): Group[] {
  const norm = graph.as(at, "batch_norm_train_f32");
  const planes = norm && convBefore(graph, norm);
  if (!planes) return [];
  const back = backwardOf(graph, norm);
  if (back === "no") return [];
  const output = written(norm);
  let tail = bare ? noTail(output) : tailOf(graph, output, planes, true);
  if (tail.relu === 2) tail = noTail(output); // its kernel has ReLU alone
  let gradResidual: Memory | null = null;
  const { gradBefore } = tail;
  if (gradBefore) {
    // The gradient before ReLU is the residual's, too, and goes on to others.
    const others = graph.readers(gradBefore).filter((reader) => reader !== back?.at);
    const arrives = back !== undefined && back.command.reads[0]!.memory === gradBefore;
    if (!arrives || (others.length > 0 && !tail.residual)) tail = noTail(output);
    else if (others.length > 0) gradResidual = gradBefore;
  }
  const groups: Group[] = [{ members: [at, ...tail.forward], commands: [fusedForward(norm, planes, tail)] }];
  if (back)
    groups.push({
      members: [...tail.backward, back.at],
      commands: [fusedBackward(back, planes, tail, gradResidual)],
    });
  else if (tail.backward.length > 0) return [];
  return groups;
}
