/** @file Runs a kernel's samples on a backend and on the reference, and says where they disagree. */

import type { Backend, BufferView } from "../backends/backend.ts";
import { createReference } from "../backends/reference.ts";
import type { StorageType, TypedArray } from "../base/dtype.ts";
import { contract, type KernelName, parseOperand } from "../kernels/contract.ts";
import { type Bound, kernelBounds } from "./kernel-bounds.ts";
import { type SampleCall, sampleCalls } from "./kernel-samples.ts";

export interface Comparison {
  /** One line for each output that is out of bounds, each stray write and each changed input. */
  readonly failures: readonly string[];
  /** The largest error as a share of its bound; 0 where every bit agrees. */
  readonly worst: number;
  /** The largest error's place, in words. */
  readonly worstAt: string;
}

/** Every operand lies inside a larger buffer: a kernel that ignores its offset or writes past its end shows. */
const before = 3;
const after = 5;
const sentinel: Record<StorageType, number> = { f32: 12_345, i32: 12_345, u8: 123 };

const epsilon = 2 ** -23;
/** Backends may flush what is smaller to zero. */
const smallestNormal = 2 ** -126;

interface Ran {
  /** Whole buffers, guards included; null for an absent operand. */
  readonly reads: readonly (TypedArray | null)[];
  readonly writes: readonly (TypedArray | null)[];
}

function arrayOf(type: StorageType, length: number): TypedArray {
  if (type === "f32") return new Float32Array(length);
  return type === "i32" ? new Int32Array(length) : new Uint8Array(length);
}

/** The operand's content between its guards. */
function guarded(type: StorageType, content: TypedArray | null, length: number): TypedArray {
  const data = arrayOf(type, before + length + after).fill(sentinel[type]);
  if (content) data.set(content, before);
  return data;
}

async function runCall<K extends KernelName>(backend: Backend, kernel: K, call: SampleCall<K>): Promise<Ran> {
  const place = (text: string, content: TypedArray | null, length: number | null): BufferView | null => {
    if (length === null) return null;
    const { type } = parseOperand(text);
    const buffer = backend.alloc(type, before + length + after);
    backend.write({ buffer, offset: 0 }, guarded(type, content, length));
    return { buffer, offset: before };
  };
  const { reads, writes } = contract[kernel];
  const readViews = reads.map((text, i) => place(text, call.reads[i]!, call.reads[i]?.length ?? null));
  const writeViews = writes.map((text, i) => place(text, call.initial[i]!, call.writeSizes[i]!));
  backend.run(kernel, call.params, readViews, writeViews);
  await backend.sync();
  const whole = async (view: BufferView | null) =>
    view && (await backend.read({ buffer: view.buffer, offset: 0 }, view.buffer.length));
  const result = { reads: await Promise.all(readViews.map(whole)), writes: await Promise.all(writeViews.map(whole)) };
  for (const view of [...readViews, ...writeViews]) if (view) backend.free(view.buffer);
  return result;
}

/** The same call on magnitudes: in a sum of products each output becomes the sum of its terms' magnitudes. */
function magnitudes<K extends KernelName>(call: SampleCall<K>): SampleCall<K> {
  const positive = (data: TypedArray | null) => (data instanceof Float32Array ? data.map(Math.abs) : data);
  return { ...call, reads: call.reads.map(positive), initial: call.initial.map(positive) };
}

function largest(data: TypedArray): number {
  let max = 0;
  for (const x of data) if (Number.isFinite(x) && Math.abs(x) > max) max = Math.abs(x);
  return max;
}

/** The room of every element of one output. `mean`: what it is the mean of. */
function room(
  bound: Bound,
  params: Readonly<Record<string, unknown>>,
  expected: TypedArray,
  terms: TypedArray | null,
  mean: TypedArray | null,
): (i: number) => number {
  if (bound === "exact") return () => 0;
  if ("ofResult" in bound) return (i) => bound.ofResult * epsilon * Math.abs(expected[i]!);
  if ("ofTerms" in bound) return (i) => bound.ofTerms * epsilon * terms![i]!;
  const scale = largest(mean ?? expected.subarray(before, expected.length - after));
  const times = bound.times === undefined ? 1 : Number(params[bound.times]);
  return () => times * bound.ofLargest * epsilon * scale;
}

