/** @file The training loop: yields events, never prints. */

import { release, type Tensor } from "../autograd/tensor.ts";
import { Breather } from "../base/event-loop.ts";
import { checkKnown, type Known } from "../base/known-options.ts";
import { defaultGenerator, type GeneratorState } from "../base/rng/index.ts";
import { type Captured, capture } from "../capture/index.ts";
import { type Batch, DataLoader } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import type { Layer } from "../nn/index.ts";
import { crossEntropy, narrow } from "../ops/index.ts";
import type { EMA, Optimizer } from "../optim/index.ts";
import { divergenceMessage, findNonFinite } from "./diagnose.ts";
import { batchTensors, checkLogits, deviceOf, evaluate, type LossFunction } from "./evaluate.ts";
import type { DivergedEvent, TrainEvent } from "./events.ts";
import { now, type StopSignal } from "./runtime.ts";
import type { Scheduler } from "./scheduler.ts";
import { captureState, firstNonFinite, type Live, type Progress, restoreState, type TrainingState } from "./state.ts";

/** What is trained, on what, how long, and what happens on the way. */
export interface TrainOptions {
  /** From pictures (N, C, H, W) to logits (N, classes). */
  readonly model: Layer;
  /** Over the model's parameters. */
  readonly optimizer: Optimizer;
  /** One epoch of batches each time it is iterated; a `DataLoader` makes runs resumable in mid-epoch. */
  readonly train: AsyncIterable<Batch> & { readonly length: number; readonly waitedMs?: number };
  /** Looked at after every epoch. */
  readonly validation?: AsyncIterable<Batch>;
  /** Number of classes: outputs of the model. */
  readonly classes: number;
  /** The run ends when this many are done, those of a resumed run counted. */
  readonly epochs: number;
  /** Default cross entropy, mean over the batch. */
  readonly loss?: LossFunction;
  /** Of the validation data. Default `loss`; give cross entropy where `loss` smooths its labels. */
  readonly validationLoss?: LossFunction;
  /**
   * Averages the model's weights after every step. Validation, so the choice of the best epoch, is the average's;
   * training goes on with the weights themselves. Default none.
   */
  readonly ema?: EMA;
  /** Moves the learning rate; after an epoch it is handed the validation loss. Default none. */
  readonly scheduler?: Scheduler;
  /** When the schedule moves. Default "epoch". */
  readonly schedulePer?: "epoch" | "step";
  /** Steps between two step events. Default 10. */
  readonly logEvery?: number;
  /** Offer a checkpoint before the first step, so that a run that ends early can be gone on with, too. Default false. */
  readonly checkpointAtStart?: boolean;
  /** Offer a checkpoint in mid-epoch when this long has passed since the last one. Default: at the ends of epochs only. */
  readonly checkpointSeconds?: number;
  /** Aborting stops the run after the step at hand, with a checkpoint. */
  readonly signal?: StopSignal;
  /** A state of an earlier run to go on from: the same bits as if it had not stopped. */
  readonly resume?: TrainingState;
  /** Record a step once and replay it from then on: faster, and the same wherever it is not. Default true. */
  readonly capture?: boolean;
}

const known: Known<TrainOptions> = {
  model: 0,
  optimizer: 0,
  train: 0,
  validation: 0,
  classes: 0,
  epochs: 0,
  loss: 0,
  validationLoss: 0,
  ema: 0,
  scheduler: 0,
  schedulePer: 0,
  logEvery: 0,
  checkpointAtStart: 0,
  checkpointSeconds: 0,
  signal: 0,
  resume: 0,
  capture: 0,
};

/**
 * Trains a classifier. Each epoch: steps, validation, an "epoch" event, a "checkpoint" event; "done" comes last. With
 * `checkpointSeconds` there are checkpoints between the steps, too, from which a killed run goes on.
 *
 * Diverging  A loss that is not finite is noticed in its own step, before the weights are changed (on a backend that
 *            can only be read by waiting: every `logEvery` steps); the batch is run again to find the layer, and the run
 *            ends with "diverged". Weights that are not finite never reach a checkpoint.
 * Aborting   A "checkpoint" in mid-epoch, then "done".
 * Averaging  With `ema`, validation runs with the averaged weights, and a checkpoint has both: see modelWeights().
 * Resuming   With the same model, optimiser, average, schedule and loader, `resume` continues bit for bit.
 * Throws     ArgumentError "epochs", "log-every"; what the model, the loss or the data throw.
 *
 * @example
 * for await (const event of train({ model, optimizer, train: loader, validation, classes: 10, epochs: 1 }))
 *   if (event.kind === "epoch") console.log(event.epoch, event.step, event.validation?.count); // 1 4 8
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  checkKnown("train", options, known);
  const { model, epochs, resume, signal } = options;
  for (const [name, value] of Object.entries({ epochs, "log-every": options.logEvery ?? 10 }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new ArgumentError("train", name, `${name} must be a whole number from 1, got ${value}.`);
  const run = new Run(options);
  if (resume) run.restore(resume);
  model.train();
  try {
    if (!resume && options.checkpointAtStart) yield* run.first();
    while (run.progress.epoch < epochs) {
      if (!signal?.aborted && !run.progress.trained) yield* run.steps();
      if (!run.broken && !signal?.aborted) yield* run.endEpoch();
      if (run.broken) yield* run.diverged(run.broken);
      else if (signal?.aborted) yield* run.checkpoint("aborted", false);
      if (run.broken || signal?.aborted) {
        const reason = run.broken ? "diverged" : "aborted";
        return yield { kind: "done", reason, epoch: run.progress.epoch, step: run.progress.step };
      }
    }
    yield { kind: "done", reason: "finished", epoch: run.progress.epoch, step: run.progress.step };
  } finally {
    run.release();
  }
}

/** What was at hand when a number was not finite. */
interface Broken {
  readonly batch: Batch;
  readonly loss: number;
  readonly learningRate: number;
  /** Before the step, so that dropout drops the same when it is run again. */
  readonly generator: GeneratorState;
}

