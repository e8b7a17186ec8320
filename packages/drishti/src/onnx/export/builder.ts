/** @file A graph of ONNX while it is being written. */

import { codeOfType, type OnnxType } from "../dtype.ts";
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from "../proto.ts";

export type Attribute = number | string | readonly number[] | { readonly float: number } | TensorProto;

const text = new TextEncoder();

function attribute(name: string, value: Attribute): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  if (typeof value === "number") return { ...empty, i: value, type: 2 };
  if (typeof value === "string") return { ...empty, s: text.encode(value), type: 3 };
  if ("float" in value) return { ...empty, f: value.float, type: 1 };
  if ("dims" in value) return { ...empty, t: value, type: 4 };
  return { ...empty, ints: [...value], type: 7 };
}

/** A stored tensor. float and whole numbers are written raw, little-endian as every machine that runs JavaScript. */
export function tensorProto(
  name: string,
  shape: readonly number[],
  type: "float" | "int64" | "int32" | "bool",
  data: ArrayLike<number>,
): TensorProto {
  const raw = {
    float: () => Float32Array.from(data),
    int64: () => BigInt64Array.from(Array.from(data), BigInt),
    int32: () => Int32Array.from(data),
    bool: () => Uint8Array.from(data),
  }[type]();
  const lists = { floatData: [], int32Data: [], stringData: [], int64Data: [], doubleData: [], uint64Data: [] };
  return {
    ...lists,
    externalData: [],
    name,
    dims: [...shape],
    dataType: codeOfType(type as OnnxType),
    rawData: new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength),
  };
}

export class GraphBuilder {
  readonly opset: number;
  /** Path of the module whose operations are being written: part of the nodes' names. */
  path = "";
  readonly #nodes: NodeProto[] = [];
  readonly #names = new Map<string, number>();
  readonly #constants = new Map<string, string>();

  constructor(opset: number) {
    this.opset = opset;
  }

  #unique(stem: string): string {
    const count = this.#names.get(stem) ?? 0;
    this.#names.set(stem, count + 1);
    return count === 0 ? stem : `${stem}_${count}`;
  }

  /** Adds a node; returns the name of its output. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute | undefined>> = {},
  ): string {
    const name = this.#unique(this.path ? `${this.path}/${type}` : type);
    const output = `${name}_output`;
    const given = Object.entries(attributes).filter((item): item is [string, Attribute] => item[1] !== undefined);
    this.#nodes.push({
      input: [...inputs],
      output: [output],
      name,
      opType: type,
      attribute: given.map(([key, value]) => attribute(key, value)),
    });
    return output;
  }

  /** A constant; equal ones are stored once. */
  constant(type: "float" | "int64" | "int32" | "bool", shape: readonly number[], data: ArrayLike<number>): string {
    const key =
      data.length <= 64
        ? `${type} [${shape.join()}] ${Array.from(data, (v) => (Object.is(v, -0) ? "-0" : v)).join()}`
        : "";
    const known = this.#constants.get(key);
    if (key && known) return known;
    const before = this.path;
    this.path = "";
    const name = this.node("Constant", [], { value: tensorProto("", shape, type, data) });
    this.path = before;
    if (key) this.#constants.set(key, name);
    return name;
  }

  /** A single float without axes. */
  number(value: number): string {
    return this.constant("float", [], [value]);
  }

  ints(list: readonly number[]): string {
    return this.constant("int64", [list.length], list);
  }

  /** What the outputs need, and nothing else. */
  finish(
    outputs: readonly string[],
    initializers: ReadonlyMap<string, TensorProto>,
  ): Pick<GraphProto, "node" | "initializer"> {
    const wanted = new Set(outputs);
    const kept: NodeProto[] = [];
    for (const node of [...this.#nodes].reverse()) {
      if (!node.output.some((name) => wanted.has(name))) continue;
      for (const name of node.input) wanted.add(name);
      kept.push(node);
    }
    // Constants stand first, as their users may come before the one that asked for them first.
    const rank = (node: NodeProto) => (node.opType === "Constant" ? 0 : 1);
    return {
      node: kept.reverse().sort((a, b) => rank(a) - rank(b)),
      initializer: [...initializers].filter(([name]) => wanted.has(name)).map(([, tensor]) => tensor),
    };
  }
}
