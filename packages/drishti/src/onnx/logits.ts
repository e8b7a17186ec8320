/** @file Graphs that end in probabilities, as most classifiers outside PyTorch do, made to give logits. */
import type { OnnxFile } from "./read.ts";

/** The graph without a softmax at its very end, and whether there was one. */
export function logitsOf(file: OnnxFile): { readonly file: OnnxFile; readonly hadSoftmax: boolean } {
  const [output] = file.outputs;
  const last = file.nodes.find((node) => node.domain === "" && node.outputs[0] === output?.name);
  const overClasses = last?.type === "Softmax" && [1, -1].includes(last.int("axis", last.opset < 13 ? 1 : -1));
  const [before = ""] = last?.inputs ?? [];
  const read = file.nodes.some((node) => node.inputs.includes(output?.name ?? ""));
  if (!overClasses || before === "" || read) return { file, hadSoftmax: false };
  const nodes = file.nodes.filter((node) => node !== last);
  return {
    file: { ...file, nodes, outputs: [{ ...output!, name: before }, ...file.outputs.slice(1)] },
    hadSoftmax: true,
  };
}
