/** @file A whole training: set up, loop, and a run folder that is kept whole at every moment. */
import { existsSync } from "node:fs";
import { type Backend, crossEntropy } from "@drishti/core";
import { isImageSet, type PictureSet } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { Layer } from "@drishti/core/nn";
import {
  checkpointPieces,
  type ModelCard,
  modelPieces,
  modelWeights,
  type TrainEvent,
  type TrainingState,
  train,
} from "@drishti/core/train";
import { collect } from "./collect.ts";
import { type Judgement, judge } from "./judge.ts";
import { openTrained, readTrained } from "./model-source.ts";
import { withLessMemory } from "./picture-size.ts";
import { writeReport } from "./report/page.ts";
import { type EpochRecord, RunFolder, recordOf } from "./run-folder.ts";
import { withGolden } from "./save.ts";
import { readSaved, type Saved, type Setup, setUp } from "./setup.ts";
import { EventFile } from "./tensorboard.ts";
import type { TrainConfig } from "./train-config.ts";
import { UsageError } from "./usage-error.ts";
import { writeAtomic } from "./write-file.ts";

/** Before the first step. */
export interface ReadyEvent {
  readonly kind: "ready";
  readonly run: string;
  readonly device: Backend;
  readonly model: string;
  readonly parameters: number;
  readonly trainPictures: number;
  readonly validationPictures: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  /** Where a resumed run goes on; null for a new one. */
  readonly resumedAt: { readonly epoch: number; readonly step: number } | null;
}

export type JobEvent = ReadyEvent | TrainEvent;

export interface TrainJob {
  readonly config: TrainConfig;
  /** The run folder: to be made, or with `resume` to be gone on with. */
  readonly out: string;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly listen?: (event: JobEvent) => void;
  /** Where the line goes that says why native was not taken. */
  readonly say?: (line: string) => void;
}

export interface TrainOutcome {
  readonly reason: "finished" | "aborted" | "diverged";
  readonly run: string;
  readonly config: TrainConfig;
  readonly device: Backend;
  readonly epoch: number;
  readonly step: number;
  readonly records: readonly EpochRecord[];
  /** Of the best epoch's model on the validation data; null when the run did not finish. */
  readonly judgement: Judgement | null;
  /** The best epoch's model; null when the run did not finish. */
  readonly trained: { readonly model: Layer; readonly card: ModelCard } | null;
  readonly validation: PictureSet;
  /** Training alone, over all epochs. */
  readonly imagesPerSecond: number;
  /** Of this call, from its start. */
  readonly seconds: number;
  /** Whether there is a checkpoint to go on from. */
  readonly hasCheckpoint: boolean;
  /** What went wrong, when it diverged. */
  readonly message: string | null;
}

/**
 * Trains by a configuration and leaves a run folder: the checkpoint after every epoch (and when aborted), the best
 * model, a line of metrics an epoch, and at the end the report.
 *
 * Throws  DataError for data, models and files that are not what they should be, or cannot be written.
 */
export async function runTraining(job: TrainJob): Promise<TrainOutcome> {
  const start = performance.now();
  const learned = await learn(job);
  collect(); // the network that learned, its gradients and moments
  const { done, records, validation } = learned;
  const { config } = job;
  const finished = done.reason === "finished";
  const trained = finished ? await openTrained(await readTrained(job.out)) : null;
  const judgement = trained ? await judge(trained, validation, config.val ?? config.data) : null;
  const outcome: TrainOutcome = {
    ...done,
    run: job.out,
    config,
    device: learned.device,
    records,
    judgement,
    trained,
    validation,
    imagesPerSecond: speedOf(records),
    seconds: (performance.now() - start) / 1000,
    hasCheckpoint: learned.hasCheckpoint,
    message: learned.message,
  };
  collect();
  if (finished) await writeReport(new RunFolder(job.out).report, outcome);
  return outcome;
}

/** What is left of the loop when it has ended; the best model is in its file. */
type Learned = Pick<Keeper, "done" | "message" | "hasCheckpoint" | "records"> &
  Pick<TrainOutcome, "device" | "validation">;

async function learn(job: TrainJob): Promise<Learned> {
  const { config, signal, listen } = job;
  const folder = new RunFolder(job.out);
  if (!job.resume) folder.checkFree();
  const saved = job.resume ? await readSaved(folder) : undefined;
  const past = saved?.training?.progress.epoch ?? 0;
  if (past > config.epochs)
    throw new UsageError(
      `--epochs ${config.epochs}: ${job.out} has done ${past} epochs already. Give ${past} or more.`,
    );
  const setup = await setUp(config, saved, job.say);
  if (!saved) {
    await folder.create();
    await folder.writeConfig(config);
  }
  const keeper = await Keeper.open(folder, setup, saved);
  listen?.(readyEvent(job, setup, saved));

  const { model, optimizer, ema, schedule, loader, validation, card, data, device } = setup;
  const events = train({
    model,
    optimizer,
    train: loader,
    validation,
    classes: card.classes.length,
    epochs: config.epochs,
    loss: (logits, target) => crossEntropy(logits, target, { labelSmoothing: config["label-smoothing"] }),
    validationLoss: crossEntropy,
    ema,
    scheduler: schedule.scheduler,
    schedulePer: schedule.per,
    checkpointAtStart: true,
    checkpointSeconds: config["checkpoint-every"] || undefined,
    signal,
    resume: saved?.training ?? undefined,
  });
  let isUnderWay = saved === undefined;
  try {
    for await (const event of events) {
      if (!isUnderWay) await folder.writeConfig(config); // not before the state was found to fit, so that a mistake changes nothing
      isUnderWay = true;
      await keeper.keep(event);
      listen?.(event);
      if (event.kind === "checkpoint") setImmediate(collect); // its state, once it is out of sight
    }
  } catch (error) {
    throw withLessMemory(keeper.withWayOn(error), loader.batchSize, !isImageSet(data.train));
  }
  const { done, message, hasCheckpoint, records } = keeper;
  return { done, message, hasCheckpoint, records, device, validation: data.val };
}

