/** @file A graph without its weights, as the card of a checkpoint keeps it, and the network made of it again. */
import { DataError } from "@drishti/core/errors";
import type { StateValue } from "@drishti/core/nn";
import { fromBase64, toBase64 } from "@drishti/core/train";
import { tensorProto } from "./export/builder.ts";
import { learnedOf } from "./learned.ts";
import { checkSupport, OnnxModel } from "./onnx-model.ts";
import { decodeModel, encodeModel, type ModelProto } from "./proto.ts";
import { type ReadOnnxOptions, readOnnx } from "./read.ts";
import { WireError } from "./wire.ts";

export interface OnnxTopology {
  readonly format: "onnx";
  /** The file without weights and running statistics, as base64. */
  readonly graph: string;
  /** Of what was taken out, by its names. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** No network of ours has more numbers; a damaged card must not ask for all memory. */
const MOST_NUMBERS = 2 ** 30;

/** Takes a graph and its weights apart. Throws DataError as readOnnx and OnnxModel do. */
export function splitGraph(
  model: ModelProto,
  options: ReadOnnxOptions,
): { topology: OnnxTopology; weights: Map<string, StateValue> } {
  const file = readOnnx(encodeModel(model), options);
  checkSupport(file);
  const { parameters, buffers } = learnedOf(file.nodes, file.initializers);
  const weights = new Map<string, StateValue>();
  for (const [name, { shape, data }] of file.initializers)
    if (parameters.has(name) || buffers.has(name)) weights.set(name, { shape, data: Float32Array.from(data) });
  const graph = model.graph!;
  const initializer = graph.initializer.filter(({ name = "" }) => !weights.has(name));
  const rest = encodeModel({ ...model, metadataProps: [], graph: { ...graph, initializer } });
  const shapes = Object.fromEntries([...weights].map(([name, { shape }]) => [name, shape]));
  return { topology: { format: "onnx", graph: toBase64(rest), shapes }, weights };
}

/** The whole graph again. Throws DataError "topology" for a damaged card. */
export function joinGraph(topology: unknown, weights: ReadonlyMap<string, StateValue>, file: string): ModelProto {
  const fail = (cause?: unknown): never => {
    throw new DataError("model file", "topology", `${file}: the description of its network is damaged.`, file, {
      cause,
    });
  };
  const { graph, shapes } = (topology ?? {}) as Partial<Record<string, unknown>>;
  const bytes = typeof graph === "string" ? fromBase64(graph) : undefined;
  const entries = Object.entries((shapes ?? {}) as Record<string, unknown>);
  let numbers = 0;
  for (const [, shape] of entries) {
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return fail();
    numbers += shape.reduce((a: number, b: number) => a * b, 1);
  }
  if (!bytes || !(numbers <= MOST_NUMBERS)) return fail();
  let model: ModelProto;
  try {
    model = decodeModel(bytes);
  } catch (cause) {
    if (cause instanceof WireError) return fail(cause);
    throw cause;
  }
  if (!model.graph) return fail();
  const learned = (entries as [string, number[]][]).map(([name, shape]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const value = weights.get(name);
    const given = value && "data" in value && value.data.length === count;
    return tensorProto(name, shape, "float", given ? Float32Array.from(value.data, Number) : new Float32Array(count));
  });
  return { ...model, graph: { ...model.graph, initializer: [...model.graph.initializer, ...learned] } };
}

/** The network of a card, with zeros for weights. Throws DataError for a damaged card. */
export function modelOfGraph(topology: unknown, file: string): OnnxModel {
  return new OnnxModel(encodeModel(joinGraph(topology, new Map(), file)), { file });
}
