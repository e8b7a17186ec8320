/** @file What every op must satisfy on every sample. Each check returns what is wrong, in words; nothing when all is well. */

import { grad } from "../autograd/backward.ts";
import { zeros } from "../autograd/create.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Backend } from "../backends/backend.ts";
import { createReference } from "../backends/reference.ts";
import { type Shape, sameShape } from "../base/shape.ts";
import type { Sample } from "../ops/samples.ts";
import { permute } from "../ops/view.ts";
import { type InputValues, inputValues, makeTensor } from "./op-values.ts";

/** A call's result and gradients, read out. */
interface Ran {
  readonly shape: Shape;
  readonly output: ArrayLike<number>;
  /** null where no gradient was asked for. */
  readonly gradients: readonly (ArrayLike<number> | null)[];
}

interface Setup {
  readonly backend: Backend;
  /** Which inputs want a gradient. */
  readonly wanted: readonly boolean[];
  /** Gives each input an unusual layout in memory. */
  readonly scattered?: boolean;
}

/** Half the distance of central differences; the reference computes in doubles, so their error is some 1e-10. */
const step = 1e-5;
/** Largest error of a gradient, as a share of the input's largest gradient (or of 1, if that is larger). */
const gradientBound = 1e-7;
/** Doubles in another order of memory: only the order of additions may differ. */
const doublesBound = 1e-12;
/** Room of a float32 backend: several kernels after one another, each within docs/numerics.md. */
const float32Bound = 64 * 2 ** -23;

function valuesOf(sample: Pick<Sample, "shapes" | "values">): InputValues[] {
  return sample.shapes.map((shape, i) => inputValues(shape, sample.values?.[i] ?? "normal", i));
}

/** Inputs that can have a gradient. */
function differentiable(sample: Sample, values: readonly InputValues[]): boolean[] {
  return values.map(({ dtype }, i) => dtype === "float32" && !sample.constants.includes(i));
}

/** The same values with the axes of memory in reverse order. */
function scatter(t: Tensor): Tensor {
  const reversed = t.shape.map((_, i) => t.ndim - 1 - i);
  return permute(permute(t.detach(), reversed).clone(), reversed).detach();
}

/** Upstream gradients are random: a formula that ignores them cannot pass. */
function upstreamOf(shape: Shape): InputValues {
  return inputValues(shape, "normal", 97);
}

async function run(
  sample: Sample,
  values: readonly InputValues[],
  { backend, wanted, scattered = false }: Setup,
): Promise<Ran> {
  const inputs = values.map((value, i) => {
    const made = makeTensor(value, backend, false);
    const input = scattered ? scatter(made) : made;
    if (wanted[i]) input.requiresGrad = true;
    return input;
  });
  const output = sample.call(inputs);
  if (wanted.includes(true)) output.backward({ gradient: makeTensor(upstreamOf(output.shape), backend, false) });
  const gradients = await Promise.all(inputs.map(({ grad }) => grad?.readValues() ?? null));
  return { shape: output.shape, output: await output.readValues(), gradients };
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Where two results lie further apart than `bound` times the expected one's largest magnitude (at least 1). */
function apart(
  what: string,
  actual: ArrayLike<number> | null,
  expected: ArrayLike<number> | null,
  bound: number,
): string[] {
  if (!actual || !expected)
    return actual === expected ? [] : [`${what}: ${actual ? "there should be none" : "missing"}`];
  if (actual.length !== expected.length) return [`${what} has ${actual.length} values instead of ${expected.length}`];
  const room = bound * Math.max(1, largest(expected));
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(actual[i]! - expected[i]!) <= room))
      return [`${what}[${i}] is ${actual[i]} instead of ${expected[i]} ± ${room}`];
  return [];
}

function compare(actual: Ran, expected: Ran, bound: number): string[] {
  if (!sameShape(actual.shape, expected.shape)) return [`shape [${actual.shape}] instead of [${expected.shape}]`];
  return [
    ...apart("output", actual.output, expected.output, bound),
    ...actual.gradients.flatMap((gradient, i) =>
      apart(`gradient of input ${i}`, gradient, expected.gradients[i] ?? null, bound),
    ),
  ];
}

