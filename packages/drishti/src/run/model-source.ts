/** @file What MODEL means on the command line: a built-in name, a run folder, a model file, or a module of one's own. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DataError } from "@drishti/core/errors";
import { createModel, loadWeights, type ModelShape, modelNames, noModel, replaceHead } from "@drishti/core/models";
import { init, type Layer, Module } from "@drishti/core/nn";
import type { ModelCard, TrainingState } from "@drishti/core/train";
import { expandHome, kindOf } from "../data/files.ts";
import type { ReadModel, Trainable, TrainableOptions } from "./formats/format.ts";
import { readForeign } from "./formats/index.ts";
import type { KerasTopology } from "./formats/tfjs.ts";
import { modelOfWebFolder } from "./formats/web.ts";
import { withKerasHead } from "./keras-head.ts";
import { isRunFolder, RunFolder } from "./run-folder.ts";
import { modelOfTopology } from "./topology.ts";
import { UsageError } from "./usage-error.ts";

export type ModelSource =
  | { readonly kind: "built-in"; readonly name: string }
  | { readonly kind: "module"; readonly path: string }
  | { readonly kind: "file"; readonly path: string };

/**
 * Finds out which of the four a MODEL argument is.
 *
 * Throws  UsageError for a name that is none of them, with the names there are; DataError for a path that is not there,
 *         or a folder without a run.
 */
export async function modelSource(spec: string): Promise<ModelSource> {
  if (modelNames.includes(spec)) return { kind: "built-in", name: spec };
  const path = expandHome(spec);
  if (!existsSync(path) && !/[./\\]/.test(spec))
    throw new UsageError(`${noModel(spec)}; or give a run folder, a model file or a module.`);
  if ((await kindOf(path)) === "file") return { kind: /\.[cm]?[jt]s$/.test(path) ? "module" : "file", path };
  const served = modelOfWebFolder(path);
  if (served) return { kind: "file", path: served };
  if (!(await isRunFolder(path)))
    throw new DataError(
      "model",
      "no-run",
      `${path} is a folder without a run (no config.json). Give a run folder, a model file or a built-in name.`,
      path,
    );
  const run = new RunFolder(path);
  const file = [run.best, run.last].find(existsSync);
  if (!file)
    throw new DataError(
      "model",
      "no-checkpoint",
      `${path} has no checkpoint yet: no epoch of that run was finished. Train it first.`,
      path,
    );
  return { kind: "file", path: file };
}

/** A trained model with what its file says about it. */
export interface TrainedModel {
  readonly model: Layer;
  readonly card: ModelCard;
  readonly file: string;
}

/** A model file read, before a network is made of it. */
export interface TrainedFile extends ModelWithCard {
  readonly file: string;
}

/** Any format of file, with what Drishti needs to use it. */
export interface ModelWithCard extends ReadModel {
  readonly card: ModelCard;
  readonly training: TrainingState | null;
}

/** Finds and reads a run folder's best model, or a model file. Throws UsageError for what has no trained weights. */
export async function readTrained(spec: string): Promise<TrainedFile> {
  const source = await modelSource(spec);
  if (source.kind !== "file")
    throw new UsageError(
      `${spec} is a network without trained weights: give a run folder or a .safetensors file, or train it by "drishti train --model ${spec}".`,
    );
  const file = await readModelFile(source.path);
  if (file.training?.progress.step === 0)
    throw new DataError(
      "model",
      "no-checkpoint",
      `${spec} has learned nothing yet: its run ended before the first epoch. Go on with it: drishti train --resume ${spec}`,
      source.path,
    );
  return { ...file, file: source.path };
}

/** The network of a model file, with its weights, on the default device. */
export async function openTrained({ card, weights, network, file }: TrainedFile): Promise<TrainedModel> {
  if (network) return { model: await network(), card, file };
  const model = await modelOfCard(card, file);
  model.loadStateDict(weights);
  return { model, card, file };
}

/** A model file or checkpoint with its card. Throws DataError, also for weights of other programs, which have no card. */
export async function readModelFile(path: string): Promise<ModelWithCard> {
  const file = await readForeign(path);
  if (file.card === null)
    throw new DataError(
      "model file",
      "no-card",
      `${path}: these weights do not say which network they belong to and what its pictures are like, so Drishti did not write them. Make a model file of them: drishti import ${path}.`,
      path,
    );
  return { ...file, card: file.card, training: file.training ?? null };
}

/** The network a card describes, for its weights: those of a built-in one are 0, not drawn. */
export async function modelOfCard(card: ModelCard, file: string): Promise<Layer> {
  const { name, ...shape } = card.model;
  if (isGraph(card.topology)) return (await graphs()).modelOfGraph(card.topology, file);
  if (card.topology !== undefined) return modelOfTopology(card.topology, file);
  if (modelNames.includes(name)) return init.skipInit(() => createModel(name, shape));
  if (!existsSync(name))
    throw new DataError(
      "model file",
      "no-module",
      `${file}: its network was defined in ${name}, which is not there. Put the module back, or train again.`,
      file,
    );
  return importModel(name, shape);
}