/** Error as a share of the bound; infinite where a bit that must agree does not, or NaN or an infinity is misplaced. */
function share(actual: number, expected: number, allowed: number, type: StorageType): number {
  const nearest = type === "f32" ? Math.fround(expected) : expected;
  if (actual === nearest || (Number.isNaN(actual) && Number.isNaN(nearest))) return 0;
  if (type !== "f32" || !Number.isFinite(actual) || !Number.isFinite(nearest)) return Number.POSITIVE_INFINITY;
  const error = Math.abs(actual - (allowed === 0 ? nearest : expected));
  return error <= smallestNormal ? 0 : error / allowed;
}

/** Whether the same bits lie in both (NaN equal to NaN). */
const same = (a: TypedArray, b: TypedArray) => a.every((x, i) => Object.is(x, b[i]));

/**
 * Compares a backend with the reference over every sample of a kernel, within `kernelBounds`.
 *
 * @example
 * const { failures } = await compareKernel(backend, "conv2d_f32");
 * failures; // []
 */
export async function compareKernel(backend: Backend, kernel: KernelName): Promise<Comparison> {
  const reference = createReference();
  const bound = kernelBounds[kernel];
  const failures: string[] = [];
  let worst = 0;
  let worstAt = "";
  for (const call of sampleCalls(kernel)) {
    const ran = await runCall(backend, kernel, call);
    const judge = await runCall(reference, kernel, call);
    const needsTerms = bound !== "exact" && "ofTerms" in bound;
    const terms = needsTerms ? await runCall(reference, kernel, magnitudes(call)) : null;
    const source = bound !== "exact" && "meanOf" in bound ? bound.meanOf : undefined;
    const averaged = call.reads[contract[kernel].reads.findIndex((text) => parseOperand(text).name === source)] ?? null;

    for (const [i, text] of contract[kernel].reads.entries()) {
      const { name, type } = parseOperand(text);
      const content = call.reads[i]!;
      if (content && !same(ran.reads[i]!, guarded(type, content, content.length)))
        failures.push(`${kernel} "${call.name}": input ${name} was changed`);
    }
    for (const [w, text] of contract[kernel].writes.entries()) {
      const actual = ran.writes[w]!;
      const expected = judge.writes[w]!;
      if (!actual || !expected) continue;
      const { name, type } = parseOperand(text);
      const allowed =
        type === "f32"
          ? room(bound, call.params, expected, terms?.writes[w] ?? null, name === "mean" ? averaged : null)
          : () => 0;
      let bad = 0;
      let first = "";
      for (let i = 0; i < expected.length; i++) {
        const guard = i < before || i >= expected.length - after;
        const error = share(actual[i]!, expected[i]!, guard ? 0 : allowed(i), type);
        const at = `${kernel} "${call.name}": ${name}[${i - before}]`;
        if (error > worst) {
          worst = error;
          worstAt = at;
        }
        if (error <= 1) continue;
        if (bad++ === 0)
          first = guard ? `${at}: written outside` : `${at}: got ${actual[i]}, wants ${expected[i]} ± ${allowed(i)}`;
      }
      if (bad > 0) failures.push(`${first} (${bad} of ${expected.length - before - after} elements)`);
    }
  }
  return { failures, worst, worstAt };
}

/** What every sample of a kernel writes, for comparing a backend with itself: at other thread counts, say. */
export async function sampleOutputs(backend: Backend, kernel: KernelName): Promise<TypedArray[]> {
  const all: TypedArray[] = [];
  for (const call of sampleCalls(kernel)) {
    for (const written of (await runCall(backend, kernel, call)).writes) if (written) all.push(written);
  }
  return all;
}