/** The result's shape. */
export function checkShape(sample: Sample): string[] {
  const backend = createReference();
  const output = noGrad(() => sample.call(valuesOf(sample).map((value) => makeTensor(value, backend, false))));
  return sameShape(output.shape, sample.output) ? [] : [`shape [${output.shape}] instead of [${sample.output}]`];
}

/**
 * Gradients against central differences, (L(x + h) − L(x − h))/2h with L = Σ output·upstream, in doubles.
 *
 * Source   the method of torch.autograd.gradcheck.
 */
export async function checkGradients(sample: Sample): Promise<string[]> {
  const backend = createReference();
  const values = valuesOf(sample);
  const wanted = differentiable(sample, values);
  const { gradients, shape } = await run(sample, values, { backend, wanted });
  const upstream = upstreamOf(shape).data;
  const loss = async (changed: readonly InputValues[]) => {
    const output = await noGrad(() =>
      sample.call(changed.map((value) => makeTensor(value, backend, false))),
    ).readValues();
    let total = 0;
    for (const [i, value] of output.entries()) total += value * upstream[i]!;
    return total;
  };
  const faults: string[] = [];
  for (const [i, input] of values.entries()) {
    if (!wanted[i]) continue;
    const slopes = new Float64Array(input.data.length);
    for (const k of slopes.keys()) {
      const moved = (by: number) => {
        const data = input.data.slice();
        data[k]! += by;
        return loss(values.with(i, { ...input, data }));
      };
      slopes[k] = ((await moved(step)) - (await moved(-step))) / (2 * step);
    }
    faults.push(...apart(`gradient of input ${i}`, gradients[i]!, slopes, gradientBound));
  }
  return faults;
}

/**
 * Second derivatives: the gradients, made with createGraph and weighted with random numbers, differentiated again in a
 * random direction, against a central difference of the first gradients.
 */
export async function checkSecond(sample: Sample, direction = 0): Promise<string[]> {
  const backend = createReference();
  const values = valuesOf(sample);
  const wanted = differentiable(sample, values);
  if (!wanted.includes(true)) return [];
  const upstream = (shape: Shape) => makeTensor(upstreamOf(shape), backend, false);
  const weights = (shape: Shape, i: number) => makeTensor(inputValues(shape, "normal", 211 + i), backend, false);
  /** Σ weights·gradient over all inputs: a number that depends on the inputs and on the upstream gradient. */
  const first = (inputs: readonly Tensor[], gradient: Tensor, createGraph: boolean): Tensor => {
    const leaves = inputs.filter((_, i) => wanted[i]);
    const output = sample.call(inputs);
    const grads = grad([output], leaves, { gradOutputs: [gradient], createGraph, allowUnused: true });
    return grads.reduce<Tensor>(
      (sum, g, i) => (g ? sum.add(g.mul(weights(g.shape, i)).sum()) : sum),
      zeros([], { device: backend }),
    );
  };
  const inputs = values.map((value, i) => makeTensor(value, backend, wanted[i]!));
  const { shape } = noGrad(() => sample.call(inputs));
  const gradient = upstream(shape);
  gradient.requiresGrad = true;
  const total = first(inputs, gradient, true);
  const leaves = [...inputs.filter((_, i) => wanted[i]), gradient];
  const analytic = total.requiresGrad ? grad([total], leaves, { allowUnused: true }) : leaves.map(() => null);

  const along = leaves.map((t, i) => inputValues(t.shape, "normal", 307 + 31 * direction + i).data);
  const base = await Promise.all(leaves.map((t) => t.readValues()));
  const moved = async (by: number) => {
    const at = leaves.map((t, i) => {
      const data = Float64Array.from(base[i]!, (x, k) => x + by * along[i]![k]!);
      return makeTensor({ shape: t.shape, dtype: "float32", data }, backend, true);
    });
    const next = at[Symbol.iterator]();
    const changed = inputs.map((t, i) => (wanted[i] ? next.next().value! : t));
    return (await first(changed, at.at(-1)!.detach(), false).readValues())[0]!;
  };
  const numeric = ((await moved(step)) - (await moved(-step))) / (2 * step);
  let slope = 0;
  let size = 1;
  for (const [i, g] of analytic.entries()) {
    const found = g ? await g.readValues() : [];
    for (const [k, v] of found.entries()) {
      slope += v * along[i]![k]!;
      size += Math.abs(v * along[i]![k]!);
    }
  }
  return Math.abs(slope - numeric) <= gradientBound * size
    ? []
    : [`second derivative in a random direction is ${slope} instead of ${numeric}`];
}

