/** @file A whole training: data, model, loop, and a run folder that is kept whole at every moment. */
import { type Backend, manualSeed, setDefaultDevice } from "@drishti/core";
import { DataLoader, type ImageSet } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { Layer } from "@drishti/core/nn";
import {
  encodeCheckpoint,
  encodeModel,
  type ModelCard,
  type TrainEvent,
  type TrainingState,
  train,
} from "@drishti/core/train";
import { type OpenedData, openData, openSplit } from "../data/open-data.ts";
import { openDevice, registerDevices } from "../devices.ts";
import { type Judgement, judge } from "./judge.ts";
import {
  cardName,
  freshModel,
  modelOfCard,
  modelSource,
  openTrained,
  readModelFile,
  readTrained,
} from "./model-source.ts";
import { makeOptimizer, makeSchedule } from "./optimization.ts";
import { pipelines } from "./pictures.ts";
import { writeReport } from "./report.ts";
import { type EpochRecord, RunFolder, recordOf } from "./run-folder.ts";
import { versions, withGolden } from "./save.ts";
import type { TrainConfig } from "./train-config.ts";
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
  readonly validation: ImageSet;
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
  const { config, signal, listen } = job;
  const start = performance.now();
  // Everything that can be wrong with the arguments is found before a device is started or a folder made.
  const source = await modelSource(config.model);
  const data = await openTrainingData(config);
  const folder = new RunFolder(job.out);
  if (!job.resume) folder.checkFree();
  const saved = job.resume ? await readModelFile(folder.last) : undefined;
  if (saved && !saved.training)
    throw new DataError(
      "train",
      "no-state",
      `${folder.last} holds a model but no state of a run to go on with. Resume another run.`,
      folder.last,
    );

  registerDevices({ threads: config.threads ?? undefined });
  const device = setDefaultDevice(openDevice(config.device, { say: job.say }));
  const { channels, height, width } = data.train;
  const shape = { inChannels: channels, numClasses: data.classes.length, height, width };
  manualSeed(config.seed);
  const model = saved ? await modelOfCard(saved.card, folder.last) : await freshModel(source, shape);
  const steps = pipelines(data.train, data.meanStd, config.augment);
  const card: ModelCard = saved?.card ?? {
    model: {
      name: cardName(source, source.kind === "file" ? (await readModelFile(source.path)).card : undefined),
      ...shape,
    },
    classes: data.classes,
    preprocessing: steps.preprocessing,
    golden: null,
    config: { ...config },
    versions: versions(),
  };
  const batchSize = config["batch-size"];
  const loader = new DataLoader(data.train, { batchSize, shuffle: true, transform: steps.train });
  const validation = new DataLoader(data.val, { batchSize: Math.max(batchSize, 256), transform: steps.plain });
  const optimizer = makeOptimizer(model, config);
  const { scheduler, per } = makeSchedule(optimizer, config, loader.length);

  if (!saved) await folder.create();
  await folder.writeConfig(config);
  const records = saved?.training ? await folder.keepRecords(saved.training.progress.epoch) : [];
  const progress = saved?.training?.progress;
  listen?.({
    kind: "ready",
    run: job.out,
    device,
    model: card.model.name,
    parameters: [...model.parameters()].reduce((sum, parameter) => sum + parameter.numel, 0),
    trainPictures: data.train.length,
    validationPictures: data.val.length,
    stepsPerEpoch: loader.length,
    epochs: config.epochs,
    resumedAt: progress ? { epoch: progress.epoch, step: progress.step } : null,
  });

  const save = async (state: TrainingState, best: boolean) => {
    const now = await withGolden({ ...card, config: { ...config } }, model, data.val);
    await writeAtomic(folder.last, encodeCheckpoint(state, now));
    if (best) await writeAtomic(folder.best, encodeModel(state.model, now));
  };
  let hasCheckpoint = saved !== undefined;
  let message: string | null = null;
  let done = { reason: "finished" as TrainOutcome["reason"], epoch: 0, step: 0 };
  const { epochs } = config;
  const classes = data.classes.length;
  const events = train({
    model,
    optimizer,
    train: loader,
    validation,
    classes,
    epochs,
    scheduler,
    schedulePer: per,
    signal,
    resume: saved?.training ?? undefined,
  });
  for await (const event of events) {
    if (event.kind === "epoch") {
      records.push(recordOf(event));
      await folder.addRecord(records.at(-1)!);
    } else if (event.kind === "checkpoint") {
      await save(event.state, event.best);
      hasCheckpoint = true;
    } else if (event.kind === "diverged") message = event.message;
    else if (event.kind === "done") done = event;
    listen?.(event);
  }

  const finished = done.reason === "finished";
  const trained = finished ? await openTrained(await readTrained(job.out)) : null;
  const judgement = trained ? await judge(trained, data.val, config.val ?? config.data) : null;
  const images = records.reduce((sum, record) => sum + record.imagesPerSecond * record.seconds, 0);
  const outcome: TrainOutcome = {
    reason: done.reason,
    run: job.out,
    config,
    device,
    epoch: done.epoch,
    step: done.step,
    records,
    judgement,
    trained,
    validation: data.val,
    imagesPerSecond: records.length === 0 ? 0 : images / records.reduce((sum, record) => sum + record.seconds, 0),
    seconds: (performance.now() - start) / 1000,
    hasCheckpoint,
    message,
  };
  if (finished) await writeReport(folder.report, outcome);
  return outcome;
}

/** The data with the validation half that `val` names instead of its own; refuses halves that do not fit each other. */
async function openTrainingData({ data, val }: TrainConfig): Promise<OpenedData> {
  const opened = await openData(data);
  if (val === null) return opened;
  const other = await openSplit(val, "val");
  const shapeOf = (set: ImageSet) => `${set.channels}×${set.height}×${set.width}, ${set.classes.length} classes`;
  if (shapeOf(other) !== shapeOf(opened.train))
    throw new DataError(
      "train",
      "validation",
      `the pictures of --val ${val} are ${shapeOf(other)}, those of --data ${data} ${shapeOf(opened.train)}. Give data that fit each other.`,
      val,
    );
  const { name, train: training, classes, meanStd } = opened;
  return { name, train: training, val: other, classes, meanStd };
}
