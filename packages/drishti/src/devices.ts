/** @file Which backends there are in Node, and which one is taken when nobody says. */
import {
  type Backend,
  BackendError,
  type BackendName,
  createReference,
  getBackend,
  registerBackend,
  registerDefault,
} from "@drishti/core";
import { defaultThreads, loadNative } from "@drishti/native";
import { deviceNames } from "./device-names.ts";
import { fasterThanNative, keptSpeeds } from "./kept-speeds.ts";
import { loadWasm } from "./wasm-node.ts";

/** How the backends of Node are made. */
export interface DeviceOptions {
  /** Threads of native and wasm. Default: DRISHTI_THREADS, else one for each processor, at most 16. */
  readonly threads?: number;
  /** Where the one line goes that says why auto did not take native: it does not run here, or was measured to be slower. Default stderr. */
  readonly say?: (line: string) => void;
}

/** One row of `drishti devices`. */
export interface DeviceReport {
  readonly device: BackendName;
  readonly available: boolean;
  /** Instruction set, threads, adapter; null when it does not run here. */
  readonly detail: string | null;
  /** Why it does not run here; null when it does. */
  readonly reason: string | null;
}

/**
 * Makes the backends known under their names; `drishti` does so itself, and again only for other options. Nothing is
 * loaded, and no compiler called, before one is first used. Without setDefaultDevice() the first tensor takes
 * DRISHTI_DEVICE, or what `drishti bench` found to be the fastest here; where it was never run, native where it loads
 * and else wasm. Anything but native is said in one line.
 *
 * Throws   BackendError only later: "unavailable" when a backend is asked for that does not run here, "unknown-device"
 *          for another name in DRISHTI_DEVICE.
 *
 * @example
 * registerDevices({ threads: 1 });
 * getBackend("reference").name; // "reference"
 */
export function registerDevices(options: DeviceOptions = {}): void {
  const { threads } = options;
  registerBackend("reference", createReference);
  registerBackend("native", () => {
    const result = loadNative({ threads });
    if ("backend" in result) return result.backend;
    throw new BackendError(
      "native",
      "unavailable",
      `the native backend does not run here: ${result.reason.replace(/\.$/, "")}.`,
    );
  });
  registerBackend("wasm", () => loadWasm({ threads }));
  registerBackend("webgpu", () => {
    throw new BackendError(
      "webgpu",
      "unavailable",
      "this version of Drishti has no WebGPU backend for Node; use native or wasm.",
    );
  });
  registerDefault(() => openDevice(process.env.DRISHTI_DEVICE ?? "auto", options));
}

/** The backend of a name as given by a user. Throws BackendError when it does not run here or is unknown. */
export function openDevice(name: string, { say = toStderr, threads }: DeviceOptions = {}): Backend {
  if (name === "auto" || name === "") return measuredFaster(say, threads ?? defaultThreads()) ?? automatic(say);
  if ((deviceNames as readonly string[]).includes(name)) return getBackend(name as BackendName);
  throw new BackendError(
    "device",
    "unknown-device",
    `there is no device "${name}"; there are: ${deviceNames.join(", ")}.`,
  );
}

/** What was measured to be faster than native on this machine, if it still is what it was. */
function measuredFaster(say: (line: string) => void, threads: number): Backend | undefined {
  const kept = keptSpeeds();
  const best = kept && fasterThanNative(kept, threads);
  if (!best) return undefined;
  try {
    const backend = getBackend(best.device);
    if (backend.detail !== best.detail) return undefined;
    say(`drishti: running on ${best.device} (${best.detail}); drishti bench found it faster here than native`);
    return backend;
  } catch {
    return undefined; // it ran then and does not now
  }
}

function automatic(say: (line: string) => void): Backend {
  try {
    return getBackend("native");
  } catch (error) {
    const wasm = getBackend("wasm");
    say(`drishti: running on wasm (${wasm.detail}); ${reasonOf(error)}`);
    return wasm;
  }
}

/**
 * Every backend, tried: what `drishti devices` prints.
 *
 * @example
 * const reports = reportDevices();
 * reports.map(({ device }) => device); // ["native", "wasm", "webgpu", "reference"]
 * reports.every(({ available, reason }) => available === (reason === null)); // true
 */
export function reportDevices(): DeviceReport[] {
  return (["native", "wasm", "webgpu", "reference"] as const).map((device) => {
    try {
      return { device, available: true, detail: getBackend(device).detail, reason: null };
    } catch (error) {
      return { device, available: false, detail: null, reason: reasonOf(error) };
    }
  });
}

/** The message without the name in front that errors of ours begin with. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return error instanceof BackendError ? text.replace(`${error.where}: `, "") : text;
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
