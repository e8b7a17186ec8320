/** @file `drishti bench` without a model, data or device: how fast this machine is with each backend, and which to choose. */
import { drawTable } from "../draw.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { Progress } from "../progress.ts";
import { duration, grouped } from "../style.ts";
import { languageOf } from "../texts.ts";
import { benchTextsFor } from "../texts-bench.ts";

/** Seconds for a figure, less of which says nothing. */
const LEAST_KEPT = 0.2;

interface SurveyCommand extends CommonOptions {
  readonly seconds?: number;
  readonly batchSize?: number;
  readonly lang?: string;
}

export async function runSurvey(options: SurveyCommand, io: Io): Promise<number> {
  const [{ registerDevices }, { keepSpeeds }, { fastest, STARTED, survey, toKeep }] = await Promise.all([
    import("../../devices.ts"),
    import("../../kept-speeds.ts"),
    import("../../run/survey.ts"),
  ]);
  const { model } = STARTED;
  const { threads, seconds = 0.4, seed = 0, batchSize = STARTED.batchSize, json, quiet } = options;
  registerDevices({ threads });
  const progress = new Progress(io, quiet);
  let stopped = false;
  const release = io.onInterrupt(() => {
    stopped = true;
  });
  const { rows, missing } = await survey({
    threads,
    seconds,
    batchSize,
    seed,
    stopped: () => stopped,
    onFigure: (device, count, bench, share) =>
      progress.bar(`${bench} on ${device}, ${count} thread${count === 1 ? "" : "s"}`, share, ""),
  }).finally(() => {
    progress.clear();
    release();
  });
  if (stopped) return EXIT_INTERRUPTED;
  const best = fastest(rows);
  if (!best) {
    for (const { device, reason } of missing) io.err(`${device} does not run here: ${reason}\n`);
    return EXIT_FAILED;
  }
  const kept = seconds < LEAST_KEPT ? undefined : keepSpeeds(toKeep(rows));
  if (json) {
    for (const { device, threads: count, detail, ...figures } of rows)
      for (const bench of ["train", "inference"] as const) {
        const line = { bench, model, batchSize, threads: count, device, detail, imagesPerSecond: figures[bench] };
        io.out(`${JSON.stringify(line)}\n`);
      }
    const { device, threads: count, detail, startSeconds, train } = best;
    const choice = { bench: "choice", model, batchSize, threads: count, device, detail, imagesPerSecond: train };
    io.out(`${JSON.stringify({ ...choice, startSeconds, missing, kept: kept ?? null })}\n`);
    return EXIT_DONE;
  }
  const texts = benchTextsFor(languageOf(options.lang, io.env));
  for (const { title } of texts) io.out(`${title(model, batchSize)}\n`);
  const [{ head, about }] = texts as [(typeof texts)[number]];
  const cells = rows.map((row) => [
    row.device,
    String(row.threads),
    row.detail.replace(/, \d+ threads?$/, ""),
    grouped(row.train.median),
    grouped(row.inference.median),
    about(duration(row.startSeconds)),
  ]);
  io.out(`\n${drawTable([head, ...cells], [false, true, false, true, true, true]).join("\n")}\n`);
  const other = rows.filter(({ device }) => device !== best.device).sort((a, b) => b.train.median - a.train.median)[0];
  const times = other && (best.train.median / other.train.median).toFixed(1);
  const most = Math.max(...rows.map(({ threads: count }) => count));
  for (const text of texts) {
    io.out("\n");
    for (const { device, reason } of missing) io.out(`${text.missing(device, reason)}\n`);
    io.out(
      `${text.best(best.device, best.threads, times, other?.device ?? "")}\n${kept ? text.taken : seconds < LEAST_KEPT ? text.tooShort : text.notKept}\n`,
    );
    if (best.threads < most) io.out(`${text.threads(best.threads)}\n`);
  }
  return EXIT_DONE;
}
