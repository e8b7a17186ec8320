/** @file `drishti train` */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "@drishti/core/errors";
import type { Command } from "commander";
import type { TrainConfig } from "../../run/train-config.ts";
import type { TrainOutcome } from "../../run/train-job.ts";
import { UsageError } from "../../run/usage-error.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, number, wholeNumber, workerCount } from "../options.ts";
import { Progress, trainingProgress } from "../progress.ts";
import { percent, styleFor } from "../style.ts";

export interface TrainOptions extends CommonOptions {
  readonly data?: string;
  readonly val?: string;
  readonly model?: string;
  /** A trained model. */
  readonly from?: string;
  readonly freeze?: readonly string[];
  /** PATTERN=RATE. */
  readonly lrOf?: readonly string[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly lr?: number;
  readonly optimizer?: string;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly scheduler?: string;
  /** True when given without a value: standard. */
  readonly augment?: string | boolean;
  readonly mixup?: number;
  readonly cutmix?: number;
  readonly labelSmoothing?: number;
  readonly ema?: number;
  readonly imageSize?: number;
  readonly trainSize?: number;
  readonly workers?: number;
  readonly onBadFile?: string;
  readonly checkpointEvery?: number;
  readonly out?: string;
  /** A run folder. */
  readonly resume?: string;
  /** A config.json. */
  readonly config?: string;
}

export function define(command: Command): Command {
  return command
    .description("train a network and leave a run folder")
    .option(
      "--data <data>",
      "mnist (built in), mnist:PATH, cifar10:PATH, a folder or list of pictures, shards:PATTERN (default: mnist)",
    )
    .option("--val <data>", "other validation data than those that come with --data")
    .option("--model <model>", "built-in name, model file, run folder or module (default: simplecnn)")
    .option(
      "--from <model>",
      "go on from a trained model: a run, a model file; the last layer is new if the classes are",
    )
    .option("--freeze <patterns...>", "hold parameters fast: 'features.*', or backbone: all but the last layer")
    .option("--lr-of <pattern=rate...>", "learning rates of their own: 'features.*=0.0001'")
    .option("--epochs <n>", "passes over the training data (default: 5)", wholeNumber(1))
    .option("--batch-size <n>", "pictures a step (default: 64)", wholeNumber(1))
    .option("--lr <rate>", "learning rate (default: 0.001, sgd 0.05)", number(0))
    .option("--optimizer <name>", "sgd, adam, adamw or rmsprop (default: adam)")
    .option("--momentum <share>", "of sgd and rmsprop (default: 0.9 for sgd)", number(0))
    .option("--weight-decay <rate>", "(default: 0, adamw 0.01)", number(0))
    .option(
      "--scheduler <name>",
      "none, cosine, onecycle, step[:EPOCHS[:FACTOR]], exponential[:FACTOR], plateau[:PATIENCE]",
    )
    .option(
      "--augment [how]",
      "none, standard, trivial, rand, auto, or a list: randomResizedCrop,flip,colorJitter; alone: standard (default: none)",
    )
    .option("--mixup <alpha>", "mix pictures and labels of each batch (0.2 is usual; default: 0, off)", number(0))
    .option("--cutmix <alpha>", "put boxes of one picture into another (1 is usual; default: 0, off)", number(0))
    .option("--label-smoothing <share>", "of the target, spread over all classes (default: 0)", number(0))
    .option(
      "--ema <decay>",
      "validate and keep weights averaged over the steps: 0.99 to 0.9999; the first n steps decay by (1+n)/(10+n) at most (default: 0, off)",
      number(0),
    )
    .option(
      "--image-size <n>",
      "height and width that photos are brought to (default: the model's own)",
      wholeNumber(1),
    )
    .option(
      "--train-size <n>",
      "height and width of photos while learning; a quarter less is little more than half the pixels (default: --image-size)",
      wholeNumber(1),
    )
    .option("--workers <n>", "threads that read pictures ahead (default: one a processor but one)", workerCount)
    .option("--on-bad-file <what>", "skip or fail (default: skip: it is named and left out)")
    .option("--checkpoint-every <seconds>", "between checkpoints; 0: after epochs only (default: 60)", number(0))
    .option("--out <folder>", "the run folder (default: runs/DATE-MODEL)")
    .option("--resume <run>", "go on with a run that was stopped")
    .option("--config <file>", "take arguments from a run's config.json; those given here win")
    .addHelpText(
      "after",
      "\nExample: drishti train --data cifar10:cifar-10-binary.tar.gz --model cifar10cnn --epochs 10",
    );
}

export async function run(options: TrainOptions, io: Io): Promise<number> {
  const { runTraining } = await import("../../run/train-job.ts");
  const progress = new Progress(io, options.quiet);
  const { config, out } = await plan(options);
  const controller = new AbortController();
  const release = io.onInterrupt(() => {
    progress.line("stopping after this step, then saving (Ctrl-C again: at once, without saving)");
    controller.abort();
  });
  try {
    const outcome = await runTraining({
      config,
      out,
      resume: options.resume !== undefined,
      signal: controller.signal,
      listen: trainingProgress(progress),
      say: (line) => progress.line(line),
    });
    progress.clear();
    return report(outcome, options, io, progress);
  } finally {
    progress.clear();
    release();
  }
}

/** The configuration, from the command line, --config or the run that is gone on with; and the run folder. */
async function plan(options: TrainOptions): Promise<{ config: TrainConfig; out: string }> {
  const { readConfig, trainConfig } = await import("../../run/train-config.ts");
  if (options.model !== undefined && options.from !== undefined)
    throw new UsageError("--model and --from exclude each other: --from brings its network.");
  const given = givenBy(options);
  if (options.resume === undefined) {
    const config = trainConfig(given, options.config === undefined ? {} : await readConfig(options.config));
    return { config, out: options.out ?? newRunFolder(config.model) };
  }
  for (const name of ["out", "config"] as const)
    if (options[name] !== undefined)
      throw new UsageError(
        `--${name} and --resume exclude each other: a run goes on in its own folder, as configured there.`,
      );
  const file = join(options.resume, "config.json");
  if (!existsSync(file))
    throw new DataError(
      "train",
      "no-run",
      `--resume ${options.resume}: there is no run (no config.json). Give the folder that a run was written to; those without --out are in runs/.`,
      options.resume,
    );
  const before = trainConfig({}, await readConfig(file));
  await checkChanges(given, before, file);
  return { config: trainConfig(given, before), out: options.resume };
}

function givenBy(options: TrainOptions): Partial<TrainConfig> {
  const {
    data,
    val,
    model,
    from,
    freeze,
    lrOf,
    epochs,
    batchSize,
    lr,
    optimizer,
    momentum,
    weightDecay,
    scheduler,
    augment,
    mixup,
    cutmix,
    labelSmoothing,
    ema,
    imageSize,
    trainSize,
    workers,
    onBadFile,
    checkpointEvery,
    seed,
    device,
    threads,
  } = options;
  const how = augment === true ? "standard" : augment === false ? "none" : augment;
  const values = {
    data,
    val,
    model,
    from,
    freeze: freeze?.join(","),
    "lr-of": lrOf?.join(","),
    epochs,
    "batch-size": batchSize,
    lr,
    optimizer,
    momentum,
    "weight-decay": weightDecay,
    scheduler,
    augment: how,
    mixup,
    cutmix,
    "label-smoothing": labelSmoothing,
    ema,
    "image-size": imageSize,
    "train-size": trainSize,
    workers,
    "on-bad-file": onBadFile,
    "checkpoint-every": checkpointEvery,
    seed,
    device,
    threads,
  };
  // Names are checked, with everything else, by trainConfig.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<TrainConfig>;
}

/** What may be different when a run goes on: where it computes, where its data lie now, and how long it is. */
async function checkChanges(given: Partial<TrainConfig>, before: TrainConfig, file: string): Promise<void> {
  const { schedulesOfFixedLength } = await import("../../run/optimization.ts");
  const free: readonly (keyof TrainConfig)[] = [
    "epochs",
    "device",
    "threads",
    "data",
    "val",
    "workers",
    "on-bad-file",
    "checkpoint-every",
  ];
  for (const [name, value] of Object.entries(given) as [keyof TrainConfig, unknown][])
    if (!free.includes(name) && value !== before[name])
      throw new UsageError(
        `--${name} ${value} cannot be changed while a run goes on (${file} says ${before[name]}). Start a new run instead.`,
      );
  const schedule = before.scheduler.split(":", 1)[0]!;
  if (given.epochs !== undefined && given.epochs !== before.epochs && schedulesOfFixedLength.includes(schedule))
    throw new UsageError(
      `--epochs ${given.epochs}: the ${schedule} schedule is laid out over the run's ${before.epochs} epochs. Start a new run instead.`,
    );
}

/** runs/2026-01-31-143005-simplecnn, with a number after it if that is taken. */
export function newRunFolder(model: string): string {
  const date = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const stamp = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  const name =
    model
      .split(/[/\\]/)
      .at(-1)!
      .replace(/\.\w+$/, "") || "model";
  const path = join("runs", `${stamp}-${name}`);
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? path : `${path}-${i}`;
    if (!existsSync(candidate)) return candidate;
  }
}

