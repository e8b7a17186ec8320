/** @file `drishti bench` */
import type { Command } from "commander";
import { EXIT_DONE, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, number, wholeNumber } from "../options.ts";
import { Progress } from "../progress.ts";
import { grouped } from "../style.ts";

export interface BenchOptions extends CommonOptions {
  readonly model?: readonly string[];
  readonly batchSize?: number;
  readonly seconds?: number;
}

export function define(command: Command): Command {
  return command
    .description("images a second of training and inference")
    .option("--model <names...>", "built-in names", ["cifar10cnn", "simplecnn"])
    .option("--batch-size <n>", "pictures a step", wholeNumber(1), 64)
    .option("--seconds <s>", "time for each figure", number(0), 1);
}

export async function run(options: BenchOptions, io: Io): Promise<number> {
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
