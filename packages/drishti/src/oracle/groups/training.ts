/** @file The group `training`: 50 steps from a seed, against torch's loss curve, first step and final logits. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defaultGenerator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "@drishti/core";
import type { Arguments } from "../args.ts";
import { makeOptimizer } from "../cases/optim.ts";
import { makeScheduler } from "../cases/sched.ts";
import { numberDifference } from "../compare.ts";
import { type Description, digestDifference, sha256 } from "../digest.ts";
import { type Pictures, pictures } from "../images.ts";
import { idleBiases, type LayerSpec, makeLoss, makeNetwork } from "../modules.ts";
import { NotBuilt } from "../not-built.ts";
import { readJson } from "../store.ts";
import type { Task } from "../task.ts";

/** A tensor in short. */
interface Brief {
  readonly first: readonly number[];
  readonly sum: number;
  readonly abs_sum: number;
}

interface Curve {
  readonly seed: number;
  readonly images: number;
  readonly batch_size: number;
  readonly steps: number;
  readonly salt: number;
  readonly optimizer: readonly [name: string, args: Arguments];
  readonly scheduler?: readonly [name: string, args: Arguments];
  readonly loss?: Arguments;
  readonly clip_grad_norm?: number;
  readonly layers: readonly LayerSpec[];
  readonly input_shape: readonly [number, number, number];
  readonly initial: Readonly<Record<string, Description>>;
  readonly lr: readonly number[];
  readonly loss_float64: readonly number[];
  readonly loss_spread: readonly number[];
  readonly grad_norm_float64?: readonly number[];
  readonly step1_grad: Readonly<Record<string, Brief>>;
  readonly step1_param: Readonly<Record<string, Brief>>;
  readonly final_logits_float64: readonly (readonly number[])[];
  readonly logits_spread: number;
}

/** Steps in which a mistake shows and rounding does not yet: see "Training curves" in the oracle's README. */
const earlySteps = 5;
const lossRoom = (spread: number, step: number) => Math.max(8 * spread, step < earlySteps ? 2e-5 : 2e-2);
const logitsRoom = (spread: number) => Math.max(8 * spread, 5e-2);
/**
 * The README gives no room for the first step's gradient and parameters. Ours: float32 gradients are sums of many
 * cancelling terms, so an element may be off by 10⁻⁴ of the tensor's mean magnitude; what that makes of a parameter
 * is the learning rate's affair, so parameters may be off by 10⁻² of a step of the size of the learning rate.
 */
const gradientRoom = 1e-4;
const stepRoom = 1e-2;

function briefDifferences(what: string, values: ArrayLike<number>, expected: Brief, room: number): (string | null)[] {
  let sum = 0;
  let magnitudes = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    magnitudes += Math.abs(values[i]!);
  }
  return [
    ...expected.first.map((value, i) => numberDifference(`${what}[${i}]`, values[i]!, value, room)),
    numberDifference(`${what}'s sum`, sum, expected.sum, room * values.length),
    numberDifference(`${what}'s sum of magnitudes`, magnitudes, expected.abs_sum, room * values.length),
  ];
}

/** Multiply-adds of one picture's forward pass in convolutions and dense layers. */
function multiplyAdds(net: nn.Sequential, picture: Tensor): number {
  let total = 0;
  const hooks: (() => void)[] = [];
  for (const module of net.modules()) {
    if (!(module instanceof nn.Conv2d || module instanceof nn.Linear)) continue;
    const { weight } = module;
    const count: nn.ForwardHook = (_module, _inputs, output) => {
      total += ((output as Tensor).numel * weight.numel) / weight.size(0);
    };
    hooks.push(module.registerForwardHook(count));
  }
  noGrad(() => net.eval().forward(picture));
  net.train();
  for (const remove of hooks) remove();
  return total;
}

