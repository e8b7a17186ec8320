/** @file What `drishti bench` found on this machine, kept in the cache: `--device auto` chooses by it (docs/adr/0014). */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { BackendName } from "@drishti/core";
import { cacheFolders } from "@drishti/native";

/** Images a second of one backend with so many threads. */
export interface KeptSpeed {
  readonly device: BackendName;
  /** Instruction set, lanes, threads, as the backend says them. */
  readonly detail: string;
  readonly threads: number;
  readonly train: number;
  readonly inference: number;
}

export interface KeptSpeeds {
  /** What the figures hold for: processor, Node, Drishti, forced paths. */
  readonly machine: string;
  readonly measuredAt: string;
  readonly speeds: readonly KeptSpeed[];
}

/** Less than this is noise: native stays. */
export const CLEARLY_FASTER = 1.1;

/** Another processor, Node, version of Drishti or forced path: measured anew. */
export function machineName(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const processors = cpus();
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const forced = ["DRISHTI_ISA", "DRISHTI_WASM"].flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
  const { platform, arch, version: node } = process;
  return [
    `${processors.length} × ${processors[0]?.model ?? "?"}`,
    `${platform}-${arch}`,
    `Node ${node}`,
    `Drishti ${version}`,
    ...forced,
  ].join(", ");
}

function fileName(machine: string): string {
  return `speeds-${createHash("sha256").update(machine).digest("hex").slice(0, 16)}.json`;
}

/** Whole or not there. */
function written(folder: string, name: string, text: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const temporary = mkdtempSync(join(folder, "speeds-"));
    try {
      writeFileSync(join(temporary, name), text);
      renameSync(join(temporary, name), join(folder, name));
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    return true;
  } catch {
    return false;
  }
}

/** Keeps them in the first cache folder that can be written to; undefined where there is none. */
export function keepSpeeds(
  speeds: readonly KeptSpeed[],
  folders: readonly string[] = cacheFolders(),
): string | undefined {
  const machine = machineName();
  const kept: KeptSpeeds = { machine, measuredAt: new Date().toISOString(), speeds };
  for (const folder of folders)
    if (written(folder, fileName(machine), `${JSON.stringify(kept)}\n`)) return join(folder, fileName(machine));
  return undefined;
}

function isSpeed(value: unknown): value is KeptSpeed {
  const { device, detail, threads, train } = (value ?? {}) as Partial<Record<keyof KeptSpeed, unknown>>;
  return typeof device === "string" && typeof detail === "string" && [threads, train].every((n) => Number.isFinite(n));
}

/** What was kept for this machine as it is now; undefined without it, and for a file that is damaged. */
export function keptSpeeds(folders: readonly string[] = cacheFolders()): KeptSpeeds | undefined {
  const machine = machineName();
  for (const folder of folders) {
    try {
      const kept = JSON.parse(readFileSync(join(folder, fileName(machine)), "utf8")) as Partial<KeptSpeeds>;
      if (kept.machine === machine && typeof kept.measuredAt === "string" && kept.speeds?.every(isSpeed))
        return kept as KeptSpeeds;
    } catch {
      // Not there, or cut short: as if nothing had been measured.
    }
  }
  return undefined;
}

/** The fastest in training with so many threads, if it is clearly faster than native; undefined where native is to be taken. */
export function fasterThanNative({ speeds }: KeptSpeeds, threads: number): KeptSpeed | undefined {
  const rows = speeds.filter((row) => row.threads === threads || row.device === "webgpu");
  const native = rows.find(({ device }) => device === "native");
  const best = rows.reduce<KeptSpeed | undefined>(
    (most, row) => (!most || row.train > most.train ? row : most),
    undefined,
  );
  return native && best && best.train > CLEARLY_FASTER * native.train ? best : undefined;
}
