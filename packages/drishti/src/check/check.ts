/** @file `data check`: every file of a data set looked at, and the set as a whole. */
import type { Inspection } from "../data/work/inspect.ts";
import { defaultWorkers, WorkerPool } from "../data/work/pool.ts";
import { type Candidate, type Collection, collect } from "./collect.ts";
import { findDuplicates } from "./duplicates.ts";
import { type Problem, problemTexts } from "./problem.ts";

export interface ClassCount {
  readonly label: string;
  /** Pictures that can be read. */
  readonly train: number;
  readonly val: number;
}

export interface CheckResult {
  /** Files whose name is a picture's. */
  readonly count: number;
  readonly classes: readonly ClassCount[];
  /** By code, in the order of `problemTexts`, then by file. */
  readonly problems: readonly Problem[];
}

export interface CheckOptions {
  readonly workers?: number;
  readonly onCount?: (done: number, total: number) => void;
  readonly signal?: { readonly aborted: boolean };
}

const A_TASK = 8;
/** Classes with less than this share of the largest one's pictures are named. */
const FEW = 0.25;

/** Throws  DataError when there is nothing to check; never for what is wrong with a file. */
export async function checkData(path: string, options: CheckOptions = {}): Promise<CheckResult> {
  const collection = await collect(path);
  const { candidates, classes } = collection;
  const seen = await inspectAll(candidates, options);
  const problems = [
    ...collection.problems,
    ...seen.flatMap(({ file, remarks }) => remarks.map((remark) => ({ ...remark, file }) as Problem)),
    ...findDuplicates(candidates.slice(0, seen.length), seen, classes),
    ...oddOnes(seen),
    ...balance(collection, seen),
  ];
  const order = Object.keys(problemTexts);
  problems.sort(
    (a, b) => order.indexOf(a.code) - order.indexOf(b.code) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0),
  );
  return { count: candidates.length, classes: countClasses(collection, seen), problems };
}

async function inspectAll(candidates: readonly Candidate[], options: CheckOptions): Promise<Inspection[]> {
  const { workers = defaultWorkers(), onCount, signal } = options;
  const pool = new WorkerPool(workers);
  const seen: Inspection[] = [];
  const waiting: Promise<readonly Inspection[]>[] = [];
  let next = 0;
  try {
    while (next < candidates.length || waiting.length > 0) {
      // A few tasks ahead for each thread: what is known of a million files is small, the files themselves are not.
      while (next < candidates.length && waiting.length < 2 * Math.max(1, pool.count) && !signal?.aborted) {
        const places = candidates.slice(next, next + A_TASK).map(({ place }) => place);
        const task = pool.run({ kind: "inspect", places });
        task.catch(() => {});
        waiting.push(task);
        next += places.length;
      }
      const first = waiting.shift();
      if (!first) break;
      seen.push(...(await first));
      onCount?.(seen.length, candidates.length);
    }
    return seen;
  } finally {
    await pool.close();
  }
}

/** Those that differ from most: grey among colour or the other way round, and unusual sizes. */
function oddOnes(seen: readonly Inspection[]): Problem[] {
  const whole = seen.filter(({ width }) => width > 0);
  const grey = whole.filter((picture) => picture.grey);
  const few = grey.length * 2 <= whole.length;
  const problems: Problem[] = (few ? grey : whole.filter((picture) => !picture.grey)).map(({ file }) => ({
    code: few ? "grey" : "colour",
    file,
    message: few
      ? `without colour, while ${whole.length - grey.length} of ${whole.length} have some.`
      : `with colour, while ${grey.length} of ${whole.length} have none.`,
  }));
  const short = whole.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b);
  const median = short[Math.floor(short.length / 2)] ?? 0;
  for (const { file, width, height } of whole) {
    const [least, most] = [Math.min(width, height), Math.max(width, height)];
    if (least < 8 || least * 4 < median)
      problems.push({
        code: "size",
        file,
        message: `${width}×${height}: much smaller than most (shorter side ${median}).`,
      });
    else if (most > 4 * least)
      problems.push({ code: "size", file, message: `${width}×${height}: so long that cropping leaves little of it.` });
  }
  return problems;
}

function countClasses({ classes, candidates }: Collection, seen: readonly Inspection[]): ClassCount[] {
  const counts = classes.map((label) => ({ label, train: 0, val: 0 }));
  for (const [i, { width }] of seen.entries()) {
    const { label, part } = candidates[i]!;
    if (width > 0 && counts[label]) counts[label]![part]++;
  }
  return counts;
}

function balance(collection: Collection, seen: readonly Inspection[]): Problem[] {
  const counts = countClasses(collection, seen).map(({ label, train, val }) => ({ label, count: train || val }));
  const most = counts.reduce((a, b) => (b.count > a.count ? b : a), { label: "", count: 0 });
  return counts
    .filter(({ count }) => count > 0 && count < FEW * most.count)
    .map(({ label, count }) => ({
      code: "imbalance",
      file: label,
      message: `class "${label}" has ${count} pictures, "${most.label}" has ${most.count}.`,
    }));
}