const atStart: Progress = { epoch: 0, step: 0, best: null, lossSum: 0, images: 0, seconds: 0, trained: false };

/** One run: how far it has come, and the pieces of its loop. */
class Run {
  progress = atStart;
  /** Set when the run cannot go on. */
  broken: Broken | undefined;
  readonly #options: TrainOptions;
  readonly #live: Live;
  readonly #lossOf: LossFunction;
  /** Forward and backward of one batch: its loss. */
  readonly #gradients: (images: Tensor, labels: Tensor) => Tensor;
  readonly #captured: Captured<[Tensor, Tensor], Tensor> | undefined;
  /** Why steps run eagerly though they should not, until it was said. */
  #eagerReason: string | undefined;
  /** For batches of the epoch. */
  #waitedMs = 0;
  #saved = now();
  /** The step before: what to look at when weights turn out not to be finite. */
  #last: Broken | undefined;

  constructor(options: TrainOptions) {
    const { model, optimizer, ema, scheduler, train: loader, loss = crossEntropy } = options;
    this.#options = options;
    this.#live = { model, optimizer, ema, scheduler, loader };
    this.#lossOf = loss;
    const eager = (images: Tensor, labels: Tensor) => {
      optimizer.zeroGrad();
      const logits = model.forward(images);
      checkLogits(logits, options.classes);
      const value = loss(logits, labels);
      value.backward();
      return value;
    };
    if (options.capture ?? true)
      this.#captured = capture(eager, {
        rehearse: true,
        tryWith: twoPictures,
        onEager: (why) => (this.#eagerReason = why),
      });
    this.#gradients = this.#captured ?? eager;
  }

  /** Gives back what only the run needed. */
  release(): void {
    this.#captured?.release();
  }

  restore(state: TrainingState): void {
    restoreState(this.#live, state);
    this.progress = state.progress;
  }

  /** A checkpoint of the untrained model. */
  async *first(): AsyncGenerator<TrainEvent, void, undefined> {
    yield { kind: "checkpoint", reason: "start", best: false, state: await captureState(this.#live, this.progress) };
  }

  /** Trains on the rest of the epoch, up to an abort or a loss that is not finite. */
  async *steps(): AsyncGenerator<TrainEvent, void, undefined> {
    const { train: loader, logEvery = 10, signal } = this.#options;
    const breather = new Breather();
    const before = this.progress.seconds;
    const waitedBefore = loader.waitedMs ?? 0;
    const start = now();
    let since = start;
    let images = 0;
    for await (const batch of DataLoader.passing(loader)) {
      const last = batch.index + 1 === loader.length;
      const report = last || (this.progress.step + 1) % logEvery === 0;
      await this.#step(batch, report);
      if (this.#eagerReason !== undefined) {
        const message = `training steps run operation by operation, not captured: ${this.#eagerReason}.`;
        yield { kind: "notice", step: this.progress.step, message };
        this.#eagerReason = undefined;
      }
      if (this.broken) return;
      const time = now();
      images += batch.count;
      this.progress = { ...this.progress, seconds: before + (time - start) / 1000 };
      if (report) {
        yield {
          kind: "step",
          epoch: this.progress.epoch + 1,
          step: this.progress.step,
          stepInEpoch: batch.index + 1,
          stepsPerEpoch: loader.length,
          loss: this.#last!.loss,
          learningRate: this.#last!.learningRate,
          imagesPerSecond: (1000 * images) / (time - since),
          captured: (this.#captured?.replays ?? 0) > 0 && this.#captured!.eagerReason === undefined,
        };
        since = time;
        images = 0;
      }
      if (!last) yield* this.#interval();
      if (this.broken) return;
      await breather.breathe(); // so that an abort can arrive
      if (signal?.aborted && !last) return; // only after a step: the loader counts the batch as done
    }
    this.#waitedMs = (loader.waitedMs ?? 0) - waitedBefore;
    this.progress = { ...this.progress, trained: true };
  }

  /** A checkpoint between two steps, when it is time; none of weights that are not finite, which end the run. */
  async *#interval(): AsyncGenerator<TrainEvent, void, undefined> {
    const { checkpointSeconds } = this.#options;
    if (checkpointSeconds === undefined || now() - this.#saved < 1000 * checkpointSeconds) return;
    const state = await captureState(this.#live, this.progress);
    if (firstNonFinite(state) !== undefined) this.broken = this.#last;
    else yield { kind: "checkpoint", reason: "interval", best: false, state };
    this.#saved = now();
  }

  async #step(batch: Batch, report: boolean): Promise<void> {
    const { model, optimizer, ema, scheduler, schedulePer = "epoch" } = this.#options;
    const device = deviceOf(model);
    const { images, labels } = batchTensors(batch, device);
    const generator = defaultGenerator.getState();
    const replays = this.#captured?.replays ?? 0;
    const loss = this.#gradients(images, labels);
    const { step, lossSum, images: seen } = this.progress;
    const learningRate = optimizer.paramGroups[0]!.lr;
    // Reading waits for the device: every step where that costs nothing, else only for a report.
    const value = report || device?.readSync ? await loss.item() : undefined;
    // A replay keeps nothing of its batch.
    if ((this.#captured?.replays ?? 0) > replays) for (const t of [images, labels]) release(t);
    this.progress = { ...this.progress, step: step + 1 };
    this.#last = { batch, loss: value ?? Number.NaN, learningRate, generator };
    if (value !== undefined && !Number.isFinite(value)) {
      this.broken = this.#last;
      return;
    }
    optimizer.step();
    ema?.update();
    if (schedulePer === "step") scheduler?.step();
    if (value === undefined) return;
    this.progress = { ...this.progress, lossSum: lossSum + value * batch.count, images: seen + batch.count };
  }

  /** Validates, moves the schedule, reports, and offers a checkpoint. An abort during validation leaves the epoch open. */
  async *endEpoch(): AsyncGenerator<TrainEvent, void, undefined> {
    const { model, optimizer, ema, validation: batches, classes, scheduler, signal } = this.#options;
    const { schedulePer = "epoch" } = this.#options;
    const loss = this.#options.validationLoss ?? this.#lossOf;
    const learningRate = this.#last?.learningRate ?? optimizer.paramGroups[0]!.lr;
    const before = defaultGenerator.getState();
    const measure = () => evaluate(model, batches!, { classes, loss, signal, capture: this.#options.capture });
    const validation = batches ? await (ema ? ema.withWeights(measure) : measure()) : null;
    if (signal?.aborted) {
      defaultGenerator.setState(before); // the whole validation will be done again, with the same draws
      return;
    }
    const { epoch: done, step, lossSum, images, seconds, best } = this.progress;
    const epoch = done + 1;
    const trainLoss = lossSum / images;
    const score = { epoch, accuracy: validation?.accuracy ?? 0, loss: validation?.loss ?? trainLoss };
    const isBest = isBetter(score, best);
    if (schedulePer === "epoch") scheduler?.step(score.loss);
    this.progress = { ...atStart, epoch, step, best: isBest ? score : best };
    const state = await captureState(this.#live, this.progress);
    if (firstNonFinite(state) !== undefined && this.#last) {
      this.broken = this.#last;
      return;
    }
    const imagesPerSecond = images / seconds;
    const waitedSeconds = this.#waitedMs / 1000;
    yield {
      kind: "epoch",
      epoch,
      step,
      trainLoss,
      validation,
      learningRate,
      imagesPerSecond,
      seconds,
      waitedSeconds,
      best: isBest,
    };
    this.#saved = now();
    yield { kind: "checkpoint", reason: "epoch", best: isBest, state };
  }

  /** A checkpoint in mid-epoch; none when weights are not finite, which is then what ends the run. */
  async *checkpoint(reason: "aborted", best: boolean): AsyncGenerator<TrainEvent, void, undefined> {
    const state = await captureState(this.#live, this.progress);
    if (firstNonFinite(state) !== undefined && this.#last) {
      this.broken = this.#last;
      yield* this.diverged(this.#last);
    } else yield { kind: "checkpoint", reason, best, state };
  }

  /** Finds the layer and says so. */
  async *diverged({ batch, loss, learningRate, generator }: Broken): AsyncGenerator<DivergedEvent, void, undefined> {
    defaultGenerator.setState(generator);
    const finding = await findNonFinite(this.#options.model, batch, this.#lossOf);
    const at = { epoch: Math.min(batch.epoch, this.progress.epoch) + 1, step: this.progress.step, loss, learningRate };
    const { layer, what } = finding;
    const { epoch, step } = at;
    yield { kind: "diverged", epoch, step, loss, layer, what, message: divergenceMessage(finding, at) };
  }
}

/** Of each tensor of a batch, the first two: enough to try a step with, batch norm included, without a batch's activations. */
function twoPictures(tensors: readonly unknown[]): unknown[] {
  return tensors.map((t) => narrow(t as Tensor, 0, 0, Math.min(2, (t as Tensor).size(0))));
}

function isBetter(score: { accuracy: number; loss: number }, best: Progress["best"]): boolean {
  return (
    best === null || score.accuracy > best.accuracy || (score.accuracy === best.accuracy && score.loss < best.loss)
  );
}
