/** @file Which initialisers are weights that training may change, and which are state that it keeps. */
import type { OnnxNode } from "./attributes.ts";
import { isFloat, type OnnxArray } from "./dtype.ts";

/** Inputs of each operator that hold weights. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  GroupNormalization: [1, 2],
  RMSNormalization: [1],
  PRelu: [1],
  Add: [0, 1],
  Sub: [0, 1],
  Mul: [0, 1],
  Div: [0, 1],
};

/** Operators that hand on what they read: a weight behind them is still a weight. */
const passing = new Set(["Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Cast"]);

export interface Learned {
  readonly parameters: ReadonlySet<string>;
  /** Running statistics of batch norm. */
  readonly buffers: ReadonlySet<string>;
}

/**
 * Float initialisers that a layer multiplies or adds are parameters; the running statistics of batch norm are buffers; all
 * others (limits, scales of pictures, single numbers in arithmetic) are constants.
 */
export function learnedOf(nodes: readonly OnnxNode[], initializers: ReadonlyMap<string, OnnxArray>): Learned {
  const parameters = new Set<string>();
  const buffers = new Set<string>();
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const origin = (name: string): string => {
    let at = name;
    for (let node = makers.get(at); node && passing.has(node.type); node = makers.get(at)) at = node.inputs[0] ?? "";
    return at;
  };
  for (const node of nodes) {
    if (node.domain !== "") continue;
    const arithmetic = ["Add", "Sub", "Mul", "Div"].includes(node.type);
    for (const index of weightInputs[node.type] ?? []) {
      const name = origin(node.inputs[index] ?? "");
      const array = initializers.get(name);
      if (!array || !isFloat(array.type) || array.type === "double") continue;
      if (!arithmetic || array.data.length > 1) parameters.add(name);
    }
    if (node.type === "BatchNormalization")
      for (const index of [3, 4]) {
        const name = node.inputs[index] ?? "";
        if (initializers.get(name)?.type === "float") buffers.add(name);
      }
  }
  for (const name of buffers) parameters.delete(name);
  return { parameters, buffers };
}
