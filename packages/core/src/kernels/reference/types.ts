/** @file The shape of a reference kernel, derived from the contract, so that a wrong operand is a compile error. */
import type { contract, KernelName, Params } from "../contract.ts";

type ArrayOf<T extends string> = T extends `f32${string}`
  ? Float64Array
  : T extends `i32${string}`
    ? Int32Array
    : Uint8Array;
type AbsentOf<T extends string> = T extends `${string}?${string}` ? null : never;
type OperandOf<S> = S extends `${string}:${infer T}` ? ArrayOf<T> | AbsentOf<T> : never;
type Operands<L extends readonly string[]> = { readonly [I in keyof L]: OperandOf<L[I]> };

/**
 * One kernel: parameters, what it reads, what it writes, in the contract's order; null for an absent operand.
 * An operand may reach past its last element (it is a view into a buffer), so sizes come from the parameters.
 */
export type ReferenceKernel<K extends KernelName> = (
  p: Params<K>,
  reads: Operands<(typeof contract)[K]["reads"]>,
  writes: Operands<(typeof contract)[K]["writes"]>,
) => void;

export type ReferenceKernels = { readonly [K in KernelName]: ReferenceKernel<K> };

/** Thrown by a kernel that refuses its data; the backend adds the kernel's name. */
export class RefusedData extends Error {
  readonly status: number;
  readonly facts: readonly number[];
  constructor(status: number, facts: readonly number[]) {
    super(`status ${status}: ${facts.join(", ")}`);
    this.status = status;
    this.facts = facts;
  }
}
