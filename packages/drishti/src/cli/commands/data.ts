/** @file `drishti data`: what is done to data before training. */
import type { Command } from "commander";
import type { CheckResult } from "../../check/check.ts";
import { drawTable } from "../draw.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, type Io } from "../io.ts";
import { type CommonOptions, number, withCommon, workerCount } from "../options.ts";
import { Progress } from "../progress.ts";
import { styleFor } from "../style.ts";

export interface CheckCommandOptions extends CommonOptions {
  readonly html?: string;
  readonly strict?: boolean;
  readonly workers?: number;
}

export interface PackCommandOptions extends CommonOptions {
  readonly out: string;
  /** Megabytes. */
  readonly shardSize: number;
}

/** Adds the sub-commands; `done` hears the exit code of the one that ran. */
export function define(command: Command, io: Io, done: (code: number) => void): Command {
  // command.command() hands on what the program says of errors and output; addCommand() would not.
  withCommon(command.command("check"))
    .description("look at every file of a data set: corrupt, cut off, empty, duplicate, hidden, unbalanced, …")
    .argument("<data>", "folder of pictures, .csv or .jsonl list, or shards:PATTERN")
    .option("--html <file>", "write a page with thumbnails, too")
    .option("--strict", "exit code 1 when there is anything to remark")
    .option("--workers <n>", "threads (default: one a processor but one)", workerCount)
    .action(async (data: string, options: CheckCommandOptions) => done(await runCheck(data, options, io)));
  withCommon(command.command("pack"))
    .description("write a data set as WebDataset shards: a few large .tar files, mixed, for sets of many pictures")
    .argument("<data>", "folder of pictures, .csv or .jsonl list, or shards:PATTERN")
    .requiredOption("--out <folder>", "where the shards go")
    .option("--shard-size <megabytes>", "of each shard", number(0.001), 256)
    .action(async (data: string, options: PackCommandOptions) => done(await runPack(data, options, io)));
  return command.description("check or pack a data set");
}

async function runCheck(data: string, options: CheckCommandOptions, io: Io): Promise<number> {
  const [{ checkData }, { expandHome }] = await Promise.all([
    import("../../check/check.ts"),
    import("../../data/files.ts"),
  ]);
  const progress = new Progress(io, options.quiet);
  const signal = { aborted: false };
  const release = io.onInterrupt(() => {
    signal.aborted = true;
  });
  try {
    const path = expandHome(data);
    const result = await checkData(path, {
      workers: options.workers,
      signal,
      onCount: (count, total) => progress.bar("checking", count / total, `${count}/${total}`),
    });
    progress.clear();
    if (signal.aborted) {
      progress.line("stopped; nothing is reported.");
      return EXIT_INTERRUPTED;
    }
    if (options.html !== undefined) {
      const [{ checkPage }, { writeAtomic }] = await Promise.all([
        import("../../check/page.ts"),
        import("../../run/write-file.ts"),
      ]);
      await writeAtomic(options.html, await checkPage(data, result));
      progress.line(`page: ${options.html}`);
    }
    io.out(options.json ? `${JSON.stringify(jsonOf(result))}\n` : await textOf(result, io));
    return options.strict && result.problems.length > 0 ? EXIT_FAILED : EXIT_DONE;
  } finally {
    progress.clear();
    release();
  }
}

async function runPack(data: string, options: PackCommandOptions, io: Io): Promise<number> {
  const [{ packShards }, { expandHome }, { plainText }] = await Promise.all([
    import("../../data/pack.ts"),
    import("../../data/files.ts"),
    import("../../data/work/task.ts"),
  ]);
  const progress = new Progress(io, options.quiet);
  const signal = { aborted: false };
  const release = io.onInterrupt(() => {
    signal.aborted = true;
  });
  try {
    const packed = await packShards(expandHome(data), expandHome(options.out), {
      shardBytes: options.shardSize * 2 ** 20,
      seed: options.seed,
      signal,
      onBad: (bad) => progress.line(`left out: ${plainText(bad)}`),
      onCount: (count, total) => progress.bar("packing", count / total, `${count}/${total}`),
    });
    progress.clear();
    if (signal.aborted) {
      progress.line(`stopped: the shards in ${options.out} are not complete. Remove them.`);
      return EXIT_INTERRUPTED;
    }
    const { shards, pictures, bad, classes, patterns } = packed;
    const val = patterns.val ? ` --val "${patterns.val}"` : "";
    io.out(
      options.json
        ? `${JSON.stringify({ shards, pictures, bad, classes, ...patterns })}\n`
        : `${pictures} pictures of ${classes.length} classes in ${shards.length} shards\ndrishti train --data "${patterns.train}"${val}\n`,
    );
    return EXIT_DONE;
  } finally {
    progress.clear();
    release();
  }
}

/** The contract's object. */
function jsonOf({ count, classes, problems }: CheckResult): object {
  return { count, classes, problems: problems.map(({ code, file, message }) => ({ code, file, message })) };
}

async function textOf({ count, classes, problems }: CheckResult, io: Io): Promise<string> {
  const [{ problemTexts, fatalCodes }, { shown }] = await Promise.all([
    import("../../check/problem.ts"),
    import("../../run/shown.ts"),
  ]);
  const style = styleFor(io.outIsTerminal, io.env);
  const hasVal = classes.some(({ val }) => val > 0);
  const [head, ...rows] = drawTable(
    [
      ["class", "train", ...(hasVal ? ["validation"] : [])],
      ...classes.map(({ label, train, val }) => [shown(label), String(train), ...(hasVal ? [String(val)] : [])]),
    ],
    [false, true, true],
  );
  const lines = [style.dim(head!), ...rows, ""];
  let last = "";
  for (const { code, file, message } of problems) {
    if (code !== last) {
      const total = problems.filter((problem) => problem.code === code).length;
      const title = `${code} (${total}): ${problemTexts[code][0]}`;
      lines.push(...(last === "" ? [] : [""]), fatalCodes.has(code) ? style.bad(title) : style.bold(title));
    }
    last = code;
    lines.push(`  ${shown(file)}  ${style.dim(shown(message))}`);
  }
  if (problems.length > 0) lines.push("");
  lines.push(
    `${count} pictures in ${classes.length} classes: ${problems.length === 0 ? "nothing to remark" : `${problems.length} remark${problems.length === 1 ? "" : "s"}`}`,
  );
  return `${lines.join("\n")}\n`;
}
