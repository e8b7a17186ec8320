/** @file Random graphs of 5 to 20 operations: a seed makes a program, plain data that can be kept when it fails. */
import { grad } from "../autograd/backward.ts";
import { checkpoint } from "../autograd/checkpoint.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Backend } from "../backends/backend.ts";
import { createReference } from "../backends/reference.ts";
import type { Shape } from "../base/shape.ts";
import { type Dice, fuzzOps, type Numbers } from "./fuzz-ops.ts";
import { uniforms } from "./kernel-samples/values.ts";
import { inputValues, makeTensor } from "./op-values.ts";

export interface FuzzStep {
  readonly op: string;
  /** Which values it takes: inputs first, then results in order. */
  readonly takes: readonly number[];
  readonly numbers: Numbers;
}

export interface FuzzProgram {
  readonly seed: number;
  readonly inputs: readonly Shape[];
  readonly steps: readonly FuzzStep[];
}

const mostElements = 120;
const largestValue = 30;

function diceOf(seed: number): Dice {
  const uniform = uniforms(seed);
  const below = (n: number) => Math.floor(uniform() * n);
  return { below, of: (list) => list[below(list.length)]! };
}

/** Input i: distinct values, so that extremes and orders do not change at a small step. */
const valuesOf = ({ seed, inputs }: FuzzProgram) =>
  inputs.map((shape, i) => inputValues(shape, "normal", seed * 31 + i));

/** Results of all steps. */
function results(program: FuzzProgram, inputs: readonly Tensor[]): Tensor[] {
  const values = [...inputs];
  for (const { op, takes, numbers } of program.steps)
    values.push(
      fuzzOps[op]!.call(
        takes.map((i) => values[i]!),
        numbers,
      ),
    );
  return values.slice(inputs.length);
}

/** Σ weight·result over the results that nothing took: one number to which every step contributes. */
function loss(program: FuzzProgram, inputs: readonly Tensor[]): Tensor {
  const taken = new Set(program.steps.flatMap(({ takes }) => takes));
  const ends = results(program, inputs).filter((_, i) => !taken.has(inputs.length + i));
  const parts = ends.map((t, i) => t.mul(makeTensor(inputValues(t.shape, "normal", 500 + i), t.backend, false)).sum());
  return parts.reduce((sum, part) => sum.add(part));
}

/** A program that the reference runs without large or broken numbers. */
export async function fuzzProgram(seed: number): Promise<FuzzProgram> {
  const dice = diceOf(0xf022 + seed);
  const backend = createReference();
  const names = Object.keys(fuzzOps);
  const first = dice.of<Shape>([[2, 2, 3, 4], [3, 2, 3, 2], [2, 4], [3, 2, 3], [4], [2, 1, 4, 4]]);
  let program: FuzzProgram = { seed, inputs: [first], steps: [] };
  const wanted = 5 + dice.below(16);
  for (let tries = 0; program.steps.length < wanted && tries < 40 * wanted; tries++) {
    const { inputs, steps } = program;
    const known = noGrad(() => {
      const tensors = valuesOf(program).map((v) => makeTensor(v, backend, false));
      return [...tensors, ...results(program, tensors)];
    });
    // Mostly the newest value, so that graphs are deep; sometimes an old one, so that they branch.
    const from = dice.below(3) === 0 ? dice.below(known.length) : known.length - 1;
    const op = dice.of(names);
    const plan = fuzzOps[op]!.plan(known[from]!.shape, dice);
    if (!plan) continue;
    const { numbers = [], more = [] } = plan;
    // New inputs stand before all results, whose numbers move.
    const moved = (i: number) => (i < inputs.length ? i : i + more.length);
    const next: FuzzProgram = {
      seed,
      inputs: [...inputs, ...more],
      steps: [
        ...steps.map((step) => ({ ...step, takes: step.takes.map(moved) })),
        { op, takes: [moved(from), ...more.map((_, i) => inputs.length + i)], numbers },
      ],
    };
    const result = noGrad(
      () =>
        results(
          next,
          valuesOf(next).map((v) => makeTensor(v, backend, false)),
        ).at(-1)!,
    );
    if (result.ndim > 5 || result.numel === 0 || result.numel > mostElements) continue;
    const read = await result.readValues();
    if (read.every((v) => Math.abs(v) <= largestValue)) program = next;
  }
  return program;
}

