/** @file The formats of model files, in the order in which they are tried on a file. */
import { DataError } from "@drishti/core/errors";
import { readBytes } from "../../data/files.ts";
import type { ModelFormat, ReadModel, ReadModelOptions } from "./format.ts";
import { onnx } from "./onnx.ts";
import { pytorch } from "./pytorch.ts";
import { safetensors } from "./safetensors.ts";
import { tfjs } from "./tfjs.ts";
import { web } from "./web.ts";

export const modelFormats: readonly ModelFormat[] = [onnx, tfjs, safetensors, pytorch, web];

/** Names for `--format`. */
export const writableFormats: readonly string[] = modelFormats.filter(({ write }) => write).map(({ name }) => name);

/** The format of a name that `writableFormats` has. */
export function formatNamed(name: string): ModelFormat {
  return modelFormats.find((format) => format.name === name)!;
}

/** A model file of any format that is read here. Throws DataError "format" for all others. */
export async function readForeign(
  path: string,
  options: ReadModelOptions = {},
): Promise<ReadModel & { readonly format: ModelFormat; readonly bytes: Uint8Array }> {
  const bytes = await readBytes(path);
  const format = modelFormats.find((candidate) => candidate.read && candidate.recognises(bytes, path));
  if (!format?.read)
    throw new DataError(
      "model",
      "format",
      `${path} is no model file that can be read (${bytes.length} bytes). Known are ${modelFormats
        .filter(({ read }) => read)
        .map(({ about }) => about)
        .join("; ")}.`,
      path,
    );
  return { ...(await format.read(bytes, path, options)), format, bytes };
}
