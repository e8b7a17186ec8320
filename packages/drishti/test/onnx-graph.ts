/** @file Graphs of one's own for tests: nodes in a line of text each. @internal */
import type { AttributeProto, NodeProto, TensorProto } from "../src/onnx/proto.ts";
import { encodeModel, type ModelProto } from "../src/onnx/proto.ts";

export interface GraphSpec {
  readonly opset?: number;
  readonly nodes: readonly (Partial<Omit<NodeProto, "attribute">> & {
    attribute?: readonly Partial<AttributeProto>[];
  })[];
  readonly initializers?: readonly TensorProto[];
  /** Name and element type (1: float) of each input. */
  readonly inputs?: readonly (readonly [name: string, type: number])[];
  readonly outputs: readonly string[];
}

/** The model as a message, to be changed before it is written. */
export function modelProto({
  opset = 17,
  nodes,
  initializers = [],
  inputs = [["x", 1]],
  outputs,
}: GraphSpec): ModelProto {
  const lists = { floats: [], ints: [], strings: [] };
  return {
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    metadataProps: [],
    functions: [],
    graph: {
      name: "test",
      node: nodes.map((node) => ({
        input: [],
        output: [],
        ...node,
        attribute: (node.attribute ?? []).map((attribute) => ({ ...lists, ...attribute })),
      })),
      initializer: [...initializers],
      sparseInitializer: [],
      input: inputs.map(([name, elemType]) => ({ name, type: { tensorType: { elemType } } })),
      output: outputs.map((name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    },
  };
}

export function modelBytes(spec: GraphSpec): Uint8Array {
  return encodeModel(modelProto(spec));
}
