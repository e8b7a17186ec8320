/** @file What a model file says about itself: enough to use the weights without the program that trained them. */
import type { TransformSpec } from "../data/index.ts";
import { DataError } from "../errors/errors.ts";
import type { ModelShape } from "../models/index.ts";

/** From a picture's bytes to the model's input. */
export interface Preprocessing {
  readonly channels: number;
  /** Of the model's input, after the transforms. */
  readonly height: number;
  readonly width: number;
  /** One a channel, in units of 0..1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Of the model's input; `transforms` turn pictures, which are RGB, into it. */
  readonly channelOrder: "L" | "RGB" | "BGR";
  readonly layout: "NCHW";
  /** All of it as transforms for `transformFromJSON`. */
  readonly transforms: TransformSpec;
}

/** Pictures, and the logits the model gave for them when it was saved: what a copy must reproduce. */
export interface Golden {
  /** (C, H, W) of each picture, before preprocessing. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** One byte a value, C·H·W of them, as base64. */
  readonly pixels: readonly string[];
  /** One row a picture, one number a class. */
  readonly logits: readonly (readonly number[])[];
}

/** What a model file says about its model, as JSON in the header. */
export interface ModelCard {
  /** A built-in model by name, or the file a model of one's own came from; and the data it fits. */
  readonly model: ModelShape & { readonly name: string };
  /** The network itself, where it is neither built in nor a module: a Keras topology, for `kerasModel`. */
  readonly topology?: unknown;
  /** Names, in the order of the logits. */
  readonly classes: readonly string[];
  /** From a picture to the model's input. */
  readonly preprocessing: Preprocessing;
  /** What a copy must reproduce; null where nothing was kept. */
  readonly golden: Golden | null;
  /** How it was trained: arguments of `drishti train`. */
  readonly config: Readonly<Record<string, unknown>> | null;
  /** Versions of what wrote the file. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Reads a card from its JSON; `file` stands in errors.
 *
 * Throws  DataError "card" that names what is missing or wrong.
 *
 * @example
 * parseCard(JSON.stringify(card)).model.name; // "simplecnn"
 */
export function parseCard(text: string, file?: string): ModelCard {
  const fail = (what: string): never => {
    throw new DataError(
      "model file",
      "card",
      `${file ?? "the file"}: its description is damaged: ${what}. Save the model again.`,
      file,
    );
  };
  let card: unknown;
  try {
    card = JSON.parse(text);
  } catch {
    return fail("it is not JSON");
  }
  const at = (path: string): unknown => {
    let value = card;
    for (const key of path.split("."))
      value =
        typeof value === "object" && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined;
    return value;
  };
  const counts = ["model.inChannels", "model.numClasses", "model.height", "model.width"];
  for (const path of [...counts, "preprocessing.channels", "preprocessing.height", "preprocessing.width"])
    if (!(Number.isInteger(at(path)) && (at(path) as number) >= 1)) fail(`${path} must be a whole number from 1`);
  if (typeof at("model.name") !== "string") fail("model.name must be a text");
  const classes = at("classes");
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === "string"))
    fail("classes must be a list of names");
  if ((classes as string[]).length !== at("model.numClasses"))
    fail(`there are ${(classes as string[]).length} class names for ${at("model.numClasses")} classes`);
  if (typeof at("preprocessing.transforms") !== "object") fail("preprocessing.transforms is missing");
  return card as ModelCard;
}
