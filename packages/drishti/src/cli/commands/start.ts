/** @file `drishti start`, which is `npm start`: the main job on the digits that come with the install. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { TrainOutcome } from "../../run/train-job.ts";
import { drawConfusion, drawPicture, sideBySide } from "../draw.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, wholeNumber } from "../options.ts";
import { Progress, trainingProgress } from "../progress.ts";
import { percent, type Style, styleFor } from "../style.ts";
import { languageOf, type Texts, textsFor } from "../texts.ts";
import { newRunFolder, trainJson } from "./train.ts";

export interface StartOptions extends CommonOptions {
  readonly epochs?: number;
  readonly out?: string;
  readonly lang?: string;
}

/** A margin of every built-in digit is empty: digits were centred in 28×28 with a border of 4. */
const BORDER = 2;

export function define(command: Command): Command {
  return command
    .description("train on the built-in digits and show what comes of it")
    .option("--epochs <n>", "passes over the 9,000 training digits", wholeNumber(1))
    .option("--out <folder>", "the run folder (default: runs/DATE-start)")
    .addOption(new Option("--lang <language>", "language of the summary").choices(["en", "hi"]));
}

export async function run(options: StartOptions, io: Io): Promise<number> {
  const [{ runTraining }, { trainConfig }] = await Promise.all([
    import("../../run/train-job.ts"),
    import("../../run/train-config.ts"),
  ]);
  const { epochs = 5, seed, threads, device, out = newRunFolder("start") } = options;
  const config = trainConfig({
    data: "mnist",
    model: "simplecnn-bn",
    epochs,
    lr: 0.005,
    optimizer: "adam",
    scheduler: "onecycle",
    augment: "crop",
    ...defined({ seed, threads, device }),
  });
  const progress = new Progress(io, options.quiet);
  const texts = textsFor(languageOf(options.lang, io.env));
  for (const { greeting } of texts) progress.line(progress.style.bold(greeting));
  const controller = new AbortController();
  const release = io.onInterrupt(() => controller.abort());
  try {
    const outcome = await runTraining({
      config,
      out,
      signal: controller.signal,
      listen: trainingProgress(progress),
      say: (line) => progress.line(line),
    });
    progress.clear();
    if (outcome.reason === "aborted") {
      progress.line(
        `stopped; checkpoint saved: ${join(out, "checkpoints", "last.safetensors")}; go on with: npx drishti train --resume ${out}`,
      );
      return EXIT_INTERRUPTED;
    }
    if (outcome.reason === "diverged") {
      io.err(`drishti: ${outcome.message}\n`);
      return EXIT_FAILED;
    }
    io.out(options.json ? `${JSON.stringify(trainJson(outcome))}\n` : await summary(outcome, texts, io));
    return EXIT_DONE;
  } finally {
    progress.clear();
    release();
  }
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

async function summary(outcome: TrainOutcome, texts: readonly Texts[], io: Io): Promise<string> {
  const style = styleFor(io.outIsTerminal, io.env);
  const { evaluation } = outcome.judgement!;
  const classes = outcome.trained!.card.classes;
  const both = (pick: (text: Texts) => string) => texts.map(pick);
  const names = (pick: (text: Texts) => string) => [...new Set(texts.map(pick))].join(" · ");
  const width = Math.max(
    ...(["accuracy", "precision", "recall", "f1"] as const).map((key) => names((t) => t[key]).length),
  );
  const row = (name: string, value: string) => `  ${name.padEnd(width)}  ${value}`;
  const lines = [
    "",
    row(
      names((t) => t.accuracy),
      `${style.bold(percent(evaluation.accuracy, 2))}  ${both((t) => t.heldOut(evaluation.count)).join(" · ")}`,
    ),
    row(
      names((t) => t.precision),
      percent(evaluation.precision, 2),
    ),
    row(
      names((t) => t.recall),
      percent(evaluation.recall, 2),
    ),
    row(
      names((t) => t.f1),
      percent(evaluation.f1, 2),
    ),
    "",
    ...both((t) => t.confusion),
    ...drawConfusion(evaluation.confusionMatrix, classes, style).map((line) => `  ${line}`),
    "",
    ...both((t) => t.labelled),
    ...(await threeDigits(outcome, texts[0]!, style, io.columns)),
    "",
    ...both((t) => t.run(outcome.run)),
    "",
    ...texts.flatMap((t) => [t.next, ...steps(t.steps(outcome.run), style)]),
  ];
  return `${lines.join("\n")}\n`;
}

function steps(rows: readonly (readonly [command: string, does: string])[], style: Style): string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, does]) => `  ${style.accent(command.padEnd(width))}  ${style.dim(does)}`);
}

/** Held-out digits of three classes; the last is the surest mistake, if there is one. */
async function threeDigits(
  { trained, validation, judgement }: TrainOutcome,
  texts: Texts,
  style: Style,
  columns: number,
): Promise<string[]> {
  const { predictPicture } = await import("../../run/predict.ts");
  const mistake = judgement!.mistakes[0]?.index;
  const wrong = new Set(judgement!.mistakes.map(({ index }) => index));
  const classes = new Set(mistake === undefined ? [] : [validation.label(mistake)]);
  const chosen: number[] = [];
  for (let i = 0; i < validation.length && chosen.length < (mistake === undefined ? 3 : 2); i++) {
    if (wrong.has(i) || classes.has(validation.label(i))) continue; // three different ones
    classes.add(validation.label(i));
    chosen.push(i);
  }
  if (mistake !== undefined) chosen.push(mistake);
  const blocks: { lines: string[]; width: number }[] = [];
  for (const index of chosen) {
    const picture = await validation.get(index);
    const { data, height, width, label: truth } = picture;
    const { label, probability } = await predictPicture(trained!, picture, 1);
    const name = trained!.card.classes[truth]!;
    const says = `${style.bold(texts.says(label, percent(probability)))}${label === name ? "" : `, ${style.bad(texts.wrong(name))}`}`;
    blocks.push({ lines: [...drawPicture({ data, height, width }, style, BORDER), says], width: width - 2 * BORDER });
  }
  const across = blocks.reduce((sum, { width }) => sum + width + 2, 0) <= columns;
  const lines = across ? sideBySide(blocks) : blocks.flatMap(({ lines: own }) => own);
  return lines.map((line) => `  ${line}`.trimEnd());
}
