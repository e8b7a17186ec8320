/** @file Every operator there is, and what a graph needs beyond them. */
import type { OnnxNode } from "../attributes.ts";
import { activations } from "./activation.ts";
import { arithmetic } from "./arithmetic.ts";
import { convolutions } from "./conv.ts";
import { norms } from "./norm.ts";
import type { Operator } from "./operator.ts";
import { pools } from "./pool.ts";
import { reductions } from "./reduce.ts";
import { resizing } from "./resize.ts";
import { selections } from "./select.ts";
import { shapes } from "./shape.ts";

const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...convolutions,
    ...pools,
    ...norms,
    ...activations,
    ...arithmetic,
    ...shapes,
    ...selections,
    ...reductions,
    ...resizing,
  }),
);

/** Names of the operators that can be run. */
export const onnxOperators: readonly string[] = [...operators.keys()].sort();

export function operatorOf(node: OnnxNode): Operator | undefined {
  return node.domain === "" ? operators.get(node.type) : undefined;
}

/** A node that cannot be run, and why. */
export interface Unsupported {
  readonly operator: string;
  readonly node: string;
  readonly reason: string;
}

/** All that cannot be run, in the graph's order. */
export function unsupported(nodes: readonly OnnxNode[]): Unsupported[] {
  return nodes.flatMap((node) => {
    const operator = operatorOf(node);
    const name = node.domain === "" ? node.type : `${node.domain}.${node.type}`;
    const reason = operator ? operator.refuse?.(node) : "not built";
    return reason === undefined ? [] : [{ operator: name, node: node.name, reason }];
  });
}
