/** @file All commands in one program; each loads what it needs only when it runs. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import * as bench from "./commands/bench.ts";
import * as data from "./commands/data.ts";
import * as devices from "./commands/devices.ts";
import * as evaluate from "./commands/evaluate.ts";
import * as exportCommand from "./commands/export.ts";
import * as importCommand from "./commands/import.ts";
import * as predict from "./commands/predict.ts";
import * as start from "./commands/start.ts";
import * as summary from "./commands/summary.ts";
import * as train from "./commands/train.ts";
import * as verify from "./commands/verify.ts";
import { fail } from "./failure.ts";
import { EXIT_DONE, EXIT_USAGE, type Io } from "./io.ts";
import { type CommonOptions, withCommon } from "./options.ts";

/** Runs a command line without its program name; returns the exit code and never throws. */
export async function drishti(argv: readonly string[], io: Io): Promise<number> {
  let code = EXIT_DONE;
  const program = new Command("drishti")
    .description("Convolutional networks for image classification: train, evaluate, predict.")
    .version(version(), "-V, --version")
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getErrHelpWidth: () => io.columns,
      getOutHelpWidth: () => io.columns,
    })
    .exitOverride()
    .showHelpAfterError("(--help shows what there is)");
  const add = (name: string, define: (command: Command) => Command) => withCommon(define(program.command(name)));
  add("train", train.define).action(async (options: train.TrainOptions) => {
    code = await train.run(options, io);
  });
  add("evaluate", evaluate.define).action(async (model: string, options: evaluate.EvaluateOptions) => {
    code = await evaluate.run(model, options, io);
  });
  add("predict", predict.define).action(async (model: string, files: string[], options: predict.PredictOptions) => {
    code = await predict.run(model, files, options, io);
  });
  add("summary", summary.define).action(async (model: string, options: summary.SummaryOptions) => {
    code = await summary.run(model, options, io);
  });
  add("import", importCommand.define).action(async (file: string, options: importCommand.ImportCommandOptions) => {
    code = await importCommand.run(file, options, io);
  });
  add("export", exportCommand.define).action(async (model: string, options: exportCommand.ExportCommandOptions) => {
    code = await exportCommand.run(model, options, io);
  });
  add("verify", verify.define).action(async (model: string, options: CommonOptions) => {
    code = await verify.run(model, options, io);
  });
  add("devices", devices.define).action(async (options) => {
    code = await devices.run(options, io);
  });
  add("bench", bench.define).action(async (options: bench.BenchOptions) => {
    code = await bench.run(options, io);
  });
  add("start", start.define).action(async (options: start.StartOptions) => {
    code = await start.run(options, io);
  });
  data.define(program.command("data"), io, (result) => {
    code = result;
  });
  if (argv.length === 0) {
    io.err(program.helpInformation());
    return EXIT_USAGE;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return fail(error, io);
  }
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return text;
}
