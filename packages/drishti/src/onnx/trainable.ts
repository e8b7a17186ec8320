/** @file A graph made ready to learn: logits at its end, batches of any size, a new last layer where the classes differ. */
import { noGrad, Tensor, zeros } from "@drishti/core";
import { DataError, DrishtiError } from "@drishti/core/errors";
import type { ModelShape } from "@drishti/core/models";
import { Conv2d, Linear } from "@drishti/core/nn";
import { readExternal, tensorArray } from "./dtype.ts";
import { tensorProto } from "./export/builder.ts";
import { findHead, type Head } from "./head.ts";
import type { OnnxModel } from "./onnx-model.ts";
import { encodeModel, type GraphProto, type ModelProto, type NodeProto, type TensorProto } from "./proto.ts";
import { type ReadOnnxOptions, readOnnx } from "./read.ts";
import { modelOfGraph, type OnnxTopology, splitGraph } from "./topology.ts";

export interface TrainableGraph {
  readonly model: OnnxModel;
  /** Of the model, for a card. */
  readonly topology: OnnxTopology;
}

export interface TrainableOptions extends ReadOnnxOptions {
  /** Of the pictures it will learn from, and how many classes they have. */
  readonly shape: ModelShape;
  /** How many classes it tells apart now. */
  readonly classes: number;
  /** Put a fresh last layer in the place of the old one, also when there are as many classes. */
  readonly newHead: boolean;
}

/**
 * The graph as a model that a run can train and keep. Left out of it: a softmax at its very end, since the loss takes
 * logits, and marks that batch norm is always in training, which is the model's mode to say.
 *
 * Throws  DataError "head" when the last layer is not found, "untrainable" for a graph that no gradient goes through, or
 *         that cannot take batches of these pictures; what readOnnx throws.
 */
export async function trainableGraph(source: ModelProto, options: TrainableOptions): Promise<TrainableGraph> {
  const { shape, newHead } = options;
  const file = options.file ?? "the graph";
  let graph = withoutSoftmax(gathered(source.graph!, options));
  if (newHead) graph = await withHead({ ...source, graph }, shape.numClasses, options);
  const [first] = realInputs(graph);
  const batch = first?.type?.tensorType?.shape?.dim[0]?.dimValue;
  const candidates = [graph, flattened(graph)].map((g) => opened(g, shape));
  if (batch !== undefined) candidates.push(...candidates.map((g) => unbatched(g, batch)));
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const { topology, weights } = splitGraph({ ...source, graph: candidate }, options);
    if (weights.size === 0)
      throw new DataError(
        "train",
        "untrainable",
        `${file}: it has no float weights that training could change (${operators(candidate)}). Train a graph that is not quantised, or a built-in network.`,
        options.file,
      );
    const model = modelOfGraph(topology, file);
    model.loadStateDict(weights);
    const fault = faultOf(model, shape);
    if (!fault) return { model, topology };
    reasons.push(fault);
  }
  throw new DataError(
    "train",
    "untrainable",
    `${file} cannot be trained on these pictures: ${reasons[0]}`,
    options.file,
  );
}

/** The stored weights of a model's last layer, by name; empty when there is none to be found. */
export function headWeights(model: OnnxModel): string[] {
  const shapes = new Map([...model.namedParameters()].map(([name, { shape }]) => [name, shape]));
  const head = findHead(model.nodes, model.outputs[0]?.name ?? "", (name) => shapes.get(name));
  return typeof head === "string" ? [] : [head.weight, ...(head.bias === null ? [] : [head.bias])];
}

function operators(graph: GraphProto): string {
  return [...new Set(graph.node.map(({ opType }) => opType))].slice(0, 8).join(", ");
}

