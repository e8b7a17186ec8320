/** @file A graph of ONNX as a module: it runs on every backend, and its weights can be trained on. */
import { type Backend, defaultDevice, Tensor, tensor } from "@drishti/core";
import { DataError, DrishtiError, DTypeError, ShapeError } from "@drishti/core/errors";
import { Module, Parameter } from "@drishti/core/nn";
import type { OnnxNode } from "./attributes.ts";
import { isFloat, type OnnxArray, type OnnxType } from "./dtype.ts";
import { foldBatchNorm } from "./fold.ts";
import { learnedOf } from "./learned.ts";
import type { Operator } from "./ops/operator.ts";
import { operatorOf, unsupported } from "./ops/registry.ts";
import { type OnnxFile, type OnnxValueInfo, type ReadOnnxOptions, readOnnx } from "./read.ts";
import { asValue, host, numbersOf, onHost, type Value } from "./value.ts";

/** How a model file is opened. */
export interface OnnxModelOptions extends ReadOnnxOptions {
  /** Make one layer of a convolution and the batch norm behind it: the same in eval mode, quicker. Default false. */
  readonly foldBatchNorm?: boolean;
}

/** An input: a tensor, or numbers of any of ONNX's types. */
export type OnnxFeed = Tensor | OnnxArray;

/** What the engine knows of operator sets; the rules of newer ones may differ. */
const newestOpset = 25;

interface Step {
  readonly node: OnnxNode;
  readonly operator: Operator;
  /** Values that nothing reads after this step. */
  readonly last: readonly string[];
}

/**
 * A model from an .onnx file.
 *
 * Parameters  the float initialisers that layers multiply or add, under their names in the file: files written by PyTorch keep
 *             `layer1.0.conv1.weight`. Running statistics of batch norm are buffers.
 * Mode        eval to begin with. After train(), batch norm uses the batch and dropout drops, as far as the file still
 *             has them: exporters fold and drop them unless told otherwise.
 * Shape       as the file says; the first axis (the batch) may have another size than a file made for one size says, as
 *             long as the graph itself does not depend on it.
 * Throws      DataError for a damaged file (see readOnnx); "unsupported" with every operator that cannot be run, by
 *             name and node, before anything is run; "opset" for operator sets newer than 25.
 * Source      https://onnx.ai/onnx/operators, opset 7 and later (most of 1 to 6 too).
 *
 * @example
 * const net = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(8, 3));
 * const again = new OnnxModel(await exportOnnx(net, { input: [1, 4, 4] }));
 * again.forward(zeros([5, 1, 4, 4])).shape; // [5, 3]
 */
export class OnnxModel extends Module {
  /** What the file says about itself. */
  readonly source: Pick<OnnxFile, "file" | "producer" | "opsets" | "metadata">;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly nodes: readonly OnnxNode[];
  readonly #steps: readonly Step[];
  readonly #constants = new Map<string, Value>();

  constructor(source: Uint8Array | OnnxFile, options: OnnxModelOptions = {}) {
    super();
    const file = source instanceof Uint8Array ? readOnnx(source, options) : source;
    this.source = { file: file.file, producer: file.producer, opsets: file.opsets, metadata: file.metadata };
    this.inputs = file.inputs;
    this.outputs = file.outputs;
    checkSupport(file);
    const { nodes, initializers } = options.foldBatchNorm ? foldBatchNorm(file) : file;
    this.nodes = nodes;
    const { parameters, buffers } = learnedOf(nodes, initializers);
    for (const [name, array] of initializers) {
      if (parameters.has(name)) this.registerParameter(name, new Parameter(onDefault(array)));
      else if (buffers.has(name)) this.registerBuffer(name, onDefault(array));
      else this.#constants.set(name, asValue(array));
    }
    this.#steps = stepsOf(nodes, file.outputs);
    this.eval();
  }

  /** The first output for the inputs in the file's order. `run` gives all by name. */
  forward(...inputs: Tensor[]): Tensor {
    const [first] = this.outputs;
    const feeds = Object.fromEntries(inputs.map((input, i) => [this.inputs[i]?.name ?? `#${i}`, input]));
    return this.run(feeds)[first!.name]!;
  }

  /**
   * Every output by name. int64 results are int32 tensors, as Drishti has no wider ones.
   *
   * Throws  DataError "inputs" for names that are missing or unknown, DTypeError and ShapeError for operands that do not
   *         fit what the file declares.
   */
  run(feeds: Readonly<Record<string, OnnxFeed>>): Record<string, Tensor> {
    const device = this.#deviceFor(feeds);
    const values = this.evaluate(feeds);
    return Object.fromEntries([...values].map(([name, value]) => [name, asTensor(value, device)]));
  }

