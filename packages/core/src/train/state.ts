/** @file Everything a training run needs to go on as if it had never stopped, taken out of the live objects and put back. */

import type { Tensor } from "../autograd/tensor.ts";
import type { TypedArray } from "../base/dtype.ts";
import { defaultGenerator, type GeneratorState } from "../base/rng/index.ts";
import type { DataLoaderState } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import type { Layer } from "../nn/index.ts";
import type { EMA, Optimizer, OptimizerState } from "../optim/index.ts";
import type { Scheduler } from "./scheduler.ts";

/** How far a run has come. */
export interface Progress {
  /** Epochs finished, validation included. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Best epoch so far and its accuracy and loss on the validation data; null before the first. */
  readonly best: { readonly epoch: number; readonly accuracy: number; readonly loss: number } | null;
  /** Of the epoch in progress: sum of losses times pictures, pictures, seconds of training. */
  readonly lossSum: number;
  readonly images: number;
  readonly seconds: number;
  /** The epoch's steps are done, its validation is not. */
  readonly trained: boolean;
}

/** A tensor's values, off the device. */
export interface ArrayState {
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly data: TypedArray;
}

/** All that a run needs to go on bit for bit: what a "checkpoint" event carries and `resume` takes. */
export interface TrainingState {
  readonly progress: Progress;
  /** By PyTorch's keys. The reference backend's numbers are doubles. */
  readonly model: ReadonlyMap<string, ArrayState>;
  readonly optimizer: OptimizerState;
  /** Averaged weights by the same keys, and how many updates went into them; null for a run that does not average. */
  readonly ema: { readonly updates: number; readonly average: ReadonlyMap<string, ArrayState> } | null;
  /** Its stateDict(); null without a schedule. */
  readonly scheduler: unknown;
  /** torch's default generator. */
  readonly generator: GeneratorState;
  /** Null for a loader that cannot say where it stands. */
  readonly loader: DataLoaderState | null;
}

/** A data loader that can say where it stands and go on from there. */
export interface Resumable {
  state(): DataLoaderState;
  load(state: DataLoaderState): void;
}

export interface Live {
  readonly model: Layer;
  readonly optimizer: Optimizer;
  readonly ema: EMA | undefined;
  readonly scheduler: Scheduler | undefined;
  readonly loader: unknown;
}

export function isResumable(loader: unknown): loader is Resumable {
  const { state, load } = loader as Partial<Resumable>;
  return typeof state === "function" && typeof load === "function";
}

/** Copies everything out. */
export async function captureState(live: Live, progress: Progress): Promise<TrainingState> {
  const { model, optimizer, ema, scheduler, loader } = live;
  return {
    progress,
    model: await arraysOf(model.stateDict()),
    optimizer: await optimizer.stateDict(),
    ema: ema ? { updates: ema.updates, average: await arraysOf(ema.stateDict()) } : null,
    scheduler: scheduler ? structuredCopy(scheduler.stateDict()) : null,
    generator: defaultGenerator.getState(),
    loader: isResumable(loader) ? loader.state() : null,
  };
}

async function arraysOf(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, ArrayState>> {
  const arrays = new Map<string, ArrayState>();
  for (const [key, value] of tensors) arrays.set(key, { shape: value.shape, data: await value.readValues() });
  return arrays;
}

/**
 * The weights that a state's scores are of, and that are worth keeping: the averaged ones of a run that averages, else those
 * being trained.
 *
 * @example
 * const { train } = await import("drishti/train");
 * for await (const event of train({ model, optimizer, train: loader, classes: 10, epochs: 1 }))
 *   if (event.kind === "checkpoint") encodeModel(modelWeights(event.state), card);
 */
export function modelWeights({ model, ema }: TrainingState): ReadonlyMap<string, ArrayState> {
  return ema ? new Map([...model, ...ema.average]) : model;
}

/** Puts everything back. Throws ArgumentError when the state is of another model, optimiser or data set. */
export function restoreState(live: Live, state: TrainingState): void {
  const { model, optimizer, ema, scheduler, loader } = live;
  if ((state.scheduler === null) !== (scheduler === undefined))
    throw new ArgumentError(
      "train",
      "scheduler",
      `the checkpoint was made ${state.scheduler === null ? "without" : "with"} a learning-rate schedule: give the run the same one.`,
    );
  if ((state.ema === null) !== (ema === undefined))
    throw new ArgumentError(
      "train",
      "ema",
      `the checkpoint was made ${state.ema === null ? "without" : "with"} averaged weights: give the run ${state.ema === null ? "no ema" : "an ema, too"}.`,
    );
  if (state.loader && isResumable(loader)) loader.load(state.loader);
  model.loadStateDict(state.model);
  optimizer.loadStateDict(state.optimizer);
  if (state.ema) ema?.loadStateDict(state.ema.average, state.ema.updates);
  if (scheduler) scheduler.loadStateDict(structuredCopy(state.scheduler) as never);
  defaultGenerator.setState(state.generator);
}

/** The key of the first array that holds a number which is not finite. */
export function firstNonFinite(state: TrainingState): string | undefined {
  for (const [key, { data }] of state.model) if (!allFinite(data)) return key;
  return undefined;
}

export function allFinite(data: TypedArray): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

function structuredCopy<T>(plain: T): T {
  return JSON.parse(JSON.stringify(plain)) as T;
}