/** Tensors that lie in other files or in Constant nodes become initialisers, which is where weights are looked for. */
function gathered(graph: GraphProto, { external }: ReadOnnxOptions): GraphProto {
  const initializer = graph.initializer.map((t) =>
    t.dataLocation === 1 ? { ...t, dataLocation: 0, externalData: [], rawData: readExternal(t, external) } : t,
  );
  const node = graph.node.filter(({ opType, output, attribute }) => {
    const value = attribute.find(({ name }) => name === "value")?.t;
    if (opType !== "Constant" || !value) return true;
    initializer.push({ ...value, name: output[0]! });
    return false;
  });
  return { ...graph, initializer, node: node.map(modeless), output: graph.output.slice(0, 1) };
}

/** Batch norm without the mark that it is in training: whether it is, the model's mode says. */
function modeless(node: NodeProto): NodeProto {
  if (node.opType !== "BatchNormalization") return node;
  const attribute = node.attribute.filter(({ name }) => name !== "training_mode");
  return { ...node, attribute, output: node.output.slice(0, 1) };
}

function withoutSoftmax(graph: GraphProto): GraphProto {
  const [output] = graph.output;
  const last = graph.node.find((node) => node.output[0] === output?.name);
  if (last?.opType !== "Softmax" && last?.opType !== "LogSoftmax" && last?.opType !== "Identity") return graph;
  const others = graph.node.filter((node) => node !== last);
  if (others.some((node) => node.input.includes(output!.name ?? ""))) return graph;
  return withoutSoftmax({ ...graph, node: others, output: [{ ...output!, name: last.input[0]! }] });
}

function realInputs(graph: GraphProto) {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.filter(({ name }) => !stored.has(name));
}

/** Open sizes where the pictures are of another size than the file declares; whether it takes them is tried. */
function opened(graph: GraphProto, { height, width }: ModelShape): GraphProto {
  const names = new Set(realInputs(graph).map(({ name }) => name));
  const sizes = [undefined, undefined, height, width];
  const input = graph.input.map((info) => {
    const dims = info.type?.tensorType?.shape?.dim;
    if (!dims || !names.has(info.name)) return info;
    const dim = dims.map((size, i) => {
      const other = size.dimValue !== undefined && sizes[i] !== undefined && size.dimValue !== sizes[i];
      return i === 0 || other ? { dimParam: `size${i}` } : size;
    });
    return { ...info, type: { tensorType: { ...info.type!.tensorType, shape: { dim } } } };
  });
  return { ...graph, input };
}

/** Outputs of (N, C, 1, 1) as (N, C). */
function flattened(graph: GraphProto): GraphProto {
  const [output] = graph.output;
  const name = `${output?.name}/flat`;
  const node: NodeProto = { opType: "Flatten", name, input: [output?.name ?? ""], output: [name], attribute: [] };
  return { ...graph, node: [...graph.node, node], output: [{ name }] };
}

/** Reshapes to the one size of batch that a file was made for take the size that comes: 0 stands for the input's own. */
function unbatched(graph: GraphProto, batch: number): GraphProto {
  return resized(graph, graph.node, (sizes) =>
    sizes.length > 1 && sizes[0] === batch ? [0, ...sizes.slice(1)] : sizes,
  );
}

/** The graph with other sizes in these nodes where they are Reshapes to sizes that stand in the file. */
function resized(graph: GraphProto, nodes: readonly NodeProto[], change: (sizes: number[]) => number[]): GraphProto {
  const constants = new Map(graph.initializer.map((t) => [t.name ?? "", t]));
  const added: TensorProto[] = [];
  const changed = graph.node.map((node) => {
    const sizes = constants.get(node.input[1] ?? "");
    if (!nodes.includes(node) || node.opType !== "Reshape" || !sizes || constants.has(node.input[0]!)) return node;
    const before = Array.from(tensorArray(sizes).data);
    const name = `${node.output[0]}/sizes`;
    added.push(tensorProto(name, [before.length], "int64", change(before)));
    return { ...node, input: [node.input[0]!, name] };
  });
  return { ...graph, node: changed, initializer: [...graph.initializer, ...added] };
}