/** Writes down what happens: metrics, curves, checkpoints, the best model. */
class Keeper {
  done: Pick<TrainOutcome, "reason" | "epoch" | "step"> = { reason: "finished", epoch: 0, step: 0 };
  message: string | null = null;
  hasCheckpoint: boolean;
  readonly records: EpochRecord[];
  readonly #folder: RunFolder;
  readonly #setup: Setup;
  readonly #curves: EventFile;

  private constructor(folder: RunFolder, setup: Setup, hasCheckpoint: boolean, records: EpochRecord[]) {
    this.#folder = folder;
    this.#setup = setup;
    this.#curves = new EventFile(folder.path);
    this.hasCheckpoint = hasCheckpoint;
    this.records = records;
  }

  static async open(folder: RunFolder, setup: Setup, saved: Saved | undefined): Promise<Keeper> {
    const records = saved?.training ? await folder.keepRecords(saved.training.progress.epoch) : [];
    return new Keeper(folder, setup, saved !== undefined, records);
  }

  async keep(event: TrainEvent): Promise<void> {
    addPoints(this.#curves, event);
    if (event.kind === "epoch") {
      const record = recordOf(event);
      this.records.push(record);
      await this.#folder.addRecord(record);
    } else if (event.kind === "checkpoint") {
      if (event.reason === "start") await this.#saveFirst(event.state);
      else {
        await this.#save(event.state, event.best);
        await this.#curves.flush();
        this.hasCheckpoint = true;
      }
    } else if (event.kind === "diverged") this.message = event.message;
    else if (event.kind === "done") this.done = { reason: event.reason, epoch: event.epoch, step: event.step };
  }

  /** Says how to go on after a failed write: what was learned up to the last checkpoint is there. */
  withWayOn(error: unknown): unknown {
    if (!(error instanceof DataError) || error.where !== "write" || !existsSync(this.#folder.last)) return error;
    const text = `${error.message.replace(/^write: /, "").replace(/, or write elsewhere/, "")} Then go on from the last checkpoint: drishti train --resume ${this.#folder.path}`;
    return new DataError(error.where, error.code, text, error.file, { cause: error });
  }

  /** Before the first step, so that a full disk is noticed before anything was learned, and every run can be gone on with. */
  async #saveFirst(state: TrainingState): Promise<void> {
    await writeAtomic(this.#folder.last, checkpointPieces(state, this.#setup.card));
  }

  /** The best model first: a crash between the two repeats the epoch and writes it again. */
  async #save(state: TrainingState, best: boolean): Promise<void> {
    const { card: bare, model, data, ema } = this.#setup;
    const answer = () => withGolden(bare, model, data.val);
    const card = await (ema ? ema.withWeights(answer) : answer());
    if (best) await writeAtomic(this.#folder.best, modelPieces(modelWeights(state), card));
    await writeAtomic(this.#folder.last, checkpointPieces(state, card));
  }
}

function readyEvent(
  job: TrainJob,
  { device, model, loader, validation, card, data }: Setup,
  saved: Saved | undefined,
): ReadyEvent {
  const progress = saved?.training?.progress;
  return {
    kind: "ready",
    run: job.out,
    device,
    model: card.model.name,
    parameters: [...model.parameters()].reduce((sum, parameter) => sum + parameter.numel, 0),
    trainPictures: data.train.length,
    validationPictures: validation.dataset.length,
    stepsPerEpoch: loader.length,
    epochs: job.config.epochs,
    resumedAt: progress ? { epoch: progress.epoch, step: progress.step } : null,
  };
}

/** Pictures a second over all epochs. */
function speedOf(records: readonly EpochRecord[]): number {
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0);
  const images = records.reduce((sum, record) => sum + record.imagesPerSecond * record.seconds, 0);
  return seconds === 0 ? 0 : images / seconds;
}

function addPoints(curves: EventFile, event: TrainEvent): void {
  if (event.kind === "step") {
    curves.add({ tag: "loss/step", step: event.step, value: event.loss });
    curves.add({ tag: "learning rate", step: event.step, value: event.learningRate });
  } else if (event.kind === "epoch") {
    curves.add({ tag: "loss/training", step: event.step, value: event.trainLoss });
    if (!event.validation) return;
    curves.add({ tag: "loss/validation", step: event.step, value: event.validation.loss });
    curves.add({ tag: "accuracy/validation", step: event.step, value: event.validation.accuracy });
  }
}
