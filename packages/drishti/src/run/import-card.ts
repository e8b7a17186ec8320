/** @file The card of a model that comes without one: from what the user says, and what such models usually want. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { centerCrop, compose, normalize, permuteChannels, resize, type Transform, toTensor } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { ModelShape } from "@drishti/core/models";
import type { ModelCard, Preprocessing } from "@drishti/core/train";
import { readError } from "../data/files.ts";
import { versions } from "./save.ts";
import { UsageError } from "./usage-error.ts";

/** How pictures become numbers, by the names people know: mean and std in units of 0..1. */
export const presets = {
  /** torchvision's. */
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], order: "RGB" },
  /** Keras' "tf": x / 127.5 - 1. */
  tf: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], order: "RGB" },
  /** 0..255, blue first, minus the mean of ImageNet. */
  caffe: { mean: [104 / 255, 117 / 255, 123 / 255], std: [1 / 255, 1 / 255, 1 / 255], order: "BGR" },
  /** 0..1 and nothing more. */
  unit: { mean: [0, 0, 0], std: [1, 1, 1], order: "RGB" },
} as const;

export type PresetName = keyof typeof presets;

export interface PreprocessingOptions {
  readonly preset?: PresetName;
  /** One a channel, in units of 0..1, in the order of the network's channels. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly channelOrder?: "RGB" | "BGR";
  /** The smaller side of a picture is brought to this before it is cut; 0: the whole picture is squeezed into the input. */
  readonly resize?: number;
}

/** Room for a crop, as for most ImageNet models: 256 for 224. Small inputs are not cropped. */
const CROP_FROM = 128;

export function preprocessingOf(
  { inChannels: channels, height, width }: ModelShape,
  options: PreprocessingOptions,
): Preprocessing {
  const preset = presets[options.preset ?? (channels === 3 ? "imagenet" : "unit")];
  const perChannel = (name: "mean" | "std") => {
    const values = options[name] ?? (channels === 3 ? preset[name] : Array<number>(channels).fill(preset[name][0]));
    if (values.length !== channels)
      throw new UsageError(`--${name} has ${values.length} numbers, the network takes ${channels} channels.`);
    return values;
  };
  const [mean, std] = [perChannel("mean"), perChannel("std")];
  const order = channels === 3 ? (options.channelOrder ?? preset.order) : "L";
  const side =
    options.resize ?? (Math.min(height, width) >= CROP_FROM ? Math.round((Math.max(height, width) * 8) / 7) : 0);
  if (side > 0 && side < Math.max(height, width))
    throw new UsageError(`--resize ${side} leaves too little for the input of ${height}×${width}.`);
  const fit: Transform[] = side > 0 ? [resize(side), centerCrop([height, width])] : [resize([height, width])];
  const swap = order === "BGR" ? [permuteChannels([2, 1, 0])] : [];
  const transforms = compose([...fit, ...swap, toTensor(), normalize(mean, std)]).toJSON();
  return { channels, height, width, mean, std, channelOrder: order, layout: "NCHW", transforms };
}

/** Without golden pictures. */
export function cardOf(
  name: string,
  shape: ModelShape,
  classes: readonly string[],
  preprocessing: Preprocessing,
  topology?: unknown,
): ModelCard {
  if (classes.length !== shape.numClasses)
    throw new UsageError(`--classes names ${classes.length} classes, the network tells ${shape.numClasses} apart.`);
  return {
    model: { name, ...shape },
    ...(topology === undefined ? {} : { topology }),
    classes,
    preprocessing,
    golden: null,
    config: null,
    versions: versions(),
  };
}

/**
 * Names of the classes: from a list "cat,dog", a text file of one a line, or JSON: a list of names, a list of
 * [id, name], or an object from number to name. Without any, "0", "1", …
 */
export async function readClasses(given: string | undefined, count: number): Promise<string[]> {
  if (given === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (!existsSync(given) && given.includes(",")) return given.split(",").map((name) => name.trim());
  const text = await readFile(given, "utf8").catch((cause) => {
    throw readError(given, cause);
  });
  if (!/^\s*[[{]/.test(text)) return text.split(/\r?\n/).filter((line) => line.trim() !== "");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError("import", "classes", `${given}: this is not valid JSON. Give a list of names.`, given, {
      cause,
    });
  }
  const list = Array.isArray(value) ? value : Object.values(value as object);
  const names = list.map((entry: unknown) => (Array.isArray(entry) ? entry.at(-1) : entry));
  if (names.every((name): name is string => typeof name === "string")) return names;
  throw new DataError(
    "import",
    "classes",
    `${given}: the names of classes must be texts. Give a list of names.`,
    given,
  );
}
