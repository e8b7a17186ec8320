/** @file `drishti verify MODEL` */
import type { Command } from "commander";
import type { GoldenCheck } from "../../run/golden.ts";
import { EXIT_DONE, EXIT_FAILED, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";

export function define(command: Command): Command {
  return command
    .description(
      "run a model's golden pictures on every backend, in ONNX Runtime and in a browser (or on one backend, by --device), and compare the logits",
    )
    .argument("<model>", "run folder, model file, or exported folder");
}

export async function run(model: string, options: CommonOptions, io: Io): Promise<number> {
  const { summed, verifyModel } = await import("../../run/verify-model.ts");
  const checks: GoldenCheck[] = [];
  for await (const check of verifyModel(model, options)) {
    checks.push(check);
    if (!options.json) io.out(`${checkLine(check)}\n`);
  }
  const result = summed(checks);
  if (options.json) io.out(`${JSON.stringify({ file: model, ...result, checks })}\n`);
  else
    io.out(result.ok ? `${model} is what it was when it was saved.\n` : `${model} does NOT give its golden logits.\n`);
  return result.ok ? EXIT_DONE : EXIT_FAILED;
}

export function checkLine({ where, maxError, ok, skipped, reason }: GoldenCheck): string {
  if (skipped) return `--    ${where}: not run, ${reason}`;
  return `${ok ? "ok  " : "FAIL"}  ${where}: ${maxError === null ? reason : `error ${maxError.toExponential(1)}`}`;
}
