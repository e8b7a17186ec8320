/** @file A model in ONNX Runtime and in a browser, by exports that are thrown away: whatever kind of file it is in. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError, DrishtiError } from "@drishti/core/errors";
import { loadOnnxRuntime } from "../onnx/check.ts";
import { noRuntime, onnx } from "./formats/onnx.ts";
import { web } from "./formats/web.ts";
import { checkBrowser, noBrowser } from "./formats/web-checks.ts";
import type { GoldenCheck } from "./golden.ts";
import { openTrained, type TrainedFile } from "./model-source.ts";

/** Where a model may be tried beside Node. */
export type Elsewhere = "onnxruntime" | "browser";

/**
 * The golden pictures in each place, one after the other. What is not installed here, and models that the place has no words
 * for, are skipped with the reason.
 */
export async function* checkElsewhere(
  file: TrainedFile,
  places: readonly Elsewhere[],
): AsyncGenerator<GoldenCheck, void, undefined> {
  for (const where of places) {
    const missing = where === "browser" ? noBrowser() : await noRuntimeHere();
    yield missing ?? (await tried(where, file));
  }
}

async function noRuntimeHere(): Promise<GoldenCheck | undefined> {
  try {
    return (await loadOnnxRuntime()) ? undefined : noRuntime;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { where: "onnxruntime", maxError: null, ok: false, reason: error.message };
  }
}

async function tried(where: Elsewhere, file: TrainedFile): Promise<GoldenCheck> {
  const folder = await mkdtemp(join(tmpdir(), "drishti-verify-"));
  try {
    const { model, card } = await openTrained(file);
    const format = where === "browser" ? web : onnx;
    const path = join(folder, `model${format.extension}`);
    await format.write!({ model, card }, path);
    return where === "browser" ? await checkBrowser(path) : (await onnx.checks!(path, card))[0]!;
  } catch (error) {
    if (!(error instanceof DrishtiError)) throw error;
    // That an export gives other logits is a finding; that there is no such export is none.
    const wrong = error instanceof DataError && error.code === "mismatch";
    return { where, maxError: null, ok: !wrong, skipped: !wrong, reason: error.message };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
