/** @file How fast this machine is with each backend: the network and the digits of `npm start`, on all threads and on one. */
import { type Backend, type BackendName, createReference, setDefaultDevice } from "@drishti/core";
import { defaultThreads, loadNative } from "@drishti/native";
import { reportDevices } from "../devices.ts";
import { CLEARLY_FASTER, type KeptSpeed } from "../kept-speeds.ts";
import { loadWasm } from "../wasm-node.ts";
import { type Figure, measure } from "./measure.ts";

/** `npm start`: its network, its pictures, its epochs. */
export const STARTED = {
  model: "simplecnn-bn",
  shape: { inChannels: 1, height: 28, width: 28, numClasses: 10 },
  batchSize: 64,
  epochs: 5,
  train: 9000,
  heldOut: 1000,
} as const;

/** One backend with so many threads. */
export interface SurveyRow {
  readonly device: BackendName;
  readonly threads: number;
  readonly detail: string;
  readonly train: Figure;
  readonly inference: Figure;
  /** What `npm start` computes there, in seconds; reading and drawing are not in it. */
  readonly startSeconds: number;
}

export interface Missing {
  readonly device: BackendName;
  readonly reason: string;
}

export interface SurveyOptions {
  /** Default: as every command. */
  readonly threads?: number;
  /** For each figure. */
  readonly seconds: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Told of each figure before it is measured; share: of all figures, those that are done. */
  readonly onFigure?: (device: string, threads: number, bench: "train" | "inference", share: number) => void;
  /** Stops before the next figure when true. */
  readonly stopped?: () => boolean;
}

type Opened = { readonly backend: Backend; close?(): void } | { readonly reason: string };

function openWasm(threads: number): Opened {
  try {
    const backend = loadWasm({ threads });
    return { backend, close: () => backend.close() };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

const opened = { native: (threads: number): Opened => loadNative({ threads }), wasm: openWasm };

async function measureOn(
  backend: Backend,
  options: Omit<SurveyOptions, "onFigure"> & { onFigure(bench: "train" | "inference"): void },
): Promise<SurveyRow | undefined> {
  const { model, shape, epochs, train: pictures, heldOut } = STARTED;
  const { seconds, seed, batchSize, onFigure, stopped } = options;
  setDefaultDevice(backend);
  const figures: Figure[] = [];
  for (const bench of ["train", "inference"] as const) {
    if (stopped?.()) return undefined;
    onFigure(bench);
    figures.push(await measure(bench, model, { batchSize, seconds, seed, shape }));
  }
  const [train, inference] = figures as [Figure, Figure];
  const startSeconds = epochs * (pictures / train.median + heldOut / inference.median);
  return { device: backend.name, threads: backend.threads, detail: backend.detail, train, inference, startSeconds };
}

/** Measures native and wasm, and says why another does not run here. Leaves the reference as the default device. */
export async function survey(options: SurveyOptions): Promise<{ rows: SurveyRow[]; missing: Missing[] }> {
  const most = options.threads ?? defaultThreads();
  const rows: SurveyRow[] = [];
  const missing: Missing[] = reportDevices()
    .filter(({ device, available }) => device === "webgpu" && !available)
    .map(({ device, reason }) => ({ device, reason: reason ?? "" }));
  const counts = most > 1 ? [most, 1] : [1];
  let [done, all] = [0, 4 * counts.length]; // two devices, training and inference
  for (const device of ["native", "wasm"] as const)
    for (const threads of counts) {
      const result = opened[device](threads);
      if ("reason" in result) {
        missing.push({ device, reason: result.reason });
        all -= 2 * counts.length;
        break;
      }
      const { backend } = result;
      const onFigure = (bench: "train" | "inference") =>
        options.onFigure?.(backend.name, backend.threads, bench, done++ / all);
      const row = await measureOn(backend, { ...options, onFigure });
      result.close?.();
      if (row) rows.push(row);
    }
  setDefaultDevice(createReference());
  return { rows, missing };
}

/** The fastest in training; of those that noise alone may part, native before wasm and more threads before fewer. */
export function fastest(rows: readonly SurveyRow[]): SurveyRow | undefined {
  return rows.reduce<SurveyRow | undefined>(
    (best, row) => (!best || row.train.median > CLEARLY_FASTER * best.train.median ? row : best),
    undefined,
  );
}

/** What the cache keeps of it. */
export function toKeep(rows: readonly SurveyRow[]): KeptSpeed[] {
  return rows.map(({ device, detail, threads, train, inference }) => ({
    device,
    detail,
    threads,
    train: train.median,
    inference: inference.median,
  }));
}
