/** @file What a rule for one operation gets to write its nodes with. */
import { ArgumentError } from "@drishti/core/errors";
import type { GraphBuilder } from "./builder.ts";
import type { RecordedOp, Recording } from "./record.ts";

/** A size of an axis: a number, or so many times the size of the batch. */
export type Size = number | { readonly batches: number };

/** What of a value's shape grows with the batch. */
export function sizesOf(
  pair: readonly [Recording, Recording],
  batches: readonly [number, number],
  index: number,
  fail: (why: string) => never,
): Size[] {
  const [a, b] = pair.map((recording) => recording.values[index]!.shape) as [readonly number[], readonly number[]];
  return a.map((size, i): Size => {
    if (size === b[i]) return size;
    const times = size / batches[0];
    if (times === b[i]! / batches[1] && Number.isInteger(times)) return { batches: times };
    return fail(
      `axis ${i} of its shape grows with the batch in an unknown way: ${size} for ${batches[0]}, ${b[i]} for ${batches[1]}`,
    );
  });
}

/** Sizes as a value of the graph, for operators that take them as input. */
export function sizeTensor(graph: GraphBuilder, sizes: readonly Size[]): string {
  const numbers = sizes.filter((size) => typeof size === "number");
  if (numbers.length === sizes.length) return graph.ints(numbers);
  const batch = graph.node("Shape", ["input"], { start: 0, end: 1 });
  const parts = sizes.map((size) => {
    if (typeof size === "number") return graph.ints([size]);
    return size.batches === 1 ? batch : graph.node("Mul", [batch, graph.ints([size.batches])]);
  });
  return graph.node("Concat", parts, { axis: 0 });
}

/** One operation with the names of its operands, and the sizes for two batches. */
export class Emission {
  readonly graph: GraphBuilder;
  readonly op: RecordedOp;
  readonly #names: (index: number) => string;
  readonly #pair: readonly [Recording, Recording];
  readonly #batches: readonly [number, number];
  readonly #maker: (index: number) => RecordedOp | undefined;

  constructor(
    graph: GraphBuilder,
    op: RecordedOp,
    given: {
      names: (index: number) => string;
      pair: readonly [Recording, Recording];
      batches: readonly [number, number];
      maker: (index: number) => RecordedOp | undefined;
    },
  ) {
    this.graph = graph;
    this.op = op;
    this.#names = given.names;
    this.#pair = given.pair;
    this.#batches = given.batches;
    this.#maker = given.maker;
  }

  params<P>(): P {
    return this.op.params as P;
  }

  has(key: string): boolean {
    return this.op.inputs[key] !== undefined;
  }

  /** The name of an operand; "" when it was left out. */
  input(key: string): string {
    const index = this.op.inputs[key];
    return index === undefined ? "" : this.#names(index);
  }

  /** All operands in order. */
  all(): string[] {
    return Object.keys(this.op.inputs).map((key) => this.input(key));
  }

  /** The operation that made an operand. */
  maker(key: string): RecordedOp | undefined {
    return this.#maker(this.op.inputs[key] ?? -1);
  }

  nameOf(index: number): string {
    return this.#names(index);
  }

  /** For the first of the two batches. */
  shape(key: string): readonly number[] {
    return this.#pair[0].values[this.op.inputs[key]!]!.shape;
  }

  get outShape(): readonly number[] {
    return this.#pair[0].values[this.op.output]!.shape;
  }

  sizes(key?: string): Size[] {
    const index = key === undefined ? this.op.output : this.op.inputs[key]!;
    return sizesOf(this.#pair, this.#batches, index, (why) => this.fail(why));
  }

  sizeTensor(sizes: readonly Size[]): string {
    return sizeTensor(this.graph, sizes);
  }

  /** Throws for what cannot be written. */
  fail(why: string): never {
    throw new ArgumentError(
      "exportOnnx",
      "cannot-export",
      `${this.op.name}${this.op.path ? ` in ${this.op.path}` : ""} cannot be written: ${why}.`,
    );
  }
}

/** Writes the nodes of one operation; returns the name of the result. */
export type Rule = (e: Emission) => string;