function weightedSum(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

/** A slope by differences; near a kink a smaller step is on one side of it. */
async function agrees(slope: number, scale: number, along: (by: number) => Promise<number>): Promise<string | null> {
  let numeric = 0;
  for (const step of [1e-5, 1e-6, 1e-7]) {
    numeric = ((await along(step)) - (await along(-step))) / (2 * step);
    if (Math.abs(numeric - slope) <= 1e-6 * scale) return null;
  }
  return `${slope} instead of ${numeric}, in terms of ${scale}`;
}

/** First and second derivatives in random directions against differences in doubles; and a checkpoint's, which are the same bits. */
export async function fuzzGradients(program: FuzzProgram): Promise<string[]> {
  const backend = createReference();
  const values = valuesOf(program);
  const directions = values.map(({ shape }, i) => inputValues(shape, "normal", 900 + i).data);
  const leaves = (by: number) =>
    values.map((value, i) =>
      makeTensor({ ...value, data: value.data.map((x, k) => x + by * directions[i]![k]!) }, backend, true),
    );
  const dot = (grads: readonly (Tensor | null)[]) =>
    grads.reduce<Tensor | null>((sum, g, i) => {
      if (!g) return sum;
      const part = g.mul(makeTensor({ ...values[i]!, data: directions[i]! }, backend, false)).sum();
      return sum ? sum.add(part) : part;
    }, null)!;
  const read = async (t: Tensor) => (await t.readValues())[0]!;
  const faults: string[] = [];

  const inputs = leaves(0);
  const grads = grad([loss(program, inputs)], inputs, { createGraph: true, allowUnused: true });
  const data = await Promise.all(grads.map((g) => g?.readValues() ?? null));
  const size = (all: readonly (ArrayLike<number> | null)[]) =>
    all.reduce((sum, g, i) => sum + (g ? weightedSum(Array.from(g, Math.abs), directions[i]!.map(Math.abs)) : 0), 1);
  const slope = dot(grads);
  const first = await agrees(await read(slope), size(data), (by) => noGrad(() => read(loss(program, leaves(by)))));
  if (first) faults.push(`first derivative is ${first}`);

  if (slope.requiresGrad) {
    const bends = grad([slope], inputs, { allowUnused: true });
    const bent = await Promise.all(bends.map((g) => g?.readValues() ?? null));
    const second = await agrees(await read(dot(bends)), size(bent) + size(data), async (by) => {
      const moved = leaves(by);
      return read(dot(grad([loss(program, moved)], moved, { allowUnused: true })));
    });
    if (second) faults.push(`second derivative is ${second}`);
  }

  const plain = leaves(0);
  loss(program, plain).backward();
  const again = leaves(0);
  checkpoint((...given: Tensor[]) => loss(program, given), ...again).backward();
  for (const [i, t] of again.entries()) {
    const [one, other] = await Promise.all([plain[i]!.grad?.readValues(), t.grad?.readValues()]);
    if (one?.join() !== other?.join()) faults.push(`gradient of input ${i} is another through a checkpoint`);
    const recorded = data[i];
    if (recorded && one?.some((v: number, k: number) => Math.abs(v - recorded[k]!) > 1e-9 * size(data)))
      faults.push(`gradient of input ${i} is another with createGraph`);
  }
  return faults;
}

/** A backend's results and gradients against the reference's, as far as float32 lets them agree. */
export async function fuzzBackend(program: FuzzProgram, backend: Backend): Promise<string[]> {
  const run = async (on: Backend) => {
    const inputs = valuesOf(program).map((value) => makeTensor(value, on, true));
    const out = results(program, inputs);
    loss(program, inputs).backward();
    return Promise.all([...out, ...inputs.map(({ grad: g }) => g)].map((t) => t?.readValues() ?? null));
  };
  const [actual, expected] = [await run(backend), await run(createReference())];
  const { steps } = program;
  return expected.flatMap((want, i) => {
    const got = actual[i];
    const what = i < steps.length ? `step ${i}, ${steps[i]!.op}` : `gradient of input ${i - steps.length}`;
    if (!want || !got) return want === got ? [] : [`${what} is missing`];
    const values = Array.from(want);
    const room = 2e-4 * values.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    const at = values.findIndex((v, k) => !(Math.abs(v - got[k]!) <= room));
    return at < 0 ? [] : [`${what}: [${at}] is ${got[at]} instead of ${want[at]} ± ${room}`];
  });
}