function report(outcome: TrainOutcome, options: TrainOptions, io: Io, progress: Progress): number {
  const { reason, run: path, epoch, step } = outcome;
  const last = join(path, "checkpoints", "last.safetensors");
  if (reason === "aborted") {
    progress.line(`stopped in epoch ${epoch + 1} at step ${step}; checkpoint saved: ${last}`);
    progress.line(`go on with: drishti train --resume ${path}`);
    return EXIT_INTERRUPTED;
  }
  if (reason === "diverged") {
    const kept = outcome.hasCheckpoint
      ? `The last good checkpoint is kept: ${last}.`
      : "No epoch was finished, so there is no checkpoint.";
    io.err(`drishti: ${outcome.message} ${kept}\n`);
    return EXIT_FAILED;
  }
  io.out(options.json ? `${JSON.stringify(trainJson(outcome))}\n` : trainText(outcome, io));
  return EXIT_DONE;
}

/** The contract's object. */
export function trainJson(outcome: TrainOutcome): object {
  const { accuracy, precision, recall, f1, loss } = outcome.judgement!.evaluation;
  const { run: path, epoch, config, device, seconds, imagesPerSecond } = outcome;
  return {
    run: path,
    epochs: epoch,
    accuracy,
    precision,
    recall,
    f1,
    loss,
    imagesPerSecond,
    device: device.name,
    seconds,
    seed: config.seed,
  };
}

function trainText(outcome: TrainOutcome, io: Io): string {
  const style = styleFor(io.outIsTerminal, io.env);
  const { evaluation } = outcome.judgement!;
  const best = outcome.records.findLast((record) => record.best);
  const rows = [
    [
      "accuracy",
      `${style.bold(percent(evaluation.accuracy, 2))} of ${evaluation.count} validation pictures (best epoch: ${best?.epoch ?? outcome.epoch})`,
    ],
    ["precision", `${percent(evaluation.precision, 2)} (macro)`],
    ["recall", `${percent(evaluation.recall, 2)} (macro)`],
    ["F1", `${percent(evaluation.f1, 2)} (macro)`],
    ["loss", evaluation.loss.toFixed(4)],
    ["speed", `${Math.round(outcome.imagesPerSecond)} pictures a second on ${outcome.device.name}`],
    ["run", `${outcome.run} (report.html, checkpoints/best.safetensors)`],
  ];
  return rows.map(([name, value]) => `${name!.padEnd(9)}  ${value}\n`).join("");
}
