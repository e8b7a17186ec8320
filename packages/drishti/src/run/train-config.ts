/** @file The arguments of a training: their names, defaults and checks, the same for the command line and config.json. */
import { readFile } from "node:fs/promises";
import { readError } from "../data/files.ts";
import { deviceNames, mostThreads } from "../device-names.ts";
import { augmentFault } from "./augment.ts";
import { rateRules } from "./finetune.ts";
import { schedulerNames, schedulerParts } from "./optimization.ts";
import { UsageError } from "./usage-error.ts";

export const optimizerNames = ["sgd", "adam", "adamw", "rmsprop"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** How a run is trained; `config.json` holds one, with the names of the command line's options. */
export interface TrainConfig {
  readonly data: string;
  /** Other validation data than those that come with `data`. */
  readonly val: string | null;
  readonly model: string;
  /** A trained model to go on from, with a new last layer where the classes differ. */
  readonly from: string | null;
  /** Parameters held fast: patterns, joined by commas; "backbone": all but the last layer. */
  readonly freeze: string | null;
  /** PATTERN=RATE, joined by commas: parameters with learning rates of their own. */
  readonly "lr-of": string | null;
  readonly epochs: number;
  readonly "batch-size": number;
  readonly lr: number;
  readonly optimizer: OptimizerName;
  readonly momentum: number;
  readonly "weight-decay": number;
  readonly scheduler: string;
  /** A recipe or a list; see augment.ts. */
  readonly augment: string;
  /** alpha of MixUp and of CutMix; 0: off. */
  readonly mixup: number;
  readonly cutmix: number;
  /** Share of the target that is spread evenly over the classes, below 1. */
  readonly "label-smoothing": number;
  /** Share of the old average in the averaged weights, after each step; 0: weights are not averaged. */
  readonly ema: number;
  /** Height and width that photos are brought to; null: the model's own, at least 64. */
  readonly "image-size": number | null;
  /** Height and width of photos while learning; null: as image-size. */
  readonly "train-size": number | null;
  /** Threads that read pictures ahead; null: one a processor but one. */
  readonly workers: number | null;
  readonly "on-bad-file": "skip" | "fail";
  /** Seconds between checkpoints in mid-epoch; 0: at the ends of epochs only. */
  readonly "checkpoint-every": number;
  readonly seed: number;
  readonly device: string;
  /** Null: one a processor. */
  readonly threads: number | null;
}

/** Learning rates that work for small networks at batch 64. */
const rates: Readonly<Record<OptimizerName, number>> = { sgd: 0.05, adam: 1e-3, adamw: 1e-3, rmsprop: 1e-3 };

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "must be a text");
const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : "must be a whole number from 1";
const whole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
/** A single picture of the largest size is 200 MB of floats. */
const side = whole(1, 4096);
const atLeast0: Check = (value) =>
  Number.isFinite(value) && (value as number) >= 0 ? undefined : "must be a number from 0";
const oneOf =
  (names: readonly string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `must be one of ${names.join(", ")}`;
const optional =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

const below1: Check = (value) =>
  typeof value === "number" && value >= 0 && value < 1 ? undefined : "must be at least 0 and below 1";

const checks: Readonly<Record<keyof TrainConfig, Check>> = {
  data: text,
  val: optional(text),
  model: text,
  from: optional(text),
  freeze: optional(text),
  "lr-of": optional(text),
  epochs: count,
  "batch-size": count,
  lr: (value) => (Number.isFinite(value) && (value as number) > 0 ? undefined : "must be a number above 0"),
  optimizer: oneOf(optimizerNames),
  momentum: below1,
  "weight-decay": atLeast0,
  scheduler: (value) => {
    const name = String(value).split(":", 1)[0]!;
    return schedulerNames.includes(name) ? undefined : `must be one of ${schedulerNames.join(", ")}`;
  },
  augment: augmentFault,
  mixup: atLeast0,
  cutmix: atLeast0,
  "label-smoothing": below1,
  ema: below1,
  "image-size": optional(side),
  "train-size": optional(side),
  workers: optional(whole(0, mostThreads)),
  "on-bad-file": oneOf(["skip", "fail"]),
  "checkpoint-every": atLeast0,
  seed: (value) => (Number.isSafeInteger(value) ? undefined : "must be a whole number"),
  device: oneOf(deviceNames),
  threads: optional(whole(1, mostThreads)),
};

/** Names of the arguments, as in config.json. */
export const configNames = Object.keys(checks) as (keyof TrainConfig)[];

/**
 * Fills in defaults and checks every value.
 *
 * given   The command line's values; what it does not name comes from `file`, then from the defaults.
 * Throws  UsageError that names the argument, its value and what it may be.
 */
export function trainConfig(given: Partial<TrainConfig>, file: Partial<TrainConfig> = {}): TrainConfig {
  const set = { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  const optimizer = set.optimizer ?? "adam";
  const config: TrainConfig = {
    data: "mnist",
    val: null,
    model: set.from ?? "simplecnn",
    from: null,
    freeze: null,
    "lr-of": null,
    epochs: 5,
    "batch-size": 64,
    lr: rates[optimizer] ?? 1e-3,
    optimizer,
    momentum: optimizer === "sgd" ? 0.9 : 0,
    "weight-decay": optimizer === "adamw" ? 0.01 : 0,
    scheduler: "none",
    augment: "none",
    mixup: 0,
    cutmix: 0,
    "label-smoothing": 0,
    ema: 0,
    "image-size": null,
    "train-size": null,
    workers: null,
    "on-bad-file": "skip",
    "checkpoint-every": 60,
    seed: 0,
    device: process.env.DRISHTI_DEVICE || "auto",
    threads: null,
    ...set,
  };
  for (const name of configNames) {
    const fault = checks[name](config[name]);
    if (fault) throw new UsageError(`--${name} ${fault}, got ${JSON.stringify(config[name])}.`);
  }
  // What is written wrong is said before a picture is looked at.
  schedulerParts(config.scheduler);
  if (config["lr-of"] !== null) rateRules(config["lr-of"]);
  return config;
}

/** Reads a config.json. Throws DataError for a file that cannot be read, UsageError for what it holds. */
export async function readConfig(path: string): Promise<Partial<TrainConfig>> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    throw readError(path, cause);
  }
  let values: unknown;
  try {
    values = JSON.parse(content);
  } catch (cause) {
    throw new UsageError(`--config ${path}: not JSON (${(cause as Error).message}). Give the config.json of a run.`);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new UsageError(`--config ${path}: must be a JSON object of arguments such as { "epochs": 5 }.`);
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!(configNames as string[]).includes(name))
      throw new UsageError(`--config ${path}: "${key}" is no argument; there are ${configNames.join(", ")}.`);
    const fault = checks[name as keyof TrainConfig](value);
    if (fault) throw new UsageError(`--config ${path}: "${key}" ${fault}, got ${JSON.stringify(value)}.`);
    out[name] = value;
  }
  return out as Partial<TrainConfig>;
}
