/** @file `drishti evaluate MODEL` */
import { type Command, Option } from "commander";
import { shown } from "../../run/shown.ts";
import { UsageError } from "../../run/usage-error.ts";
import { drawConfusion, drawTable } from "../draw.ts";
import { EXIT_DONE, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, wholeNumber, workerCount } from "../options.ts";
import { Progress } from "../progress.ts";
import { percent, styleFor } from "../style.ts";

export interface EvaluateOptions extends CommonOptions {
  readonly data?: string;
  readonly split?: "train" | "val";
  readonly workers?: number;
  readonly batchSize?: number;
}

export function define(command: Command): Command {
  return command
    .description("measure a trained model on labelled pictures")
    .argument("<model>", "run folder or model file")
    .option("--data <data>", "as for train (default: what the model was trained on)")
    .addOption(
      new Option(
        "--split <part>",
        "part of the data (default: val; of other data than the model's that come in one piece, all)",
      ).choices(["val", "train"]),
    )
    .option("--workers <n>", "threads that read pictures ahead (default: one a processor but one)", workerCount)
    .option("--batch-size <n>", "pictures at once", wholeNumber(1));
}

export async function run(model: string, options: EvaluateOptions, io: Io): Promise<number> {
  const [{ openForUse }, { openTrained, readTrained }, { judge }, { openSplit }, { plainText }] = await Promise.all([
    import("../../run/open-for-use.ts"),
    import("../../run/model-source.ts"),
    import("../../run/judge.ts"),
    import("../../data/open-data.ts"),
    import("../../data/work/task.ts"),
  ]);
  const progress = new Progress(io, options.quiet);
  const file = await readTrained(model);
  const { card } = file;
  const { data: learned, val } = card.config ?? {};
  const isTrain = options.split === "train";
  const data = options.data ?? (isTrain && typeof learned === "string" ? learned : validationOf(card.config));
  if (data === undefined) throw new UsageError(`${model} does not say what data it was trained on: give --data.`);
  const whole = options.data !== undefined && options.data !== card.config?.data;
  const own = !isTrain && (data === val || (whole && options.split === undefined));
  const set = await openSplit(data, own ? "own" : (options.split ?? "val"), {
    channels: card.preprocessing.channels,
    holdOut: !(isTrain && data === learned && val), // it learned from all of them
    wantedClasses: card.classes,
    workers: options.workers,
    onBad: (bad) => progress.line(`left out: ${plainText(bad)}`),
    say: (line) => progress.line(line),
  });
  const device = openForUse(options, (line) => progress.line(line));
  const trained = await openTrained(file);
  let stopped = false;
  const controller = new AbortController();
  const release = io.onInterrupt(() => {
    stopped = true;
    controller.abort();
  });
  const { evaluation, seconds } = await judge(trained, set, data, {
    batchSize: options.batchSize,
    signal: controller.signal,
    onCount: (done) => progress.bar("evaluating", done / set.length, `${done}/${set.length}`),
  }).finally(() => {
    progress.clear();
    release();
  });
  if (stopped) {
    progress.line(`stopped after ${evaluation.count} of ${set.length} pictures; nothing is reported.`);
    return EXIT_INTERRUPTED;
  }
  const { count, accuracy, top5, precision, recall, f1, confusionMatrix, loss } = evaluation;
  const perClass = evaluation.perClass.map((scores) => ({
    label: card.classes[scores.label]!,
    support: scores.support,
    precision: scores.precision,
    recall: scores.recall,
    f1: scores.f1,
  }));
  if (options.json) {
    io.out(
      `${JSON.stringify({ count, accuracy, top5, precision, recall, f1, perClass, confusionMatrix, loss, device: device.name, seconds })}\n`,
    );
    return EXIT_DONE;
  }
  const style = styleFor(io.outIsTerminal, io.env);
  const lines = [
    `${style.bold(`accuracy ${percent(accuracy, 2)}`)} of ${count} pictures (${data}, ${options.split ?? "val"}); top 5 ${percent(top5, 2)}, loss ${loss.toFixed(4)}`,
    `macro precision ${percent(precision, 2)}, recall ${percent(recall, 2)}, F1 ${percent(f1, 2)}; ${seconds.toFixed(1)} s on ${device.name}`,
    "",
    ...drawTable(
      [
        ["class", "precision", "recall", "F1", "pictures"],
        ...perClass.map((row) => [
          shown(row.label),
          row.precision.toFixed(3),
          row.recall.toFixed(3),
          row.f1.toFixed(3),
          String(row.support),
        ]),
      ],
      [false, true, true, true, true],
    ),
    ...(card.classes.length <= 20
      ? [
          "",
          "rows: what it is; columns: what the model says",
          ...drawConfusion(confusionMatrix, card.classes.map(shown), style),
        ]
      : []),
  ];
  io.out(`${lines.join("\n")}\n`);
  return EXIT_DONE;
}

/** The validation data of the run that made the model. */
function validationOf(config: Readonly<Record<string, unknown>> | null): string | undefined {
  const spec = config?.val ?? config?.data;
  return typeof spec === "string" ? spec : undefined;
}