/** Every subset of the inputs that can have gradients gets the gradients it gets among all, and the others none. */
export async function checkSubsets(sample: Sample): Promise<string[]> {
  const backend = createReference();
  const values = valuesOf(sample);
  const all = differentiable(sample, values);
  const expected = await run(sample, values, { backend, wanted: all });
  const faults: string[] = [];
  for (let bits = 0; bits < 2 ** values.length; bits++) {
    const wanted = all.map((can, i) => can && (bits >> i) % 2 === 1);
    if (wanted.some((want, i) => !want && (bits >> i) % 2 === 1)) continue; // an input that cannot
    const actual = await run(sample, values, { backend, wanted });
    const chosen = { ...expected, gradients: expected.gradients.map((gradient, i) => (wanted[i] ? gradient : null)) };
    faults.push(...compare(actual, chosen, 0).map((fault) => `gradients of [${wanted}]: ${fault}`));
  }
  return faults;
}

/** Inputs whose memory is not in row-major order give the same. */
export async function checkLayouts(sample: Sample): Promise<string[]> {
  const backend = createReference();
  const values = valuesOf(sample);
  const wanted = differentiable(sample, values);
  const expected = await run(sample, values, { backend, wanted });
  return compare(await run(sample, values, { backend, wanted, scattered: true }), expected, doublesBound);
}

/** Batches of 0 and 1: shapes follow, and no gradient is missing or not finite. */
export async function checkBatches(sample: Sample, backend: Backend = createReference()): Promise<string[]> {
  if (sample.batched.length === 0 || sample.shapes[sample.batched[0]!]?.length === 0) return [];
  const faults: string[] = [];
  for (const batch of [0, 1]) {
    const resized = {
      ...sample,
      shapes: sample.shapes.map((shape, i) => (sample.batched.includes(i) ? shape.with(0, batch) : shape)),
    };
    const values = valuesOf(resized);
    const wanted = differentiable(sample, values);
    const { shape, output, gradients } = await run(resized, values, { backend, wanted });
    const rows = sample.output.length > 0 ? sample.output.with(0, batch) : sample.output;
    // An axis that the batch was broadcast against or joined with keeps its size.
    if (!sameShape(shape, rows) && !sameShape(shape, sample.output))
      faults.push(`batch of ${batch}: shape [${shape}] instead of [${rows}]`);
    const all = [output, ...gradients.filter((gradient) => gradient !== null)];
    if (all.some((list) => !Array.from(list).every(Number.isFinite)))
      faults.push(`batch of ${batch}: values that are not finite`);
    if (gradients.some((gradient, i) => wanted[i] && !gradient))
      faults.push(`batch of ${batch}: a gradient is missing`);
  }
  return faults;
}

/** A backend's result and gradients against the reference's. */
export async function checkBackend(sample: Sample, backend: Backend): Promise<string[]> {
  const values = valuesOf(sample);
  const wanted = differentiable(sample, values);
  const expected = await run(sample, values, { backend: createReference(), wanted });
  return compare(await run(sample, values, { backend, wanted }), expected, float32Bound);
}

/** The inputs of a sample or a refusal, for calling it by hand. */
export function sampleInputs(sample: Pick<Sample, "shapes" | "values">, backend: Backend): Tensor[] {
  return valuesOf(sample).map((value) => makeTensor(value, backend, false));
}
