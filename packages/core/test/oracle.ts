/** @file Where tests find PyTorch's values: the committed selection, and the whole oracle when it lies beside the repository. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const shared = process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../shared");

/** One place values can come from. `missing` says why there is nothing to run, for the title of a skipped test. */
export interface OracleSource {
  readonly name: string;
  readonly folder: string;
  readonly missing: string | undefined;
}

/** Both places, for a file or folder of the oracle such as `rng/streams.json`. */
export function oracleSources(path: string): OracleSource[] {
  return [
    { name: "selection", folder: resolve(import.meta.dirname, "golden/oracle") },
    { name: "whole oracle", folder: join(shared, "oracle") },
  ].map((source) => {
    const missing = existsSync(join(source.folder, path)) ? undefined : `no ${path}; set DRISHTI_SHARED`;
    return { ...source, name: missing ? `${source.name} (skipped: ${missing})` : source.name, missing };
  });
}

/** A file of the oracle as JSON; the caller says what is in it. */
export function readOracle<T>(source: OracleSource, path: string): T {
  return JSON.parse(readFileSync(join(source.folder, path), "utf8")) as T;
}
