/** @file The layer of a graph that tells the classes apart: found by looking back from the output. */
import type { OnnxNode } from "./attributes.ts";

/** Weights by name. */
export type Shapes = (name: string) => readonly number[] | undefined;

export interface Head {
  readonly node: OnnxNode;
  /** The stored weight and which of its axes counts the outputs. */
  readonly weight: string;
  readonly axis: number;
  /** Null for a layer without. */
  readonly bias: string | null;
  /** What stands between it and the output, the last first. */
  readonly behind: readonly OnnxNode[];
}

/** What may follow the layer: nothing that has weights of its own, and every class is treated alike. */
const following: ReadonlySet<string> = new Set([
  ...["Softmax", "LogSoftmax", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"],
  ...["Relu", "Clip", "LeakyRelu", "GlobalAveragePool", "GlobalMaxPool", "AveragePool", "MaxPool", "ReduceMean"],
]);

/** Nodes between a stored weight and the layer that reads it. */
const carrying: ReadonlySet<string> = new Set(["Identity", "Cast", "Transpose"]);

/**
 * The last Gemm, MatMul (with an Add behind it) or Conv whose weight is stored in the file.
 *
 * Returns  a sentence that says where the search ended when there is none.
 */
export function findHead(nodes: readonly OnnxNode[], output: string, shapes: Shapes): Head | string {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const behind: OnnxNode[] = [];
  let bias: string | null = null;
  for (let at = output; ; ) {
    const node = makers.get(at);
    if (!node) return `nothing but ${at === output ? "the input" : `"${at}"`} is before it`;
    const own = weightOf(node, makers, shapes);
    if (own) return { node, ...own, bias: stored(node.inputs[2], makers, shapes)?.name ?? bias, behind };
    const operand = node.type === "Add" ? [0, 1].find((i) => stored(node.inputs[i], makers, shapes)) : undefined;
    if (operand !== undefined && bias === null) bias = stored(node.inputs[operand], makers, shapes)!.name;
    else if (!following.has(node.type)) return `${node.title} is in the way`;
    behind.push(node);
    at = node.inputs[operand === 0 ? 1 : 0] ?? "";
  }
}

function weightOf(node: OnnxNode, makers: ReadonlyMap<string, OnnxNode>, shapes: Shapes) {
  if (node.domain !== "" || !["Gemm", "MatMul", "Conv"].includes(node.type)) return undefined;
  const found = stored(node.inputs[1], makers, shapes);
  const rank = found && shapes(found.name)!.length;
  if (!found || (node.type === "Conv" ? node.int("group", 1) !== 1 : rank !== 2)) return undefined;
  const axis = node.type === "Conv" || (node.type === "Gemm" && node.flag("transB")) ? 0 : 1;
  return { weight: found.name, axis: found.turned ? 1 - axis : axis };
}

/** The weight that a value is, past nodes that hand it on; `turned` when a matrix was transposed on the way. */
function stored(name: string | undefined, makers: ReadonlyMap<string, OnnxNode>, shapes: Shapes) {
  let at = name ?? "";
  let turned = false;
  for (let node = makers.get(at); node && carrying.has(node.type); node = makers.get(at)) {
    if (node.type === "Transpose") turned = !turned;
    at = node.inputs[0] ?? "";
  }
  const shape = shapes(at);
  return shape && (!turned || shape.length === 2) ? { name: at, turned } : undefined;
}
