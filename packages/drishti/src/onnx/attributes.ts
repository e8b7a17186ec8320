/** @file A node of a graph: its operator, what it reads and writes, and its attributes by type. */
import { DataError } from "@drishti/core/errors";
import { type ExternalData, type OnnxArray, tensorArray } from "./dtype.ts";
import type { AttributeProto, NodeProto } from "./proto.ts";
import { WireError } from "./wire.ts";

type Given = Pick<NodeProto, "opType" | "domain" | "name" | "input" | "output" | "attribute">;

export class OnnxNode {
  readonly type: string;
  /** "" is ONNX's own set of operators. */
  readonly domain: string;
  readonly name: string;
  /** Names of values; "" for an input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The version of the operator's set that the file asks for. */
  readonly opset: number;
  readonly #attributes: ReadonlyMap<string, AttributeProto>;
  readonly #external: ExternalData | undefined;
  readonly #proto: Given;

  constructor(proto: Given, opset: number, index: number, external?: ExternalData) {
    this.#proto = proto;
    this.type = proto.opType ?? "";
    this.domain = proto.domain === "ai.onnx" ? "" : (proto.domain ?? "");
    this.name = proto.name || `#${index}`;
    this.inputs = proto.input;
    this.outputs = proto.output;
    this.opset = opset;
    this.#attributes = new Map(proto.attribute.map((attribute) => [attribute.name ?? "", attribute]));
    this.#external = external;
  }

  /** The same operator between other values. */
  rewired(input: string[], output: string[]): OnnxNode {
    return new OnnxNode({ ...this.#proto, name: this.name, input, output }, this.opset, 0, this.#external);
  }

  /** `Conv "layer1/conv"`. */
  get title(): string {
    return `${this.type} "${this.name}"`;
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string, preset: number): number {
    return this.#attributes.get(name)?.i ?? this.#absent(name, preset, 2);
  }

  flag(name: string, preset = false): boolean {
    return this.int(name, Number(preset)) !== 0;
  }

  float(name: string, preset: number): number {
    return this.#attributes.get(name)?.f ?? this.#absent(name, preset, 1);
  }

  text(name: string, preset: string): string {
    const bytes = this.#attributes.get(name)?.s;
    return bytes ? new TextDecoder().decode(bytes) : this.#absent(name, preset, 3);
  }

  /** An empty list counts as not given. */
  ints(name: string): number[] | undefined {
    const list = this.#attributes.get(name)?.ints;
    return list && list.length > 0 ? Array.from(list) : undefined;
  }

  floats(name: string): number[] | undefined {
    const list = this.#attributes.get(name)?.floats;
    return list && list.length > 0 ? Array.from(list) : undefined;
  }

  tensor(name: string): OnnxArray | undefined {
    const tensor = this.#attributes.get(name)?.t;
    try {
      return tensor && tensorArray(tensor, this.#external);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new DataError("onnx", "damaged", `${this.title}: attribute ${name} is damaged: ${error.message}.`);
    }
  }

  /**
   * Scalars are left out of a file when they are 0 by the rules of proto3, which some writers follow: such an attribute
   * is there without a value.
   */
  #absent<T extends number | string>(name: string, preset: T, type: 1 | 2 | 3): T {
    const attribute = this.#attributes.get(name);
    if (!attribute) return preset;
    if (attribute.type === undefined || attribute.type === type) return (typeof preset === "number" ? 0 : "") as T;
    throw new DataError(
      "onnx",
      "attribute",
      `${this.title}: attribute ${name} is no ${["float", "whole number", "text"][type - 1]}.`,
    );
  }
}
