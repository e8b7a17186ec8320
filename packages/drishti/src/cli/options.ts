/** @file Options that several commands share, and what turns their text into values. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { deviceNames, mostThreads } from "../device-names.ts";

/** Options every command has. */
export interface CommonOptions {
  readonly device?: string;
  readonly threads?: number;
  readonly seed?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function withCommon(command: Command): Command {
  return command
    .addOption(new Option("--device <name>", "where to compute").choices(deviceNames))
    .option("--threads <n>", "threads of native and wasm (default: one a processor)", wholeNumber(1, mostThreads))
    .option("--seed <n>", "of every random number", wholeNumber(Number.MIN_SAFE_INTEGER))
    .option("--json", "results as JSON on stdout")
    .option("--quiet", "no progress on stderr");
}

/** A whole number of at least `least`, and at most `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      least === Number.MIN_SAFE_INTEGER
        ? "It must be a whole number."
        : `It must be a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`}.`,
    );
  };
}

/** Of `--workers`; 0 reads in the training's own thread. */
export const workerCount = wholeNumber(0, mostThreads);

/** Any finite number from `least` on. */
export function number(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a number from ${least}.`);
  };
}