/** Trains as the curve says and compares: what differs, in the order it was found. */
async function runCurve(curve: Curve, limit: number): Promise<string[]> {
  const { images, labels } = pictures(curve.images, curve.input_shape, curve.salt);
  const size = curve.input_shape.reduce((a, b) => a * b, 1);
  const batchOf = (indices: readonly number[]) => {
    const values = new Float32Array(indices.length * size);
    for (const [i, index] of indices.entries()) values.set(images.subarray(index * size, (index + 1) * size), i * size);
    return tensor(values, { shape: [indices.length, ...curve.input_shape] });
  };
  const faults: (string | null)[] = [];

  manualSeed(curve.seed);
  const net = makeNetwork(curve.layers);
  const state = net.stateDict();
  for (const [key, expected] of Object.entries(curve.initial))
    faults.push(await digestDifference(`initial ${key}`, state.get(key), expected));
  if (state.size !== Object.keys(curve.initial).length) faults.push(`the network has ${state.size} entries`);
  const begin = defaultGenerator.getState();
  const work = 3 * multiplyAdds(net, batchOf([0])) * curve.batch_size * curve.steps;
  if (work > limit) {
    const amount = `${(work / 1e9).toFixed(1)}·10⁹ multiply-adds`;
    throw new NotBuilt(`${amount} take minutes in plain loops; ask for this device and group alone to run it`);
  }
  defaultGenerator.setState(begin); // dropout's masks go on where initialisation ended

  const parameters = [...net.parameters()];
  const optimizer = makeOptimizer(...curve.optimizer, [{ params: parameters }]);
  const scheduler = curve.scheduler && makeScheduler(...curve.scheduler, optimizer);
  if (scheduler instanceof optim.ReduceLROnPlateau) throw new NotBuilt("curves with ReduceLROnPlateau are not built");
  const criterion = makeLoss("CrossEntropyLoss", curve.loss ?? {}, {});
  const idle = new Set(idleBiases(curve.layers));
  const judged = [...net.namedParameters()].filter(([name]) => !idle.has(name));

  for (let step = 0; step < curve.steps; step++) {
    const indices = Array.from({ length: curve.batch_size }, (_, j) => (step * curve.batch_size + j) % curve.images);
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(batchOf(indices)), tensor(Int32Array.from(indices, (i) => labels[i]!)));
    loss.backward();
    const norm = curve.clip_grad_norm ? optim.clipGradNorm_(parameters, curve.clip_grad_norm) : null;
    if (step === 0) {
      for (const [name, parameter] of judged) {
        const expected = curve.step1_grad[name]!;
        const room = gradientRoom * (expected.abs_sum / parameter.numel);
        const gradient = (await parameter.grad?.toArray()) ?? [];
        faults.push(...briefDifferences(`first gradient of ${name}`, gradient, expected, room));
      }
    }
    const lr = optimizer.paramGroups[0]!.lr;
    faults.push(numberDifference(`learning rate of step ${step}`, lr, curve.lr[step]!, 1e-12 * curve.lr[step]!));
    optimizer.step();
    scheduler?.step();
    if (step === 0) {
      for (const [name, parameter] of judged) {
        const expected = curve.step1_param[name]!;
        const room = stepRoom * lr + 1e-7;
        faults.push(...briefDifferences(`${name} after the first step`, await parameter.toArray(), expected, room));
      }
    }
    const room = lossRoom(curve.loss_spread[step]!, step);
    faults.push(numberDifference(`loss of step ${step}`, await loss.item(), curve.loss_float64[step]!, room));
    const expectedNorm = curve.grad_norm_float64?.[step];
    if (norm && expectedNorm !== undefined && step < earlySteps)
      faults.push(
        numberDifference(`gradient norm of step ${step}`, await norm.item(), expectedNorm, gradientRoom * expectedNorm),
      );
  }

  const first = curve.final_logits_float64;
  const logits = await noGrad(() => net.eval().forward(batchOf(first.map((_, i) => i)))).toArray();
  const room = logitsRoom(curve.logits_spread);
  faults.push(...first.flat().map((value, i) => numberDifference(`final logit ${i}`, logits[i]!, value, room)));
  return faults.filter((fault) => fault !== null);
}

interface PictureSet extends Description {
  readonly salt: number;
  readonly labels: readonly number[];
  readonly first_image_row: readonly number[];
}

function runPictures(set: PictureSet): string[] {
  const [count = 0, ...shape] = set.shape;
  const { images, labels }: Pictures = pictures(count, shape as [number, number, number], set.salt);
  const row = images.subarray(0, set.first_image_row.length);
  const found: string[] = [];
  if (labels.join() !== set.labels.join()) found.push("labels differ");
  if (set.first_image_row.some((value, i) => Math.fround(value) !== row[i]))
    found.push("the first row of the first picture differs");
  if (sha256(images) !== set.sha256) found.push("pixels differ");
  return found;
}

/** `limit` is the largest number of multiply-adds that a curve may take; those above are skipped. */
export function trainingTasks(folder: string, limit: number): Task[] {
  const files = readdirSync(join(folder, "training"))
    .filter((file) => file.endsWith(".json"))
    .sort();
  return files.flatMap((file) => {
    const name = file.slice(0, -".json".length);
    const path = join(folder, "training", file);
    if (name !== "images") return [{ id: `training/${name}`, run: () => runCurve(readJson<Curve>(path), limit) }];
    const { sets } = readJson<{ sets: PictureSet[] }>(path);
    return sets.map((set) => ({ id: `training/images/${set.shape.join("x")}`, run: async () => runPictures(set) }));
  });
}
