/** @file Models as .onnx: recorded while they run, for batches of any size. */
import { Generator } from "@drishti/core";
import { ArgumentError } from "@drishti/core/errors";
import type { Layer } from "@drishti/core/nn";
import { encodeModel, type NodeProto, type TensorProto, type ValueInfoProto } from "../proto.ts";
import { GraphBuilder, tensorProto } from "./builder.ts";
import { Emission, type Rule, sizesOf, sizeTensor } from "./emit.ts";
import { type RecordedOp, type Recording, record } from "./record.ts";
import { elementRules } from "./rules-elements.ts";
import { layerRules } from "./rules-layers.ts";

/** What a model is exported for. */
export interface ExportOnnxOptions {
  /** Shape of one picture: (C, H, W), or (features). */
  readonly input: readonly number[];
  /** A size that is the only one the file takes, or "any". Default "any". */
  readonly batch?: number | "any";
  /** 17 to 21. Default 17. */
  readonly opset?: number;
  /** What to write beside the graph (metadata_props): keys and texts. Default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const rules: Readonly<Record<string, Rule>> = { ...layerRules, ...elementRules };

/** The format's version that came with each operator set. */
const irVersions: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/**
 * A model as the bytes of an .onnx file: input "input", output "output", weights under the keys of stateDict().
 *
 * The model is run in eval mode on two random batches of different sizes; what depends on the size of the batch is written
 * so that it does in the file, too.
 *
 * Throws  ArgumentError "cannot-export" that lists every operation that cannot be written, or names the one whose shape
 *         depends on the batch in a way that cannot be; "not-constant" for results that Drishti computed outside its
 *         operations (from values read back), which would be frozen; "opset", "batch", "input".
 * Source  torch.onnx.export.
 *
 * @example
 * const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(4, 2), new nn.ReLU());
 * const bytes = await exportOnnx(net, { input: [1, 2, 2] });
 * readOnnx(bytes).nodes.map((node) => node.type); // ["Flatten", "Gemm", "Relu"]
 */
export async function exportOnnx(model: Layer, options: ExportOnnxOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { input, batch = "any", opset = 17, metadata = {} } = options;
  if (!Object.hasOwn(irVersions, opset))
    throw new ArgumentError("exportOnnx", "opset", `opset must be 17 to 21, got ${opset}.`);
  if (batch !== "any" && !(Number.isInteger(batch) && batch >= 1))
    throw new ArgumentError("exportOnnx", "batch", `batch must be "any" or a whole number ≥ 1, got ${batch}.`);
  if (!input.every((size) => Number.isInteger(size) && size >= 1))
    throw new ArgumentError(
      "exportOnnx",
      "input",
      `input must be the shape of one picture, got [${input.join(", ")}].`,
    );
  const batches = batch === "any" ? ([2, 3] as const) : ([batch, batch] as const);
  const generator = new Generator(0);
  const pair = [
    record(model, [batches[0], ...input], generator),
    record(model, [batches[1], ...input], generator),
  ] as const;
  const live = liveOps(pair[0]);
  checkPair(pair, live);
  await checkConstants(pair, live);
  const graph = new GraphBuilder(opset);
  const { output, initializers } = await write(graph, model, pair, batches, live);
  const { node, initializer } = graph.finish([output], initializers);
  const named = renamed(node, output);
  const first = batch === "any" ? { dimParam: "batch" } : { dimValue: batch };
  const [whole, half] = pair.map((recording) => recording.values[recording.output]!.shape) as [number[], number[]];
  const results = whole.map((size, i) =>
    size === half[i] ? { dimValue: size } : i === 0 && size === batches[0] ? first : {},
  );
  return encodeModel({
    irVersion: irVersions[opset],
    producerName: "drishti",
    opsetImport: [{ domain: "", version: opset }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    functions: [],
    graph: {
      name: model.constructor.name,
      node: named,
      initializer,
      sparseInitializer: [],
      input: [info("input", [first, ...input.map((size) => ({ dimValue: size }))])],
      output: [info("output", results)],
    },
  });
}

/** The graph's output is called "output": the node that makes it gets a new name for it, or there is one that hands it on. */
function renamed(nodes: readonly NodeProto[], output: string): NodeProto[] {
  if (!nodes.some((node) => node.output.includes(output)))
    return [...nodes, { input: [output], output: ["output"], name: "output", opType: "Identity", attribute: [] }];
  const name = (given: string) => (given === output ? "output" : given);
  return nodes.map((node) => ({ ...node, input: node.input.map(name), output: node.output.map(name) }));
}

function info(name: string, dim: { dimValue?: number; dimParam?: string }[]): ValueInfoProto {
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

/** What the result depends on. */
function liveOps({ ops, output }: Recording): RecordedOp[] {
  const wanted = new Set([output]);
  const kept = [...ops].reverse().filter((op) => {
    if (!wanted.has(op.output)) return false;
    for (const index of Object.values(op.inputs)) if (index !== undefined) wanted.add(index);
    return true;
  });
  return kept.reverse();
}

/** Both runs must have done the same, and everything must have a rule. */
function checkPair([a, b]: readonly [Recording, Recording], live: readonly RecordedOp[]): void {
  const text = ({ name, inputs, output }: RecordedOp) => JSON.stringify([name, inputs, output]);
  const differs = a.ops.findIndex((op, i) => !b.ops[i] || text(op) !== text(b.ops[i]));
  if (differs >= 0 || a.ops.length !== b.ops.length || a.output !== b.output)
    throw new ArgumentError(
      "exportOnnx",
      "cannot-export",
      `the model does something else for another batch: operation ${differs < 0 ? Math.min(a.ops.length, b.ops.length) : differs} differs. Export it for one size of the batch: { batch: 1 }.`,
    );
  const missing = new Map<string, Set<string>>();
  for (const { name, path } of live)
    if (!Object.hasOwn(rules, name))
      missing.set(name, (missing.get(name) ?? new Set()).add(path || "the model itself"));
  if (missing.size > 0)
    throw new ArgumentError(
      "exportOnnx",
      "cannot-export",
      `there is no ONNX for:${[...missing].map(([name, paths]) => `\n  ${name} in ${[...paths].join(", ")}`).join("")}`,
    );
}

/** A constant that is another for another input was computed behind the recording's back. */
async function checkConstants([a, b]: readonly [Recording, Recording], live: readonly RecordedOp[]): Promise<void> {
  const used = new Set([...live.flatMap((op) => Object.values(op.inputs)), a.output]);
  for (const [i, { constant }] of a.values.entries()) {
    const other = b.values[i]?.constant;
    if (!constant || !used.has(i)) continue;
    const [mine, theirs] = await Promise.all([constant.toArray(), other?.toArray()]);
    if (constant.shape.join() === other?.shape.join() && mine.every((v, at) => Object.is(v, theirs![at]))) continue;
    // Zeros for every picture, such as a shortcut of He et al.'s option A adds, are written as zeros for every picture.
    if (
      theirs &&
      mine.length > 0 &&
      mine.every((v) => Object.is(v, mine[0])) &&
      theirs.every((v) => Object.is(v, mine[0]))
    )
      continue;
    const reader = live.find((op) => Object.values(op.inputs).includes(i));
    throw new ArgumentError(
      "exportOnnx",
      "not-constant",
      `${reader?.name ?? "the result"}${reader?.path ? ` in ${reader.path}` : ""} reads a tensor of [${constant.shape.join(", ")}] that depends on the input or its batch, but was not computed by operations that can be followed.`,
    );
  }
}

/** Writes every live operation, and the weights and constants it reads. */
async function write(
  graph: GraphBuilder,
  model: Layer,
  pair: readonly [Recording, Recording],
  batches: readonly [number, number],
  live: readonly RecordedOp[],
): Promise<{ output: string; initializers: Map<string, TensorProto> }> {
  const [{ values, output }] = pair;
  const names = new Map<number, string>([[0, "input"]]);
  const initializers = new Map<string, TensorProto>();
  const state = model.stateDict();
  const makers = new Map(live.map((op) => [op.output, op]));
  const types = { float32: "float", int32: "int32", uint8: "int32", bool: "bool" } as const;
  const used = new Set([...live.flatMap((op) => Object.values(op.inputs)), output]);
  for (const [i, { key, constant, shape, dtype }] of values.entries()) {
    if (!used.has(i)) continue;
    if (key !== undefined) {
      names.set(i, key);
      initializers.set(key, tensorProto(key, shape, types[dtype], await state.get(key)!.toArray()));
    } else if (constant) {
      const values = await constant.toArray();
      const sizes = sizesOf(pair, batches, i, (why) => {
        throw new ArgumentError(
          "exportOnnx",
          "cannot-export",
          `a tensor of [${shape.join(", ")}] cannot be written: ${why}.`,
        );
      });
      const fixed = sizes.every((size) => typeof size === "number");
      const value = tensorProto("", [1], types[dtype], values.subarray(0, 1));
      const spread = () => graph.node("ConstantOfShape", [sizeTensor(graph, sizes)], { value });
      names.set(i, fixed ? graph.constant(types[dtype], shape, values) : spread());
    }
  }
  const given = {
    names: (index: number) => names.get(index)!,
    pair,
    batches,
    maker: (index: number) => makers.get(index),
  };
  for (const op of live) {
    const emission = new Emission(graph, op, given);
    graph.path = op.path;
    names.set(op.output, rules[op.name]!(emission));
  }
  return { output: names.get(output)!, initializers };
}
