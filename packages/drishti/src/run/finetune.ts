/** @file `train --from`: somebody's network with a head for these data, some of it held fast, rates by name. */
import { DataError } from "@drishti/core/errors";
import { freeze, headOf, type ModelShape, paramGroups, type RateRule } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import type { Trainable } from "./formats/format.ts";
import { readForeign } from "./formats/index.ts";
import { identify } from "./import-model.ts";
import { modelSource, readTrained, type TrainedFile, trainable } from "./model-source.ts";
import type { TrainConfig } from "./train-config.ts";
import { UsageError } from "./usage-error.ts";

/**
 * What --from names, with its card. A file of another program gets the one that `import` gives it without options; `say` is
 * told what was assumed.
 *
 * open    Starts the device: networks are tried on it.
 * Throws  UsageError for a network without weights; DataError for a file that cannot be read or fits no network.
 */
export async function readStart(spec: string, open: () => void, say?: (line: string) => void): Promise<TrainedFile> {
  const source = await modelSource(spec);
  const read = source.kind === "file" ? await readForeign(source.path) : undefined;
  if (source.kind !== "file" || !read || read.card) return readTrained(spec);
  open();
  const { card, model } = await identify(source.path, read, {});
  const { name, numClasses, inChannels, height, width } = card.model;
  const { mean, std } = card.preprocessing;
  say?.(
    `${spec} does not say what its pictures are like; taken: ${name}, ${numClasses} classes, ${height}×${width}×${inChannels}, mean ${mean.join(" ")}, std ${std.join(" ")}. If that is wrong: drishti import ${spec} --help`,
  );
  const whole = { ...read, card, training: null, file: source.path };
  return read.trainable ? whole : { ...whole, network: undefined, weights: model.stateDict() };
}

/**
 * The network of a model file with its weights; the head is a fresh one unless the classes are the same.
 *
 * Throws  DataError "channels" when the pictures are of another kind, and what `trainable` throws.
 */
export async function startFrom(file: TrainedFile, classes: readonly string[], shape: ModelShape): Promise<Trainable> {
  const { card, file: path } = file;
  const { channels } = card.preprocessing;
  if (channels !== shape.inChannels)
    throw new DataError(
      "train",
      "channels",
      `--from ${path}: the network takes pictures of ${channels} channel${channels === 1 ? "" : "s"}, the data have ${shape.inChannels}. Use other data, or another model.`,
      path,
    );
  // Its preprocessing is part of what it learned; the names of its classes say whether the last layer still fits.
  const newHead = card.classes.length !== classes.length || card.classes.some((name, i) => name !== classes[i]);
  return trainable(file, path, { shape, classes: card.classes.length, newHead });
}

/** The patterns of --freeze; "backbone" stands for everything but the last layer. */
export async function hold(model: Layer, patterns: string): Promise<void> {
  const list = patterns.split(",").map((pattern) => pattern.trim());
  for (const pattern of list) {
    if (pattern !== "backbone") freeze(model, pattern);
    else {
      const head = await headKeys(model);
      freeze(model, ...[...model.namedParameters()].map(([key]) => key).filter((key) => !head.includes(key)));
    }
  }
  if (![...model.parameters()].some((parameter) => parameter.requiresGrad))
    throw new UsageError(`--freeze ${patterns} holds every parameter: nothing would learn. Leave the last layer free.`);
}

/** Parameters of the last layer. */
async function headKeys(model: Layer): Promise<string[]> {
  const { OnnxModel } = await import("../onnx/browser.ts");
  if (model instanceof OnnxModel) {
    const keys = (await import("../onnx/trainable.ts")).headWeights(model);
    if (keys.length > 0) return keys;
    throw new UsageError(
      `--freeze backbone: which layer of this graph is its last is not plain. Name what is held by patterns: ${names(model)}.`,
    );
  }
  const { name } = headOf(model);
  return [...model.namedParameters()].map(([key]) => key).filter((key) => key.startsWith(`${name}.`));
}

/** The first names of a graph's weights. */
function names(model: Layer): string {
  const all = [...model.namedParameters()].map(([key]) => key);
  return all.length > 6 ? `${all.slice(0, 6).join(", ")}, …` : all.join(", ");
}

/** PATTERN=RATE, several joined by commas. */
export function rateRules(text: string): RateRule[] {
  return text.split(",").map((part) => {
    const at = part.lastIndexOf("=");
    const lr = Number(part.slice(at + 1));
    if (at < 1 || !(lr > 0))
      throw new UsageError(`--lr-of ${part}: must be PATTERN=RATE with a rate above 0, such as features.*=0.0001.`);
    return { match: part.slice(0, at).trim(), lr };
  });
}

/** What the optimiser moves: everything that is not held, with the rates that --lr-of gives. */
export function trainedParameters(model: Layer, config: TrainConfig): ReturnType<typeof paramGroups> {
  return paramGroups(model, config["lr-of"] === null ? [] : rateRules(config["lr-of"]));
}
