/**
 * @file Fuzzing of readers: valid files, damaged in thousands of ways, each read with a limit on time and memory.
 *
 * A reader may give a value or throw one of our errors; anything else is a failure. Every run's damage follows from the
 * seed and its number alone, so that a failure can be had again: DRISHTI_FUZZ_SEED=1 DRISHTI_FUZZ_ONLY=1234.
 *   DRISHTI_FUZZ=100000 npx vitest run packages/drishti/test/fuzz      the nightly mode
 */
import { getHeapStatistics } from "node:v8";
import { createContext, Script } from "node:vm";
import { Generator } from "@drishti/core";
import { DrishtiError } from "@drishti/core/errors";
import { describe, expect, test } from "vitest";
import { mutate } from "./mutate.ts";

/** Damaged files for each reader; the nightly mode sets more. */
const NORMAL = 2_000;
const RUNS = Number(process.env.DRISHTI_FUZZ || NORMAL);
const SEED = Number(process.env.DRISHTI_FUZZ_SEED || 1);
const ONLY = process.env.DRISHTI_FUZZ_ONLY ? Number(process.env.DRISHTI_FUZZ_ONLY) : undefined;

/** No reader may use more than this many bytes for a byte of its file … */
const MEMORY_FACTOR = 8;
/** … beyond what objects, and whatever else lives in this process, take for themselves. */
const MEMORY_FLOOR = 2 << 20;
/** Long beyond doubt: a run takes well under a millisecond. */
const HANG_MS = 10_000;
/** Files read under one limit of time: setting it up takes longer than reading most of them. */
const CHUNK = 50;
const REFUSED = "refused";

export interface FuzzTarget {
  /** Valid files by name: small, and together with everything that the format can say. */
  readonly samples: Readonly<Record<string, Uint8Array>>;
  /** Reads one, to the end: lazy values included. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Whether the samples themselves must be read without an error. Default true. */
  readonly samplesAreValid?: boolean;
  /** Of the normal run's files, for readers that take long; the nightly mode has time. Default 1. */
  readonly share?: number;
}

/** Declares the tests of one reader. */
export function fuzzReader(name: string, { samples, read, samplesAreValid = true, share = 1 }: FuzzTarget): void {
  // Copies that are no Buffers: a Buffer's slice() shares its memory.
  const files = Object.entries(samples).map(([file, bytes]) => [file, Uint8Array.from(bytes)] as const);
  const runs = RUNS > NORMAL ? RUNS : Math.ceil(RUNS * share);

  describe(`fuzz ${name}`, () => {
    test("there is something to damage, and whole it is read", async () => {
      expect(files.length).toBeGreaterThan(0);
      if (samplesAreValid) for (const [, bytes] of files) await read(bytes);
    });

    // In the nightly mode this takes minutes; a reader that hangs is found by its own limit.
    test(`${runs} damaged files, seed ${SEED}: a value or an error of ours, in bounded time and memory`, async () => {
      let refused = 0;
      const end = ONLY === undefined ? runs : ONLY + 1;
      for (let run = ONLY ?? 0; run < end; run += CHUNK) {
        const chunk = Array.from({ length: Math.min(CHUNK, end - run) }, (_, i) => damaged(files, run + i));
        const faults = await misbehaviours(
          read,
          chunk.map(({ bytes }) => bytes),
        );
        for (const [i, fault] of faults.entries()) {
          const { from, bytes } = chunk[i]!;
          if (fault === REFUSED) refused++;
          else if (fault)
            expect.unreachable(`run ${run + i} (${from}, ${bytes.length} bytes): ${fault}\n${dump(bytes)}`);
        }
      }
      // Damage that is never noticed would mean that the reader does not look.
      if (ONLY === undefined) expect(refused).toBeGreaterThan(runs / 20);
    }, 36_000_000);
  });
}

/** The damaged file of a run. */
export function damaged(files: readonly (readonly [string, Uint8Array])[], run: number) {
  const random = new Generator(SEED * 1_000_003 + run);
  const [from, bytes] = files[random.random() % files.length]!;
  const [, other] = files[random.random() % files.length]!;
  return { from, bytes: mutate(bytes, random, other) };
}

/** What a reader did with each file that it must not; REFUSED for an error of ours. */
export async function misbehaviours(
  read: (bytes: Uint8Array) => unknown,
  files: readonly Uint8Array[],
  hangMs = HANG_MS,
): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  const waiting: Promise<unknown>[] = [];
  const readAll = () => {
    while (found.length < files.length) {
      const at = found.length;
      found.push(`hung for ${hangMs} ms`); // unless something else is known after the next lines
      const bytes = files[at]!;
      const before = memory();
      const result = attempt(read, bytes);
      if (result instanceof Promise)
        waiting.push(
          timed(result, hangMs).then(
            () => found.fill(undefined, at, at + 1),
            (error) => found.fill(judge(error), at, at + 1),
          ),
        );
      else found[at] = result;
      if (memory() - before > allowed(bytes)) found[at] = greed(read, bytes) ?? found[at];
    }
  };
  while (found.length < files.length) {
    try {
      withinTime(readAll, hangMs);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    }
  }
  await Promise.all(waiting);
  return found;
}

function attempt(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string | undefined | Promise<unknown> {
  try {
    const value = read(bytes.slice());
    return value instanceof Promise ? value : undefined;
  } catch (error) {
    return judge(error);
  }
}

function judge(error: unknown): string {
  return error instanceof DrishtiError ? REFUSED : `threw ${error instanceof Error ? error.stack : String(error)}`;
}

/** What other code left behind was counted too, so a suspicion is looked into: only what comes again is the reader's. */
function greed(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string | undefined {
  const uses = Array.from({ length: 5 }, () => {
    const start = memory();
    attempt(read, bytes);
    return memory() - start;
  });
  const over = uses.filter((use) => use > allowed(bytes));
  return over.length < 3 ? undefined : `used ${Math.min(...over)} bytes of memory, ${allowed(bytes)} are allowed`;
}

const allowed = (bytes: Uint8Array) => MEMORY_FACTOR * bytes.length + MEMORY_FLOOR;

const box: { job?: () => unknown } = {};
const context = createContext(box);
const script = new Script("job()");

/** Node can stop a loop only in code started by a Script; then it stops whatever that has called, too. */
function withinTime(job: () => unknown, timeout: number): void {
  box.job = job;
  script.runInContext(context, { timeout });
}

async function timed(value: Promise<unknown>, hangMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still not done after ${hangMs} ms`)), hangMs);
  });
  try {
    await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}

function memory(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function dump(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 512)).toString("hex");
  return `${hex}${bytes.length > 512 ? "…" : ""}`;
}
