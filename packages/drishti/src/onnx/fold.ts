/** @file Batch norm folded into the convolution before it: two layers become one, with the same result in eval mode. */
import type { OnnxNode } from "./attributes.ts";
import type { OnnxArray } from "./dtype.ts";

interface Part {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxArray>;
  readonly outputs: readonly { readonly name: string }[];
}

/** y = (w·x + b − mean)·s + shift with s = scale/√(var + eps): weights times s, and a bias of (b − mean)·s + shift. */
export function foldedWeights(
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  norm: {
    scale: ArrayLike<number>;
    shift: ArrayLike<number>;
    mean: ArrayLike<number>;
    variance: ArrayLike<number>;
    eps: number;
  },
): { weight: Float32Array; bias: Float32Array } {
  const channels = norm.scale.length;
  const each = weight.length / channels;
  const factor = Float64Array.from(
    { length: channels },
    (_, c) => norm.scale[c]! / Math.sqrt(norm.variance[c]! + norm.eps),
  );
  return {
    weight: Float32Array.from({ length: weight.length }, (_, i) => weight[i]! * factor[Math.floor(i / each)]!),
    bias: Float32Array.from(factor, (s, c) => ((bias?.[c] ?? 0) - norm.mean[c]!) * s + norm.shift[c]!),
  };
}

/** Folds every batch norm whose input is a convolution that nothing else reads, where all operands are in the file. */
export function foldBatchNorm({ nodes, initializers, outputs }: Part): {
  nodes: OnnxNode[];
  initializers: Map<string, OnnxArray>;
} {
  const stored = new Map(initializers);
  const readers = new Map<string, number>();
  for (const name of [...nodes.flatMap((node) => node.inputs), ...outputs.map((output) => output.name)])
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const makers = new Map(nodes.filter((node) => node.type === "Conv").map((node) => [node.outputs[0]!, node]));
  const replaced = new Map<OnnxNode, OnnxNode | null>();
  for (const norm of nodes) {
    if (norm.type !== "BatchNormalization" || norm.flag("training_mode")) continue;
    const [from = "", ...operands] = norm.inputs;
    const conv = makers.get(from);
    const [scale, shift, mean, variance] = operands.map((name) => initializers.get(name)?.data);
    const weight = initializers.get(conv?.inputs[1] ?? "");
    const bias = conv?.inputs[2] ? initializers.get(conv.inputs[2]) : undefined;
    if (!conv || readers.get(from) !== 1 || !weight || !scale || !shift || !mean || !variance) continue;
    if (conv.inputs[2] && !bias) continue;
    const folded = foldedWeights(weight.data, bias?.data, {
      scale,
      shift,
      mean,
      variance,
      eps: norm.float("epsilon", 1e-5),
    });
    // New names, as another layer may share the old ones.
    const names = [`${conv.inputs[1]}/${norm.name}`, `${conv.inputs[1]}/${norm.name}/bias`] as const;
    stored.set(names[0], { ...weight, data: folded.weight });
    stored.set(names[1], { type: weight.type, shape: [scale.length], data: folded.bias });
    replaced.set(conv, conv.rewired([conv.inputs[0]!, ...names], [norm.outputs[0]!]));
    replaced.set(norm, null);
  }
  const kept = nodes.flatMap((node) => {
    const now = replaced.get(node);
    return now === undefined ? [node] : now === null ? [] : [now];
  });
  const used = new Set(kept.flatMap((node) => node.inputs));
  for (const name of stored.keys())
    if (!used.has(name) && !outputs.some((output) => output.name === name)) stored.delete(name);
  return { nodes: kept, initializers: stored };
}