/**
 * A network that fits pictures of a shape: built in, or from a module that exports a `Module`: a class, taking an object
 * of inChannels, numClasses, height and width, a function that returns one for it, or a finished one.
 */
export async function freshModel(source: ModelSource, shape: ModelShape): Promise<Layer> {
  if (source.kind === "built-in") return createModel(source.name, shape);
  if (source.kind === "module") return importModel(source.path, shape);
  return (await modelToGoOn(source.path, shape)).model;
}

/** The network of a model file as it is, for pictures like its own. */
export async function modelToGoOn(path: string, shape: ModelShape): Promise<Trainable> {
  const file = await readModelFile(path);
  const { inChannels, numClasses } = file.card.model;
  if (inChannels !== shape.inChannels || numClasses !== shape.numClasses)
    throw new DataError(
      "model",
      "misfit",
      `${path} takes ${inChannels} channels and tells ${numClasses} classes apart, the data have ${shape.inChannels} and ${shape.numClasses}. Use other data, or go on from it with a new last layer: --from ${path}.`,
      path,
    );
  return trainable(file, path, { shape, classes: numClasses, newHead: false });
}

/**
 * The network of a model file, so that a run can train it. Checkpoints hold weights alone: a built-in network is made anew by
 * its name, one of a module by its path, all others by what their card says of them.
 *
 * Throws  DataError "head" where a new last layer cannot be put in, "untrainable".
 */
export async function trainable(file: ModelWithCard, path: string, options: TrainableOptions): Promise<Trainable> {
  const { card, weights, network } = file;
  const { newHead, shape } = options;
  const { name, ...own } = card.model;
  if (network) {
    const model = modelNames.includes(name) ? init.skipInit(() => createModel(name, own)) : undefined;
    const keys = [...(model?.stateDict().keys() ?? [])];
    if (!model || !keys.every((key) => weights.has(key) || key.endsWith("num_batches_tracked")))
      return file.trainable!(options);
    loadWeights(model, new Map([...weights].filter(([key]) => keys.includes(key)))); // a graph has constants, too
    if (newHead) replaceHead(model, shape.numClasses);
    return { model };
  }
  if (isGraph(card.topology)) {
    const { joinGraph, trainableGraph } = await graphs();
    return trainableGraph(joinGraph(card.topology, weights, path), { ...options, file: path });
  }
  if (newHead && card.topology !== undefined)
    return withKerasHead(card.topology as KerasTopology, weights, shape.numClasses, path);
  const model = await modelOfCard(card, path);
  model.loadStateDict(weights);
  if (newHead) replaceHead(model, shape.numClasses);
  return { model, topology: card.topology };
}

function isGraph(topology: unknown): boolean {
  return (topology as { format?: unknown } | undefined)?.format === "onnx";
}

/** ONNX is loaded where it is needed: most commands do without. */
async function graphs() {
  const [{ joinGraph, modelOfGraph }, { trainableGraph }] = await Promise.all([
    import("../onnx/topology.ts"),
    import("../onnx/trainable.ts"),
  ]);
  return { joinGraph, modelOfGraph, trainableGraph };
}

async function importModel(path: string, shape: ModelShape): Promise<Layer> {
  const file = resolve(path);
  const fail = (code: string, text: string, cause?: unknown): never => {
    throw new DataError("model", code, `${path}: ${text}`, path, { cause });
  };
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION")
      return fail(
        "typescript",
        `Node ${process.versions.node} cannot load TypeScript by itself. Use Node 22.18 or newer, or compile the file to JavaScript.`,
        cause,
      );
    return fail("module", `cannot be loaded: ${(cause as Error).message}.`, cause);
  }
  const candidates = [exported.default, exported.model, ...Object.values(exported)].filter(
    (value) => value !== undefined,
  );
  for (const candidate of candidates) {
    if (candidate instanceof Module) return candidate as Layer;
    if (isModuleClass(candidate)) return new candidate(shape);
  }
  const [made] = [exported.default, exported.model]
    .filter((value) => typeof value === "function")
    .map((make) => (make as (shape: ModelShape) => unknown)(shape));
  if (made instanceof Module) return made as Layer;
  return fail(
    "no-module",
    `exports no Module (it exports ${Object.keys(exported).join(", ") || "nothing"}). Export a class that extends nn.Module, an instance, or a function that makes one.`,
  );
}

function isModuleClass(value: unknown): value is new (shape: ModelShape) => Layer {
  return typeof value === "function" && value.prototype instanceof Module;
}

/** The name to write in a card: built-in names as they are, modules by their whole path. */
export function cardName(source: ModelSource, card?: ModelCard): string {
  if (source.kind === "built-in") return source.name;
  return source.kind === "module" ? resolve(source.path) : card!.model.name;
}
