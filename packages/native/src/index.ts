/**
 * @file The native backend of Drishti for Node: kernels/cpp compiled on this machine, on first use, by one plain
 * call of a C++ compiler.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Backend } from "@drishti/core/backends";
import { ArgumentError, say } from "@drishti/core/errors";
import { allIsas, type BuildPlan, cacheFolders, planBuild } from "../build.mjs";
import { type Addon, loadAddon } from "./addon.ts";
import { NativeBackend } from "./backend.ts";
import { selfTest } from "./self-test.ts";

/** How the native backend runs, and for which processor it is built. */
export interface NativeOptions {
  /** Default: DRISHTI_THREADS, else one for each processor, at most 16. */
  readonly threads?: number;
  /** An instruction set by name, for tests. Default: DRISHTI_ISA, else the best this machine has. */
  readonly isa?: string;
  /** The instruction sets to build, for tests. Default: `isa`, else the best this machine has. */
  readonly build?: readonly string[];
}

/** The names that `isa` and DRISHTI_ISA take on this kind of processor, best first; not every machine runs them all. */
export const instructionSets: readonly string[] = allIsas();

export { cacheFolders };

/** A backend, or in words why there is none. */
export type NativeResult = { readonly backend: Backend } | { readonly reason: string };

const MOST_BY_DEFAULT = 16;

/** The most threads that a backend starts: each of a mistyped hundred thousand would be one, until the system has no more. */
export const mostThreads = 256;

/**
 * Loads the native backend, building it first if this is its first use (some seconds, once; one line on stderr says so).
 * Never throws: no compiler, a compile error, an addon that does not load here, a cache that cannot be written all
 * end in a `reason`.
 *
 * @example
 * const native = loadNative({ threads: 2 });
 * if ("backend" in native) console.log(native.backend.detail); // such as: avx2, 8 lanes, 2 threads
 */
export function loadNative(options: NativeOptions = {}): NativeResult {
  try {
    const isa = options.isa ?? (process.env.DRISHTI_ISA || undefined);
    const plan = planBuild(options.build, isa);
    if (plan.reason !== undefined) return { reason: plan.reason };
    return { backend: open(plan, { ...options, isa }) };
  } catch (error) {
    return { reason: (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "" };
  }
}

function open(plan: BuildPlan, options: NativeOptions): Backend {
  if (plan.cached) {
    try {
      return start(loadAddon(plan.cached), options);
    } catch {
      rmSync(plan.cached, { force: true }); // cut short or made for another system: build it anew
    }
  }
  return start(loadAddon(buildNow(plan)), options);
}

function buildNow(plan: BuildPlan): string {
  process.stderr.write(`drishti: building the native kernels with ${plan.compiler.command}, once, some seconds\n`);
  const script = fileURLToPath(new URL("../build.mjs", import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...plan.isas], { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`the native kernels did not build: ${stderr.trim()}`);
  return stdout.trim();
}

function start(addon: Addon, options: NativeOptions): Backend {
  const backend = new NativeBackend(addon, options.isa ?? "", threadsFor("native", options.threads));
  selfTest(backend);
  return backend;
}

/**
 * How many threads the native backend takes unless told otherwise: $DRISHTI_THREADS, else one for each processor, at
 * most 16.
 *
 * Throws   ArgumentError "threads" where that variable is no whole number from 1 to 256.
 *
 * @example
 * defaultThreads(); // such as 8
 */
export function defaultThreads(): number {
  const text = process.env.DRISHTI_THREADS;
  if (!text) return Math.min(availableParallelism(), MOST_BY_DEFAULT);
  const wanted = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= mostThreads) return wanted;
  throw new ArgumentError(
    "device",
    "threads",
    say`DRISHTI_THREADS must be a whole number from 1 to ${{ most: mostThreads }}, got ${{ threads: text }}.`,
  );
}

/**
 * The number of threads to start: what was asked for, or the default. Throws ArgumentError "threads" unless it is a whole
 * number from 1 to `mostThreads`.
 *
 * @example
 * threadsFor("wasm", 2); // 2
 */
export function threadsFor(where: string, wanted: number = defaultThreads()): number {
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= mostThreads) return wanted;
  throw new ArgumentError(
    where,
    "threads",
    say`threads must be a whole number from 1 to ${{ most: mostThreads }}, got ${{ threads: wanted }}.`,
  );
}
