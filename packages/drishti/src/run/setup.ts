/** @file From a configuration to everything that trains: data, network, optimiser, schedule, loaders, card. */
import { existsSync } from "node:fs";
import { type Backend, manualSeed, setDefaultDevice } from "@drishti/core";
import { DataLoader, isImageSet, type PictureSet } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { ModelShape } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import { EMA, type Optimizer } from "@drishti/core/optim";
import type { ModelCard } from "@drishti/core/train";
import { type OpenedData, openData, openSplit } from "../data/open-data.ts";
import type { BadFile } from "../data/picture-files.ts";
import { plainText } from "../data/work/task.ts";
import { openDevice, registerDevices } from "../devices.ts";
import { mixing } from "./augment.ts";
import { hold, readStart, startFrom } from "./finetune.ts";
import type { Trainable } from "./formats/format.ts";
import {
  cardName,
  freshModel,
  type ModelSource,
  type ModelWithCard,
  modelOfCard,
  modelSource,
  modelToGoOn,
  readModelFile,
} from "./model-source.ts";
import { makeOptimizer, makeSchedule, type Schedule } from "./optimization.ts";
import { checkSizes, checkTrainSize, imageSize } from "./picture-size.ts";
import { pipelines } from "./pictures.ts";
import type { RunFolder } from "./run-folder.ts";
import { versions } from "./save.ts";
import type { TrainConfig } from "./train-config.ts";

export interface Setup {
  readonly device: Backend;
  readonly data: OpenedData;
  readonly model: Layer;
  readonly optimizer: Optimizer;
  /** Averages the weights, running statistics included. */
  readonly ema: EMA | undefined;
  readonly schedule: Schedule;
  readonly loader: DataLoader;
  readonly validation: DataLoader;
  /** Without golden pictures. */
  readonly card: ModelCard;
}

/** A checkpoint to go on from. */
export type Saved = ModelWithCard;

/** The last checkpoint of a run. Throws DataError when it is missing, damaged or no checkpoint. */
export async function readSaved(folder: RunFolder): Promise<Saved> {
  if (existsSync(folder.config) && !existsSync(folder.last))
    throw new DataError(
      "train",
      "no-checkpoint",
      `${folder.path} has no checkpoint to go on with: that run ended before its first step. Start it again: drishti train --config ${folder.config} --out ${folder.path}`,
      folder.path,
    );
  const saved = await readModelFile(folder.last);
  if (saved.training) return saved;
  throw new DataError(
    "train",
    "no-state",
    `${folder.last} holds a model but no state of a run to go on with. Resume another run.`,
    folder.last,
  );
}

/**
 * Everything that can be wrong with the arguments is found first, before a device is started. Random numbers are drawn
 * in one order, so that a seed gives the same network and the same batches every time.
 */
export async function setUp(
  config: TrainConfig,
  saved: Saved | undefined,
  say?: (line: string) => void,
): Promise<Setup> {
  let device: Backend | undefined;
  const open = (): Backend => {
    registerDevices({ threads: config.threads ?? undefined });
    device ??= setDefaultDevice(openDevice(config.device, { say, threads: config.threads ?? undefined }));
    return device;
  };
  const from = saved || config.from === null ? undefined : await readStart(config.from, open, say);
  const source = saved || from ? undefined : await modelSource(config.model);
  const data = await openTrainingData(config, await imageSize(config, source, (saved ?? from)?.card), say);
  if (!saved) checkSizes(config, data);
  open();
  const [channels, height, width] = data.shape;
  const shape = { inChannels: channels, numClasses: data.classes.length, height, width };
  manualSeed(config.seed);
  const { model, topology } = saved
    ? { model: await modelOfCard(saved.card, config.model), topology: saved.card.topology }
    : from
      ? await startFrom(from, data.classes, shape)
      : await fresh(source!, shape);
  const trainSize = config["train-size"];
  if (trainSize !== null) checkTrainSize(model, trainSize, data.shape);
  if (config.freeze !== null) await hold(model, config.freeze);
  const known = config.from === null ? undefined : (saved ?? from)?.card.preprocessing;
  const { train, plain, preprocessing } = pipelines(data, config.augment, { known, trainSize });
  const batchSize = config["batch-size"];
  const batchTransform = mixing(config, data.classes.length);
  const loader = new DataLoader(data.train, { batchSize, shuffle: true, transform: train, batchTransform });
  const validation = new DataLoader(data.val, {
    batchSize: isImageSet(data.val) ? Math.max(batchSize, 128) : batchSize,
    transform: plain,
  });
  const optimizer = makeOptimizer(model, config);
  const ema = config.ema === 0 ? undefined : new EMA(model, { decay: config.ema, useBuffers: true, warmup: true });
  const schedule = makeSchedule(optimizer, config, loader.length);
  const card = saved?.card ?? {
    model: { name: from?.card.model.name ?? (await nameOf(source!)), ...shape },
    ...(topology === undefined ? {} : { topology }),
    classes: data.classes,
    preprocessing,
    golden: null,
    versions: versions(),
  };
  return {
    device: open(),
    data,
    model,
    optimizer,
    ema,
    schedule,
    loader,
    validation,
    card: { ...card, config: { ...config } },
  };
}

async function nameOf(source: ModelSource): Promise<string> {
  return cardName(source, source.kind === "file" ? (await readModelFile(source.path)).card : undefined);
}

/** A network for these pictures, without weights or with those of a file. */
async function fresh(source: ModelSource, shape: ModelShape): Promise<Trainable> {
  return source.kind === "file" ? modelToGoOn(source.path, shape) : { model: await freshModel(source, shape) };
}

/**
 * The data with the validation half that `val` names instead of its own, when all of what comes in one piece is learned from;
 * refuses halves that do not fit each other.
 */
async function openTrainingData(config: TrainConfig, size: number, say?: (line: string) => void): Promise<OpenedData> {
  const { data, val } = config;
  const options = {
    imageSize: size,
    workers: config.workers ?? undefined,
    onBadFile: config["on-bad-file"],
    onBad: (bad: BadFile) => say?.(`left out: ${plainText(bad)}`),
    say,
  };
  const opened = await openData(data, { ...options, holdOut: val === null });
  if (val === null) {
    if (opened.val.length > 0) return opened;
    throw new DataError(
      "train",
      "validation",
      `${data} has no class with two pictures, so none can be held out to measure by. Add pictures, or name others by --val.`,
      data,
    );
  }
  const other = await openSplit(val, "own", { ...options, wantedClasses: opened.classes });
  const shapeOf = (set: PictureSet) =>
    `${set.channels}×${isImageSet(set) ? `${set.height}×${set.width}` : "any size"}, ${set.classes.length} classes`;
  if (shapeOf(other) !== shapeOf(opened.train))
    throw new DataError(
      "train",
      "validation",
      `the pictures of --val ${val} are ${shapeOf(other)}, those of --data ${data} ${shapeOf(opened.train)}. Give data that fit each other.`,
      val,
    );
  const { name, train: training, classes, shape, meanStd } = opened;
  return { name, train: training, val: other, classes, shape, meanStd };
}
