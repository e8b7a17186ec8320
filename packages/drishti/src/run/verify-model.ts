/** @file The golden pictures of a model file, run wherever the file can be run. */
import { dirname } from "node:path";
import { setDefaultDevice } from "@drishti/core";
import { openDevice, registerDevices, reportDevices } from "../devices.ts";
import { readForeign } from "./formats/index.ts";
import { modelOfWebFolder } from "./formats/web.ts";
import { checkWeb } from "./formats/web-checks.ts";
import { checkGolden, type GoldenCheck } from "./golden.ts";
import { openTrained, readTrained } from "./model-source.ts";
import { checkElsewhere } from "./verify-elsewhere.ts";

export interface VerifyOptions {
  /** One backend; default: all that run here, ONNX Runtime and a browser. */
  readonly device?: string;
  readonly threads?: number;
}

/** The reference computes in plain loops: beyond this many weights it would take minutes. */
const REFERENCE_LIMIT = 1_000_000;

/** Each check as it is done. Throws DataError for a file without golden pictures. */
export async function* verifyModel(spec: string, options: VerifyOptions): AsyncGenerator<GoldenCheck> {
  const file = await readTrained(spec);
  registerDevices({ threads: options.threads, say: () => {} });
  const wanted = options.device === undefined || options.device === "auto" ? undefined : options.device;
  const parameters = [...file.weights.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  for (const { device, available, reason } of reportDevices()) {
    if (wanted !== undefined && device !== wanted) continue;
    if (!available) {
      if (wanted !== undefined)
        yield { where: device, maxError: null, ok: false, reason: reason ?? "it does not run here" };
      continue;
    }
    if (device === "reference" && wanted === undefined && parameters > REFERENCE_LIMIT) continue;
    setDefaultDevice(openDevice(device));
    const { model, card } = await openTrained(file);
    yield await checkGolden(device, model, card, file.file);
  }
  if (wanted !== undefined) return;
  // The files themselves where they are for such places; exports of all others.
  const { format } = await readForeign(file.file);
  if (format.checks) yield* await format.checks(file.file, file.card);
  else yield* checkElsewhere(file, ["onnxruntime"]);
  const folder = dirname(file.file);
  if (modelOfWebFolder(folder) === file.file) yield* await checkWeb(folder);
  else yield* checkElsewhere(file, ["browser"]);
}

/** One answer of many: the largest error, and whether all were right. Checks that failed to run count as wrong, skipped ones not at all. */
export function summed(checks: readonly GoldenCheck[]): { maxError: number | null; ok: boolean } {
  const run = checks.filter(({ skipped }) => !skipped);
  const errors = run.flatMap(({ maxError }) => (maxError === null ? [] : [maxError]));
  return {
    maxError: errors.length > 0 ? Math.max(...errors) : null,
    ok: run.length > 0 && run.every(({ ok }) => ok),
  };
}
