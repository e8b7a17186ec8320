/** @file Runs one reference kernel on plain arrays: for tests, and for looking at a kernel without a backend. */
import { contract, type KernelName, type Params, parseOperand } from "../contract.ts";
import { referenceKernels } from "./index.ts";
import { operandSizes } from "./operand-sizes.ts";

/** float32 in doubles. */
export type Numbers = Float64Array | Int32Array | Uint8Array;

/** Makes an operand's array from what the caller has: f32 to doubles, never rounded. */
function toArray(type: "f32" | "i32" | "u8", values: ArrayLike<number>): Numbers {
  if (type === "f32") return Float64Array.from(values);
  return type === "i32" ? Int32Array.from(values) : Uint8Array.from(values);
}

/**
 * Returns the written operands by name.
 *
 * `reads` in the contract's order, null for an absent operand. `initial` gives, by name, what a written operand
 * holds before (zeros otherwise), or null to leave an optional one out.
 *
 * @example
 * compute("relu_f32", { count: 3, alpha: 0, beta: 0 }, [[-1, 0, 2]]).output; // Float64Array [0, 0, 2]
 */
export function compute<K extends KernelName>(
  kernel: K,
  params: Params<K>,
  reads: readonly (ArrayLike<number> | null)[],
  initial: Readonly<Record<string, ArrayLike<number> | null>> = {},
): Record<string, Numbers> {
  const specs = contract[kernel];
  const sizes = operandSizes[kernel](params);
  const inputs = specs.reads.map((text, i) => reads[i] && toArray(parseOperand(text).type, reads[i]));
  const outputs = specs.writes.map((text, i) => {
    const { name, type } = parseOperand(text);
    const before = initial[name];
    return before === null ? null : toArray(type, before ?? new Array<number>(sizes[reads.length + i]!).fill(0));
  });
  // The arrays follow the contract, which the kernel's type is made from.
  const run = referenceKernels[kernel] as unknown as (p: Params<K>, reads: unknown, writes: unknown) => void;
  run(params, inputs, outputs);
  const byName = specs.writes.map((text, i) => [parseOperand(text).name, outputs[i]] as const);
  return Object.fromEntries(byName.filter((entry): entry is readonly [string, Numbers] => entry[1] !== null));
}
