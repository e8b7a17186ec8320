/** @file `drishti export MODEL --format …` */
import { type Command, Option } from "commander";
import { writableFormats } from "../../run/formats/index.ts";
import { EXIT_DONE, EXIT_FAILED, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { checkLine } from "./verify.ts";

export interface ExportCommandOptions extends CommonOptions {
  readonly format: string;
  readonly out?: string;
}

export function define(command: Command): Command {
  return command
    .description("write a trained model for other programs, and prove that it gives the same answers")
    .argument("<model>", "run folder or model file")
    .addOption(new Option("--format <name>", "what to write").choices(writableFormats).makeOptionMandatory())
    .option("--out <path>", "file, or folder for web (default: the network's name, here)");
}

export async function run(model: string, options: ExportCommandOptions, io: Io): Promise<number> {
  const [{ openForUse }, { exportModel }, { summed }] = await Promise.all([
    import("../../run/open-for-use.ts"),
    import("../../run/export-model.ts"),
    import("../../run/verify-model.ts"),
  ]);
  openForUse(options, (line) => options.quiet || io.err(`${line}\n`));
  const { file, checks } = await exportModel(model, options.format, options.out);
  const result = summed(checks);
  if (options.json) io.out(`${JSON.stringify({ file, ...result, checks })}\n`);
  else io.out(`${[file, ...checks.map(checkLine)].join("\n")}\n`);
  return result.ok ? EXIT_DONE : EXIT_FAILED;
}
