/** @file ONNX files on disk, with the files of tensors that lie beside them. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { DataError } from "@drishti/core/errors";
import type { Layer } from "@drishti/core/nn";
import { readBytes } from "../data/files.ts";
import { writeAtomic } from "../run/write-file.ts";
import { checkWithOnnxModel, checkWithOnnxRuntime, type OnnxCheck } from "./check.ts";
import { readExternal } from "./dtype.ts";
import { type ExportOnnxOptions, exportOnnx } from "./export/export-onnx.ts";
import { OnnxModel, type OnnxModelOptions } from "./onnx-model.ts";
import { decodeModel, encodeModel } from "./proto.ts";

/**
 * Opens a model file. Tensors that the file keeps in others are read from the same folder and those below it, never
 * from elsewhere.
 *
 * Throws  DataError: "missing", "unreadable", "folder" of the file itself; what `OnnxModel` throws; "external" for a
 *         file of tensors that is not there or outside.
 *
 * @example
 * await saveOnnx("model.onnx", model, { input: [1, 28, 28] });
 * const again = await loadOnnx("model.onnx");
 * again.forward(zeros([5, 1, 28, 28])).shape; // [5, 10]
 */
export async function loadOnnx(
  path: string,
  options: Omit<OnnxModelOptions, "file" | "external"> = {},
): Promise<OnnxModel> {
  return new OnnxModel(await readBytes(path), { ...options, file: path, external: externalData(path) });
}

/**
 * A reader of parts of the files beside a model, for `readOnnx` and `OnnxModel`; `path` is the model's own file. It
 * takes location, offset and length in bytes (undefined: to the end).
 *
 * Throws  DataError "external" for a location outside the folder, a file that is missing, and parts beyond its end.
 *
 * @example
 * const read = externalData("model.onnx");
 * read("digit.png", 1, 3); // [80, 78, 71]
 */
export function externalData(
  path: string,
): (location: string, offset: number, length: number | undefined) => Uint8Array {
  return (location, offset, length) => {
    const fail = (why: string, cause?: unknown): never => {
      throw new DataError("onnx", "external", `${path}: its tensors lie in "${location}", which ${why}.`, path, {
        cause,
      });
    };
    const local = normalize(location);
    if (isAbsolute(location) || local === ".." || local.startsWith(`..${sep}`) || location.includes("\0"))
      return fail("is not beside it");
    let file: number;
    try {
      if (!statSync(join(dirname(path), local)).isFile()) return fail("is no plain file");
      file = openSync(join(dirname(path), local), "r");
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      return fail("cannot be opened; it must be in the same folder", cause);
    }
    try {
      const { size } = fstatSync(file);
      const count = length ?? size - offset;
      if (count < 0 || offset + count > size) return fail(`has ${size} bytes, ${offset + count} are asked for`);
      const out = new Uint8Array(count);
      for (let at = 0; at < count; ) {
        const read = readSync(file, out, at, count - at, offset + at);
        if (read === 0) return fail("ends too soon");
        at += read;
      }
      return out;
    } finally {
      closeSync(file);
    }
  };
}

/**
 * The same file with texts added to its metadata_props; a key that is there already gets the new text. Tensors in other
 * files are brought in, as the copy may lie elsewhere.
 *
 * path    The model's own file, to find those others.
 * Throws  DataError "external" when they are not there.
 *
 * @example
 * const bytes = await exportOnnx(model, { input: [1, 28, 28] });
 * readOnnx(withMetadata(bytes, { author: "Asha" }, "model.onnx")).metadata.get("author"); // "Asha"
 */
export function withMetadata(bytes: Uint8Array, texts: Readonly<Record<string, string>>, path: string): Uint8Array {
  const metadataProps = Object.entries(texts).map(([key, value]) => ({ key, value }));
  const model = decodeModel(bytes);
  if (!model.graph?.initializer.some((t) => t.dataLocation === 1)) {
    // Messages that follow one another are one: fields that are not known here stay as they are.
    const added = encodeModel({ opsetImport: [], functions: [], metadataProps });
    const out = new Uint8Array(bytes.length + added.length);
    out.set(bytes);
    out.set(added, bytes.length);
    return out;
  }
  const external = externalData(path);
  const initializer = model.graph.initializer.map((t) =>
    t.dataLocation === 1 ? { ...t, dataLocation: 0, externalData: [], rawData: readExternal(t, external) } : t,
  );
  const kept = model.metadataProps.filter(({ key = "" }) => !Object.hasOwn(texts, key));
  return encodeModel({ ...model, graph: { ...model.graph, initializer }, metadataProps: [...kept, ...metadataProps] });
}

/**
 * Exports a model to a file, after checking it on 3 random pictures: with Drishti's own reader, and with ONNX Runtime
 * where that is installed. The file is written whole or not at all.
 *
 * Returns  what each check found; `onnxRuntime` is null when it is not installed.
 * Throws   DataError "mismatch" when a check fails, "no-space", "not-writable", "missing-folder"; nothing is written
 *          then. And what exportOnnx throws.
 *
 * @example
 * const { own } = await saveOnnx("model.onnx", model, { input: [1, 28, 28] });
 * own.ok; // true
 */
export async function saveOnnx(
  path: string,
  model: Layer,
  options: ExportOnnxOptions,
): Promise<{ own: OnnxCheck; onnxRuntime: OnnxCheck | null }> {
  const bytes = await exportOnnx(model, options);
  const own = await checkWithOnnxModel(bytes, model, options);
  const onnxRuntime = await checkWithOnnxRuntime(bytes, model, options).catch((error: unknown) => {
    if (error instanceof DataError && error.code === "needs-onnxruntime") return null;
    throw error;
  });
  for (const check of [own, onnxRuntime])
    if (check && !check.ok)
      throw new DataError(
        "onnx",
        "mismatch",
        `${path} was not written: ${check.runtime} gives logits that differ by ${check.maxError.toExponential(1)}, allowed ${check.room.toExponential(1)}.`,
        path,
      );
  await writeAtomic(path, bytes);
  return { own, onnxRuntime };
}
