/** @file `drishti predict MODEL FILE…` */
import type { Command } from "commander";
import { shown } from "../../run/shown.ts";
import { plainMessage } from "../failure.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, wholeNumber } from "../options.ts";
import { Progress } from "../progress.ts";
import { percent, styleFor } from "../style.ts";

export interface PredictOptions extends CommonOptions {
  readonly top?: number;
  readonly explain?: boolean;
  readonly explainDir?: string;
  readonly explainLayer?: string;
}

export function define(command: Command): Command {
  return command
    .description("label pictures")
    .argument("<model>", "run folder or model file")
    .argument(
      "<file...>",
      "pictures, folders, patterns, URLs of this machine, - for standard input (a picture or a list); FILE#N of an idx file or a CIFAR-10 .bin",
    )
    .option("--top <n>", "how many labels to give for each", wholeNumber(1), 5)
    .option("--explain", "write a picture of each with heat where the evidence lies (Grad-CAM)")
    .option("--explain-dir <folder>", "where to write them (default: explained)")
    .option("--explain-layer <name>", "look at the output of this layer (default: the last that has places)");
}

export async function run(model: string, files: readonly string[], options: PredictOptions, io: Io): Promise<number> {
  const [{ openForUse }, { openTrained, readTrained }, { predictAll }, { predictInputs }, { Explainer }] =
    await Promise.all([
      import("../../run/open-for-use.ts"),
      import("../../run/model-source.ts"),
      import("../../run/predict.ts"),
      import("../../run/predict-inputs.ts"),
      import("../../run/explain.ts"),
    ]);
  const progress = new Progress(io, options.quiet);
  const source = await readTrained(model);
  openForUse(options, (line) => progress.line(line));
  const trained = await openTrained(source);
  const { explain, explainDir, explainLayer } = options;
  const explainer =
    explain || explainDir !== undefined || explainLayer !== undefined
      ? await Explainer.open(trained, explainDir ?? "explained", explainLayer)
      : undefined;
  const style = styleFor(io.outIsTerminal, io.env);
  let stopped = false;
  const release = io.onInterrupt(() => {
    stopped = true;
  });
  let [count, failed] = [0, 0];
  try {
    for await (const answer of predictAll(trained, predictInputs(files, io.stdin), options.top ?? 5, explainer)) {
      if (stopped) return EXIT_INTERRUPTED;
      count++;
      const { file } = answer;
      if ("error" in answer) {
        // One bad picture is named and counted; the others are still labelled.
        failed++;
        const { code } = answer.error;
        const message = plainMessage(answer.error);
        if (options.json) io.out(`${JSON.stringify({ file, error: { code, message } })}\n`);
        else io.err(`drishti: ${shown(message)}\n`);
        continue;
      }
      const { label, probability, top } = answer;
      const others = top.slice(1).map((other) => `${shown(other.label)} ${percent(other.probability)}`);
      io.out(
        options.json
          ? `${JSON.stringify(answer)}\n`
          : `${shown(file)}  ${style.bold(shown(label))}  ${percent(probability)}${others.length > 0 ? style.dim(`  (${others.join(", ")})`) : ""}\n`,
      );
    }
  } finally {
    release();
  }
  if (explainer && failed < count) progress.line(`pictures with heat are in ${explainDir ?? "explained"}`);
  if (failed > 0 && count > 1) progress.line(`${failed} of ${count} pictures could not be read`);
  return failed > 0 ? EXIT_FAILED : EXIT_DONE;
}
