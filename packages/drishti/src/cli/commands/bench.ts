/** @file `drishti bench` */
import type { Backend } from "@drishti/core";
import { type Command, Option } from "commander";
import { EXIT_DONE, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, number, wholeNumber, workerCount } from "../options.ts";
import { Progress } from "../progress.ts";
import { grouped, percent } from "../style.ts";

export interface BenchOptions extends CommonOptions {
  readonly model?: readonly string[];
  readonly batchSize?: number;
  readonly seconds?: number;
  /** Measures data instead of models in memory. */
  readonly data?: string;
  readonly imageSize?: number;
  readonly augment?: string;
  readonly workers?: number;
  readonly lang?: string;
}

export function define(command: Command): Command {
  return command
    .description(
      "how fast this machine is with each backend, and which to choose; with --model or --device, images a second of training and inference; with --data, of reading pictures, and how long training waits for them",
    )
    .option("--model <names...>", "built-in names (with --device or --data alone: cifar10cnn simplecnn)")
    .option("--batch-size <n>", "pictures a step", wholeNumber(1), 64)
    .option("--seconds <s>", "time for each figure (default: 1; of the whole machine 0.4)", number(0))
    .option("--data <data>", "as for train: measure how pictures are read, decoded and augmented")
    .option("--image-size <n>", "with --data: height and width that photos are brought to", wholeNumber(1), 64)
    .option("--augment <how>", "with --data: as for train", "standard")
    .option("--workers <n>", "with --data: threads that read ahead (default: one a processor but one)", workerCount)
    .addOption(new Option("--lang <language>", "language of what is said of the machine").choices(["en", "hi"]));
}

export async function run(options: BenchOptions, io: Io): Promise<number> {
  if (options.model === undefined && options.data === undefined && (options.device ?? "auto") === "auto")
    return (await import("./bench-survey.ts")).runSurvey(options, io);
  const [{ openForUse }, { measure }] = await Promise.all([
    import("../../run/open-for-use.ts"),
    import("../../run/measure.ts"),
  ]);
  const progress = new Progress(io, options.quiet);
  const device = openForUse(options, (line) => progress.line(line));
  const { model: models = ["cifar10cnn", "simplecnn"], batchSize = 64, seconds = 1 } = options;
  let stopped = false;
  const release = io.onInterrupt(() => {
    stopped = true;
  });
  try {
    if (options.data !== undefined) {
      for (const model of models) {
        if (stopped) return EXIT_INTERRUPTED;
        await benchData(options.data, model, options, device, io, progress);
      }
      return EXIT_DONE;
    }
    for (const model of models)
      for (const bench of ["train", "inference"] as const) {
        if (stopped) return EXIT_INTERRUPTED;
        progress.bar(`${bench} ${model}`, 0, "");
        const imagesPerSecond = await measure(bench, model, { batchSize, seconds, seed: options.seed ?? 0 });
        progress.clear();
        const { median, min, max } = imagesPerSecond;
        const figure = { bench, model, batchSize, threads: device.threads, device: device.name, imagesPerSecond };
        const text = `${bench.padEnd(9)}  ${model.padEnd(12)}  ${grouped(median).padStart(8)} images/s  (${grouped(min)} to ${grouped(max)}; batch ${batchSize}, ${device.name}, ${device.detail})`;
        io.out(`${options.json ? JSON.stringify(figure) : text}\n`);
      }
    return EXIT_DONE;
  } finally {
    progress.clear();
    release();
  }
}

async function benchData(
  data: string,
  model: string,
  options: BenchOptions,
  device: Backend,
  io: Io,
  progress: Progress,
): Promise<void> {
  const [{ measureData }, { defaultWorkers }] = await Promise.all([
    import("../../run/measure-data.ts"),
    import("../../data/work/pool.ts"),
  ]);
  const { batchSize = 64, seconds = 1, imageSize = 64, augment = "standard" } = options;
  const workers = options.workers ?? defaultWorkers();
  progress.bar(`data ${model}`, 0, "");
  const settings = { batchSize, seconds, imageSize, augment, workers, seed: options.seed ?? 0 };
  const { decode, train, waited } = await measureData(data, model, settings);
  progress.clear();
  const { threads, name } = device;
  const common = { model, batchSize, threads, device: name, data, imageSize, augment, workers };
  if (options.json) {
    io.out(`${JSON.stringify({ bench: "data", ...common, imagesPerSecond: decode })}\n`);
    const imagesPerSecond = { median: train, min: train, max: train };
    io.out(`${JSON.stringify({ bench: "data+train", ...common, imagesPerSecond, waited })}\n`);
    return;
  }
  const { median, min, max } = decode;
  const where = `${imageSize}×${imageSize}, ${augment}, ${workers} thread${workers === 1 ? "" : "s"}`;
  io.out(
    `data        ${"".padEnd(12)}  ${grouped(median).padStart(8)} images/s  (${grouped(min)} to ${grouped(max)}; ${where})\n` +
      `data+train  ${model.padEnd(12)}  ${grouped(train).padStart(8)} images/s  (waited for data ${percent(waited)} of the time; batch ${batchSize}, ${name})\n`,
  );
}