  /** Every output with its element type of the graph. @internal */
  evaluate(
    feeds: Readonly<Record<string, OnnxFeed>>,
    visit?: (node: OnnxNode, inputs: readonly (Value | undefined)[], outputs: readonly Value[]) => void,
  ): Map<string, Value> {
    const values = this.#start(feeds);
    const context = { device: this.#deviceFor(feeds), training: this.training };
    for (const { node, operator, last } of this.#steps) {
      const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
      const outputs = located(node, () => operator.run(node, inputs, context));
      visit?.(node, inputs, outputs);
      const constant = node.inputs.every((name) => name === "" || this.#constants.has(name)) && outputs.every(onHost);
      for (const [i, name] of node.outputs.entries()) {
        const value = outputs[i];
        if (name === "" || !value) continue;
        values.set(name, value);
        // Computed from constants alone: the same every time.
        if (constant) this.#constants.set(name, value);
      }
      for (const name of last) values.delete(name);
    }
    return new Map(
      this.outputs.map(({ name }) => {
        const value = values.get(name);
        if (!value) throw new DataError("onnx", "outputs", `nothing gave the output "${name}".`, this.source.file);
        return [name, value];
      }),
    );
  }

  #deviceFor(feeds: Readonly<Record<string, OnnxFeed>>): Backend {
    const [parameter] = this.parameters();
    const given = Object.values(feeds).find((feed) => feed instanceof Tensor);
    return parameter?.backend ?? (given as Tensor | undefined)?.backend ?? defaultDevice();
  }

  #start(feeds: Readonly<Record<string, OnnxFeed>>): Map<string, Value> {
    const values = new Map(this.#constants);
    for (const [name, t] of this.namedParameters()) values.set(name, { tensor: t, type: "float" });
    for (const [name, t] of this.namedBuffers()) values.set(name, { tensor: t, type: "float" });
    const names = this.inputs.map(({ name }) => name);
    const missing = names.filter((name) => !feeds[name]);
    const unknown = Object.keys(feeds).filter((name) => !names.includes(name));
    if (missing.length + unknown.length > 0)
      throw new DataError(
        "onnx",
        "inputs",
        `the model takes ${names.map((name) => `"${name}"`).join(", ") || "no input"}; ${missing.length > 0 ? `missing: ${missing.join(", ")}` : `unknown: ${unknown.join(", ")}`}.`,
        this.source.file,
      );
    for (const info of this.inputs) values.set(info.name, fed(info, feeds[info.name]!));
    return values;
  }

  override extraRepr(): string {
    return `${this.nodes.length} nodes${this.source.producer ? ` by ${this.source.producer}` : ""}`;
  }
}

/** Throws DataError "opset" or "unsupported" for what cannot be run, listed by name and node. @internal */
export function checkSupport(file: OnnxFile): void {
  const where = file.file ?? "the model";
  const opset = file.opsets.get("") ?? 1;
  if (opset > newestOpset)
    throw new DataError(
      "onnx",
      "opset",
      `${where}: it is written for opset ${opset}; up to ${newestOpset} is known. Export it with an older opset (17 has all a classifier needs).`,
      file.file,
    );
  const cannot = unsupported(file.nodes);
  if (cannot.length === 0) return;
  const byReason = new Map<string, string[]>();
  for (const { operator, node, reason } of cannot) {
    const what = reason === "not built" ? operator : `${operator} that ${reason}`;
    byReason.set(what, [...(byReason.get(what) ?? []), node]);
  }
  const lines = [...byReason].map(([what, nodes]) => {
    const shown = nodes.slice(0, 5).join(", ");
    return `\n  ${what}: ${shown}${nodes.length > 5 ? ` and ${nodes.length - 5} more` : ""}`;
  });
  throw new DataError("onnx", "unsupported", `${where}: it uses what Drishti cannot run:${lines.join("")}`, file.file);
}

function onDefault({ data, shape }: OnnxArray): Tensor {
  return tensor(Float32Array.from(data), { shape });
}

function stepsOf(nodes: readonly OnnxNode[], outputs: readonly OnnxValueInfo[]): Step[] {
  const kept = new Set(outputs.map(({ name }) => name));
  const steps: Step[] = [];
  for (const node of [...nodes].reverse()) {
    const last = [...new Set([...node.inputs, ...node.outputs])].filter((name) => name !== "" && !kept.has(name));
    for (const name of last) kept.add(name);
    steps.push({ node, operator: operatorOf(node)!, last });
  }
  return steps.reverse();
}

/** Names the node in an error that rises from it. */
function located<T>(node: OnnxNode, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof DrishtiError) error.enter(node.title);
    throw error;
  }
}

function fed({ name, type, shape }: OnnxValueInfo, feed: OnnxFeed): Value {
  const fits =
    shape === undefined ||
    (shape.length === feed.shape.length &&
      shape.every((size, i) => i === 0 || typeof size !== "number" || size === feed.shape[i]));
  if (!fits)
    throw new ShapeError(
      "onnx",
      "input-shape",
      `the model takes ${name} as [${shape!.map((s) => s ?? "?").join(", ")}].`,
      [{ name, shape: feed.shape }],
    );
  if (!(feed instanceof Tensor)) return asValue(feed);
  const declared: OnnxType = type ?? (feed.dtype === "float32" ? "float" : feed.dtype);
  if (isFloat(declared) !== (feed.dtype === "float32"))
    throw new DTypeError(
      "onnx",
      "input-type",
      `the model takes ${name} as ${declared}, got a tensor of ${feed.dtype}.`,
    );
  return { tensor: feed, type: isFloat(declared) ? "float" : declared };
}

/** A result as users see it: on the device, float32, int32 or bool. */
function asTensor(value: Value, device: Backend): Tensor {
  if (value.tensor.backend !== host) return value.tensor;
  const numbers = numbersOf(value);
  const dtype = isFloat(value.type) ? "float32" : value.type === "bool" ? "bool" : "int32";
  const wide =
    dtype === "int32"
      ? Array.from(numbers).find((v) => v !== Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, v)))
      : undefined;
  if (wide !== undefined)
    throw new DTypeError(
      "onnx",
      "wide",
      `the result holds ${wide}, which does not fit into int32, the widest whole numbers there are.`,
    );
  return tensor(Float64Array.from(numbers), { shape: value.tensor.shape, dtype, device });
}
