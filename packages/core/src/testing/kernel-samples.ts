/** @file Sample calls of every kernel: the same numbers for every backend, odd and empty sizes included. */
import type { TypedArray } from "../base/dtype.ts";
import { contract, type Field, type KernelName, kernelId, type Params, parseOperand } from "../kernels/contract.ts";
import { operandSizes } from "../kernels/reference/operand-sizes.ts";
import { axis } from "./kernel-samples/axis.ts";
import { byIndex } from "./kernel-samples/by-index.ts";
import { convNorm } from "./kernel-samples/conv-norm.ts";
import { elementwise } from "./kernel-samples/elementwise.ts";
import { fused } from "./kernel-samples/fused.ts";
import { nhwc } from "./kernel-samples/nhwc.ts";
import { spatial } from "./kernel-samples/spatial.ts";
import { strided } from "./kernel-samples/strided.ts";
import { training } from "./kernel-samples/training.ts";
import type { KernelSample, KernelSamples } from "./kernel-samples/types.ts";
import { fill, uniforms } from "./kernel-samples/values.ts";

/** A kernel without samples is a compile error. */
export const kernelSamples: KernelSamples = {
  ...strided,
  ...elementwise,
  ...axis,
  ...byIndex,
  ...spatial,
  ...training,
  ...fused,
  ...convNorm,
  ...nhwc,
};

/** One call, ready for any backend. */
export interface SampleCall<K extends KernelName> {
  readonly name: string;
  /** f32 parameters are float32 numbers, as every backend but the reference packs them. */
  readonly params: Params<K>;
  /** In the contract's order; null for an absent operand. */
  readonly reads: readonly (TypedArray | null)[];
  /** In elements; null for an absent operand. */
  readonly writeSizes: readonly (number | null)[];
  /** What an operand that is read and written (`!`) holds before; null for the others. */
  readonly initial: readonly (TypedArray | null)[];
}

function roundParams<K extends KernelName>(kernel: K, params: Params<K>): Params<K> {
  const rounded: Record<string, number | readonly number[]> = { ...params };
  for (const [name, field] of Object.entries<Field>(contract[kernel].params)) {
    if (field === "f32") rounded[name] = Math.fround(rounded[name] as number);
  }
  return rounded as Params<K>;
}

function sampleCall<K extends KernelName>(kernel: K, sample: KernelSample<K>, seed: number): SampleCall<K> {
  const { reads, writes } = contract[kernel];
  const uniform = uniforms(seed);
  const sizes = operandSizes[kernel](sample.params);
  const make = (text: string, i: number) => {
    const { name, type } = parseOperand(text);
    if (sample.absent?.includes(name)) return null;
    return fill(sample.values?.[name] ?? "normal", type, sizes[i]!, uniform);
  };
  const absent = (text: string) => sample.absent?.includes(parseOperand(text).name) ?? false;
  return {
    name: sample.name,
    params: roundParams(kernel, sample.params),
    reads: reads.map(make),
    writeSizes: writes.map((text, i) => (absent(text) ? null : sizes[reads.length + i]!)),
    initial: writes.map((text, i) => (text.includes("!") ? make(text, reads.length + i) : null)),
  };
}

/** Every sample of a kernel with its numbers, the same on every run. */
export function* sampleCalls<K extends KernelName>(kernel: K): Generator<SampleCall<K>> {
  for (const [i, sample] of kernelSamples[kernel].entries())
    yield sampleCall(kernel, sample, kernelId[kernel] * 1000 + i);
}
