/**
 * @file Weights as TensorFlow.js keeps them: `model.json` lists groups of tensors, each group's bytes are cut into files.
 * Source: tfjs-core's io.WeightsManifestConfig and io.decodeWeights.
 */
import { failer } from "./fail.ts";
import { widenF16 } from "./half.ts";

/** One tensor of TensorFlow.js, in row-major order. */
export interface TfjsTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** What `readTfjs` finds: weights, and the network they belong to. */
export interface TfjsWeights {
  /** By TensorFlow's names: "conv1/kernel". */
  readonly tensors: Map<string, TfjsTensor>;
  /** `modelTopology`, for `kerasModel`; null where the file holds weights alone. */
  readonly topology: unknown;
}

/** Bytes of an element in the file. Texts and complex numbers are nobody's weights. */
const widths: Readonly<Record<string, number>> = { float32: 4, float16: 2, int32: 4, uint16: 2, uint8: 1, bool: 1 };

interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly scale: number | undefined;
  readonly min: number;
}

/**
 * The files that a `model.json` refers to, in order, relative to its own folder.
 *
 * Throws  DataError "manifest" for a damaged one, and for a path that leads out of the folder; "dtype" for unknown
 *         types.
 *
 * @example
 * const json = '{ "weightsManifest": [{ "paths": ["group1-shard1of1.bin"], "weights": [] }] }';
 * tfjsPaths(json); // ["group1-shard1of1.bin"]
 */
export function tfjsPaths(json: string, file?: string): string[] {
  return groupsOf(parse(json, file), file).flatMap(({ paths }) => paths);
}

/**
 * Reads the weights that a `model.json` describes; `shards` are the files of `tfjsPaths`, in that order.
 *
 * Quantised  uint8 and uint16 become float32 as word · scale + min, float16 exactly.
 * Throws     DataError, naming `options.file`: "manifest", "dtype", "size" (the files are shorter or longer than the
 *            tensors), "graph-model" (converted from a SavedModel: its operations are not read).
 * Source     tf.io.decodeWeights.
 *
 * @example
 * const quantization = { dtype: "uint8", scale: 0.5, min: -1 };
 * const weights = [{ name: "w", shape: [2], dtype: "float32", quantization }];
 * const json = JSON.stringify({ weightsManifest: [{ paths: ["a.bin"], weights }] });
 * readTfjs(json, [Uint8Array.of(0, 255)]).tensors.get("w")?.data; // [-1, 126.5]
 */
export function readTfjs(json: string, shards: readonly Uint8Array[], options: { file?: string } = {}): TfjsWeights {
  const fail = failer("tfjs", options.file);
  const root = parse(json, options.file);
  if (root.format === "graph-model")
    return fail(
      "graph-model",
      "it is a graph model, converted from a SavedModel, whose operations are not read. Convert it from Keras (tfjs_layers_model), or to ONNX.",
    );
  const tensors = new Map<string, TfjsTensor>();
  let next = 0;
  for (const { paths, weights } of groupsOf(root, options.file)) {
    const bytes = joined(shards.slice(next, next + paths.length));
    next += paths.length;
    let at = 0;
    for (const spec of weights) {
      const length = spec.shape.reduce((a, b) => a * b, 1) * widths[spec.dtype]!;
      if (at + length > bytes.length)
        fail(
          "size",
          `"${spec.name}" needs ${length} bytes, its files (${paths.join(", ")}) have ${Math.max(0, bytes.length - at)} left.`,
        );
      if (tensors.has(spec.name)) fail("manifest", `"${spec.name}" is named twice.`);
      tensors.set(spec.name, { shape: spec.shape, data: decoded(bytes.slice(at, at + length), spec) });
      at += length;
    }
    if (at !== bytes.length) fail("size", `${paths.join(", ")}: ${bytes.length - at} bytes belong to no tensor.`);
  }
  return { tensors, topology: root.modelTopology ?? null };
}

function decoded(bytes: Uint8Array<ArrayBuffer>, { dtype, scale, min }: Spec): TfjsTensor["data"] {
  const { buffer } = bytes;
  if (dtype === "float32") return new Float32Array(buffer);
  if (dtype === "float16") return widenF16(new Uint16Array(buffer));
  if (dtype === "int32") return new Int32Array(buffer);
  if (scale === undefined) return bytes;
  const words = dtype === "uint16" ? new Uint16Array(buffer) : bytes;
  return Float32Array.from(words, (word) => word * scale + min);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

type Fields = Record<string, unknown>;

function parse(json: string, file?: string): Fields {
  const fail = failer("tfjs", file);
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  } catch (cause) {
    return fail("manifest", `it is not valid JSON: ${(cause as Error).message}.`, cause);
  }
  return fail("manifest", "it must be a JSON object with a weightsManifest.");
}

function groupsOf({ weightsManifest }: Fields, file?: string): { paths: string[]; weights: Spec[] }[] {
  const fail = failer("tfjs", file);
  if (!Array.isArray(weightsManifest))
    return fail("manifest", "it has no weightsManifest, so it is no model of TensorFlow.js.");
  return weightsManifest.map((group: unknown) => {
    const { paths, weights } = (group ?? {}) as Fields;
    if (!Array.isArray(paths) || !Array.isArray(weights))
      return fail("manifest", "a group must have paths and weights.");
    const outside = paths.find(
      (path) => typeof path !== "string" || !/^(?!.*(^|[\\/])\.\.?([\\/]|$))[^\\/:]+(\/[^\\/:]+)*$/.test(path),
    );
    if (outside !== undefined) fail("manifest", `the path ${JSON.stringify(outside)} leads out of the model's folder.`);
    return { paths: paths as string[], weights: weights.map((entry) => specOf(entry, file)) };
  });
}

function specOf(entry: unknown, file?: string): Spec {
  const fail = failer("tfjs", file);
  const { name, shape, dtype, quantization } = (entry ?? {}) as Fields;
  if (typeof name !== "string") return fail("manifest", "a tensor has no name.");
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    return fail("manifest", `"${name}" has no shape of whole numbers from 0.`);
  const packed = (quantization ?? {}) as Fields;
  const stored = typeof packed.dtype === "string" ? packed.dtype : dtype;
  if (typeof stored !== "string" || !Object.hasOwn(widths, stored))
    return fail(
      "dtype",
      `"${name}" is of the type ${JSON.stringify(stored) ?? "?"}; known are ${Object.keys(widths).join(", ")}.`,
    );
  const scale = packed.scale;
  const min = packed.min ?? 0;
  if ((scale !== undefined && typeof scale !== "number") || typeof min !== "number")
    return fail("manifest", `"${name}" has a quantization without numbers.`);
  return { name, shape, dtype: stored, scale: scale as number | undefined, min };
}
