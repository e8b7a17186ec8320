/** @file An .onnx file as a graph, checked: every name defined before it is used, every tensor as large as it says. */
import { DataError } from "@drishti/core/errors";
import { OnnxNode } from "./attributes.ts";
import { type ExternalData, type OnnxArray, type OnnxType, tensorArray, typeOfCode } from "./dtype.ts";
import { decodeModel, type GraphProto, type ModelProto, type TensorProto, type ValueInfoProto } from "./proto.ts";
import { WireError } from "./wire.ts";

/** An input or output as the file declares it. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType | undefined;
  /** A number, a symbol such as "batch", or null where nothing is said; undefined when the rank is open. */
  readonly shape: readonly (number | string | null)[] | undefined;
}

/** A model file, read and checked; `OnnxModel` runs it. */
export interface OnnxFile {
  /** Where it was read from, for messages. */
  readonly file: string | undefined;
  /** Version of the file format. */
  readonly irVersion: number;
  /** Name and version of what wrote it; "" where it does not say. */
  readonly producer: string;
  /** Version of each operator set by domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Its metadata_props. */
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order they run. */
  readonly nodes: readonly OnnxNode[];
  /** Without the initialisers, which old files list here too. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Weights and other constants, by name. */
  readonly initializers: ReadonlyMap<string, OnnxArray>;
}

/** Where a model file comes from. */
export interface ReadOnnxOptions {
  /** The file's name, for messages. Default "the file". */
  readonly file?: string;
  /** The bytes of files that hold tensors of this one (external data). Default: such files are refused. */
  readonly external?: ExternalData;
}

/**
 * Reads a model. Nothing of it is run; tensors are copied out of `bytes`.
 *
 * Throws  DataError "damaged" for bytes that are no ONNX model or tensors of another size than they say, "no-graph",
 *         "names" for a graph that uses a name before it is defined or defines it twice, "sparse", "functions".
 * Source  onnx.proto (https://onnx.ai/onnx/repo-docs/IR.html).
 *
 * @example
 * const { inputs, opsets } = readOnnx(await exportOnnx(model, { input: [1, 28, 28] }));
 * inputs[0]?.shape; // ["batch", 1, 28, 28]
 * opsets.get(""); // 17
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): OnnxFile {
  const { file } = options;
  try {
    const model = decodeModel(bytes);
    if (!model.graph || (model.graph.node.length === 0 && model.graph.output.length === 0))
      throw fault("no-graph", "it holds no graph, so it is no ONNX model. Export it again.", file);
    if (model.functions.length > 0)
      throw fault(
        "functions",
        `it defines operators of its own (${model.functions.map(({ name }) => name).join(", ")}), which are not read. Inline them with onnx.inliner.inline_local_functions.`,
        file,
      );
    return checked(model, model.graph, options);
  } catch (error) {
    if (error instanceof WireError)
      throw fault(
        "damaged",
        `it is no ONNX model, or damaged: ${error.message}. Get it again, or export it anew.`,
        file,
      );
    throw error;
  }
}

function fault(code: string, text: string, file: string | undefined): DataError {
  return new DataError("onnx", code, `${file ?? "the file"}: ${text}`, file);
}

function checked(model: ModelProto, graph: GraphProto, { file, external }: ReadOnnxOptions): OnnxFile {
  const opsets = new Map<string, number>();
  for (const { domain = "", version = 0 } of model.opsetImport) opsets.set(domain === "ai.onnx" ? "" : domain, version);
  const opset = opsets.get("") ?? (model.opsetImport.length === 0 ? 1 : 0);
  if (graph.sparseInitializer.length > 0) throw fault("sparse", "it has sparse tensors, which are not read.", file);
  const initializers = readInitializers(graph.initializer, file, external);
  const nodes = graph.node.map((proto, i) => new OnnxNode(proto, opset, i, external));
  const inputs = graph.input.map(valueInfo).filter(({ name }) => !initializers.has(name));
  const outputs = graph.output.map(valueInfo);
  checkNames(nodes, inputs, outputs, initializers, file);
  return {
    file,
    irVersion: model.irVersion ?? 0,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
    opsets,
    metadata: new Map(model.metadataProps.map(({ key = "", value = "" }) => [key, value])),
    nodes,
    inputs,
    outputs,
    initializers,
  };
}

function readInitializers(
  tensors: readonly TensorProto[],
  file: string | undefined,
  external: ExternalData | undefined,
): Map<string, OnnxArray> {
  const out = new Map<string, OnnxArray>();
  for (const tensor of tensors) {
    const name = tensor.name ?? "";
    if (out.has(name)) throw fault("names", `two initialisers are called "${name}".`, file);
    out.set(name, tensorArray(tensor, external));
  }
  return out;
}

function valueInfo({ name = "", type }: ValueInfoProto): OnnxValueInfo {
  const tensor = type?.tensorType;
  return {
    name,
    type: tensor?.elemType === undefined ? undefined : typeOfCode(tensor.elemType),
    shape: tensor?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam || null)),
  };
}

/** ONNX's rule of single assignment, in the order the nodes run. */
function checkNames(
  nodes: readonly OnnxNode[],
  inputs: readonly OnnxValueInfo[],
  outputs: readonly OnnxValueInfo[],
  initializers: ReadonlyMap<string, OnnxArray>,
  file: string | undefined,
): void {
  const known = new Set([...initializers.keys(), ...inputs.map(({ name }) => name)]);
  for (const node of nodes) {
    for (const name of node.inputs)
      if (name !== "" && !known.has(name))
        throw fault("names", `${node.title} reads "${name}", which nothing before it gives.`, file);
    for (const name of node.outputs) {
      if (name === "") continue;
      if (known.has(name)) throw fault("names", `${node.title} gives "${name}", which is there already.`, file);
      known.add(name);
    }
  }
  for (const { name } of outputs)
    if (!known.has(name)) throw fault("names", `nothing gives the output "${name}".`, file);
}