async function withHead(source: ModelProto, classes: number, options: TrainableOptions): Promise<GraphProto> {
  const graph = source.graph!;
  const { nodes, initializers, outputs } = readOnnx(encodeModel(source), options);
  const fail = (why: string): never => {
    throw new DataError(
      "train",
      "head",
      `${options.file ?? "the graph"}: no last layer of ${options.classes} outputs was found that a new one for ${classes} classes could take the place of. Looked for, from the output "${outputs[0]?.name}" back: a Gemm, a MatMul or a Conv with float weights in the file; ${why}. Train on data of the same classes, or use a built-in network.`,
      options.file,
    );
  };
  const found = findHead(nodes, outputs[0]?.name ?? "", (name) => initializers.get(name)?.shape);
  if (typeof found === "string") return fail(found);
  const { node, weight, bias } = found;
  const old = initializers.get(weight)!;
  if (old.shape[found.axis] !== options.classes) return fail(`${node.title} gives ${old.shape[found.axis]}`);
  const shared = [weight, bias].find(
    (name) => name !== null && nodes.filter((n) => n.inputs.includes(name)).length > 1,
  );
  if (shared) return fail(`"${shared}" of ${node.title} is used elsewhere, too`);
  const fresh = await freshHead(found, old.shape, classes);
  const replaced = graph.initializer.map((t) => {
    if (t.name === weight) return fresh.weight;
    if (bias === null || t.name !== bias) return t;
    const shape = initializers.get(bias)!.shape.map((size) => (size === options.classes ? classes : size));
    return tensorProto(bias, shape, "float", fresh.bias!);
  });
  const behind = graph.node.filter((n) => found.behind.some((b) => b.outputs[0] === n.output[0]));
  return resized({ ...graph, initializer: replaced }, behind, (sizes) =>
    sizes.map((size) => (size === options.classes ? classes : size)),
  );
}

/** Weights drawn as PyTorch draws those of a new layer. */
async function freshHead({ node, weight, axis, bias }: Head, shape: readonly number[], classes: number) {
  const withBias = { bias: bias !== null };
  const [out, ...rest] = axis === 0 ? shape : [...shape].reverse();
  const layer =
    node.type === "Conv"
      ? new Conv2d(rest[0]!, classes, [rest[1] ?? 1, rest[2] ?? 1], withBias)
      : new Linear(rest[0]!, classes, withBias);
  const values = await layer.weight.toArray();
  const inputs = values.length / classes;
  const laid =
    axis === 0
      ? values
      : Float32Array.from(values, (_, i) => values[(i % classes) * inputs + Math.floor(i / classes)]!);
  const sizes = shape.map((size, i) => (i === axis && size === out ? classes : size));
  return {
    weight: tensorProto(weight, sizes, "float", laid as Float32Array),
    bias: layer.bias && ((await layer.bias.toArray()) as Float32Array),
  };
}

/** Why a model cannot be trained on batches of such pictures; undefined when it can. */
function faultOf(model: OnnxModel, { inChannels, height, width, numClasses }: ModelShape): string | undefined {
  const device = model.parameters().next().value?.backend;
  const run = (count: number) => model.forward(zeros([count, inChannels, height, width], { device }));
  try {
    const [one, three] = noGrad(() => [run(1), run(3)] as const);
    for (const [count, { shape }] of [
      [1, one],
      [3, three],
    ] as const)
      if (shape.join() !== `${count},${numClasses}`)
        return `for ${count} of ${inChannels}×${height}×${width} it gives [${shape.join(", ")}] instead of [${count}, ${numClasses}].`;
    const out = run(1);
    if (!(out instanceof Tensor) || !out.requiresGrad)
      return `no gradient goes from its output to any of its weights (${[...new Set(model.nodes.map(({ type }) => type))].slice(0, 8).join(", ")}).`;
  } catch (error) {
    if (!(error instanceof DrishtiError)) throw error;
    return `batches of ${inChannels}×${height}×${width} do not go through it: ${error.message}`;
  }
  return undefined;
}
