/** @file `train --from`: somebody's network with a head for these data, some of it held fast, rates by name. */
import { DataError } from "@drishti/core/errors";
import { freeze, headOf, type ModelShape, paramGroups, type RateRule, replaceHead } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import type { ModelCard } from "@drishti/core/train";
import { readTrained, trainable } from "./model-source.ts";
import type { TrainConfig } from "./train-config.ts";
import { UsageError } from "./usage-error.ts";

/** A trained network that tells the classes of other data apart; its preprocessing is part of what it learned. */
export interface Start {
  readonly model: Layer;
  readonly card: ModelCard;
}

/**
 * The network of a model file with its weights; the head is a fresh one unless the classes are the same.
 *
 * Throws  UsageError for a network without weights; DataError "channels" when the pictures are of another kind, "network"
 *         for a file that holds a network of its own, as ONNX does: it could not be saved again.
 */
export async function startFrom(spec: string, classes: readonly string[], shape: ModelShape): Promise<Start> {
  const file = await readTrained(spec);
  const { channels } = file.card.preprocessing;
  if (channels !== shape.inChannels)
    throw new DataError(
      "train",
      "channels",
      `--from ${spec}: the network takes pictures of ${channels} channels, the data have ${shape.inChannels}. Use other data, or another model.`,
      spec,
    );
  const { card } = file;
  const model = await trainable(file, spec);
  const same = card.classes.length === classes.length && card.classes.every((name, i) => name === classes[i]);
  if (!same) replaceHead(model, classes.length);
  return { model, card };
}

/** The patterns of --freeze; "backbone" stands for everything but the last layer. */
export function hold(model: Layer, patterns: string): void {
  const list = patterns.split(",").map((pattern) => pattern.trim());
  for (const pattern of list) {
    if (pattern !== "backbone") freeze(model, pattern);
    else {
      const { name } = headOf(model);
      const others = [...model.namedParameters()].filter(([key]) => !key.startsWith(`${name}.`));
      freeze(model, ...others.map(([key]) => key));
    }
  }
  if (![...model.parameters()].some((parameter) => parameter.requiresGrad))
    throw new UsageError(`--freeze ${patterns} holds every parameter: nothing would learn. Leave the last layer free.`);
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
