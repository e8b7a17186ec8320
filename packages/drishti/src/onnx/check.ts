/** @file An exported model beside the one it came from: the same random pictures through both. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Generator, noGrad, randn, type Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import { evalMode } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import { OnnxModel } from "./onnx-model.ts";

/** How far a file's logits lie from those of the model it came from. */
export interface OnnxCheck {
  /** `onnxruntime-node 1.30.0`, or Drishti itself. */
  readonly runtime: string;
  /** How many random pictures went through both. */
  readonly inputs: number;
  /** Largest difference of a logit. */
  readonly maxError: number;
  /** Largest difference allowed: 1024 units in the last place of the largest logit (docs/numerics.md). */
  readonly room: number;
  /** maxError ≤ room. */
  readonly ok: boolean;
}

/** Which pictures a file is checked on. */
export interface CheckOptions {
  /** Shape of one picture: (C, H, W), or (features). */
  readonly input: readonly number[];
  /** How many random pictures. Default 3. */
  readonly inputs?: number;
  /** Of the pictures. Default 0. */
  readonly seed?: number;
}

/** What runs a file: one batch in, logits out. */
type Runner = (picture: Tensor) => Promise<ArrayLike<number>>;

/** The little of ONNX Runtime that is used here; it is no dependency of ours, so neither are its types. */
interface OrtTensor {
  readonly data: ArrayLike<number>;
}
interface Ort {
  readonly env: { readonly versions?: { readonly node?: string; readonly web?: string; readonly common?: string } };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      source: string | Uint8Array,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      readonly outputNames: readonly string[];
      run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
      release?(): Promise<void>;
    }>;
  };
}

const packages = ["onnxruntime-node", "onnxruntime-web"] as const;

/**
 * ONNX Runtime as it is installed beside Drishti or in the folder one works in; null when it is not. Throws DataError
 * "onnxruntime" for one that is there and cannot be loaded.
 */
export async function loadOnnxRuntime(): Promise<{ ort: Ort; name: string } | null> {
  const here = createRequire(join(process.cwd(), "package.json"));
  for (const name of packages) {
    const places = [() => import.meta.resolve(name), () => pathToFileURL(here.resolve(name)).href];
    for (const place of places) {
      const url = found(place);
      if (url === undefined) continue;
      const loaded = (await import(url).catch((cause: unknown) => {
        const text = `${name} is installed but cannot be loaded: ${(cause as Error).message}. Install it anew.`;
        throw new DataError("onnx", "onnxruntime", text, undefined, { cause });
      })) as Ort & { default?: Ort };
      const ort = loaded.InferenceSession ? loaded : loaded.default!;
      const { node, web, common } = ort.env.versions ?? {};
      return { ort, name: `${name} ${node ?? web ?? common ?? ""}`.trim() };
    }
  }
  return null;
}

/** Where a package is; undefined when it is not installed there. */
function found(place: () => string): string | undefined {
  try {
    return place();
  } catch {
    return undefined;
  }
}

/** A file opened by ONNX Runtime. */
export interface RuntimeSession {
  /** `onnxruntime-node 1.30.0`. */
  readonly name: string;
  /** The first output for one batch. Throws DataError "onnxruntime". */
  run(data: Float32Array, shape: readonly number[]): Promise<ArrayLike<number>>;
  close(): Promise<void>;
}

/**
 * Opens a file, or its bytes, in ONNX Runtime (`onnxruntime-node` or `onnxruntime-web`); null when that is not
 * installed.
 *
 * Throws  DataError "onnxruntime" when it refuses the file, or cannot be loaded.
 *
 * @example
 * const session = await openOnnxRuntime(await exportOnnx(model, { input: [1, 28, 28] }));
 * const logits = await session?.run(new Float32Array(784), [1, 1, 28, 28]); // undefined where it is not installed
 * (logits?.length ?? 10) === 10; // true
 * await session?.close();
 */
export async function openOnnxRuntime(source: string | Uint8Array): Promise<RuntimeSession | null> {
  const found = await loadOnnxRuntime();
  if (!found) return null;
  const { ort, name } = found;
  const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DataError("onnx", "onnxruntime", `${name} refuses the file: ${why}`, undefined, { cause });
    }
  };
  // Only errors: its warnings go to stderr past everybody.
  const session = await asked(() => ort.InferenceSession.create(source, { logSeverityLevel: 3 }));
  const [inputName = ""] = session.inputNames;
  const [outputName = ""] = session.outputNames;
  return {
    name,
    run: (data, shape) =>
      asked(async () => {
        const results = await session.run({ [inputName]: new ort.Tensor("float32", data, [...shape]) });
        return results[outputName]!.data;
      }),
    close: async () => session.release?.(),
  };
}

/**
 * Runs the file in ONNX Runtime and compares it with the model, on random pictures in eval mode.
 *
 * Throws  DataError "needs-onnxruntime" when it is not installed, "onnxruntime" when it refuses the file, "output" when
 *         it gives another number of values.
 *
 * @example
 * const bytes = await exportOnnx(model, { input: [1, 28, 28] });
 * const ok = await checkWithOnnxRuntime(bytes, model, { input: [1, 28, 28] }).then(
 *   (check) => check.ok,
 *   (error) => error.code === "needs-onnxruntime",
 * );
 * ok; // true
 */
export async function checkWithOnnxRuntime(bytes: Uint8Array, model: Layer, options: CheckOptions): Promise<OnnxCheck> {
  const session = await openOnnxRuntime(bytes);
  if (!session)
    throw new DataError(
      "onnx",
      "needs-onnxruntime",
      "the file was not checked by ONNX Runtime, as that is not installed: npm install onnxruntime-node (or onnxruntime-web).",
    );
  try {
    return await compared(session.name, model, options, async (picture) =>
      session.run((await picture.toArray()) as Float32Array, picture.shape),
    );
  } finally {
    await session.close();
  }
}

/**
 * Reads the file again with Drishti's own reader and compares it with the model, on random pictures in eval mode.
 *
 * Throws  what `OnnxModel` throws; DataError "output" when it gives another number of values.
 *
 * @example
 * const bytes = await exportOnnx(model, { input: [1, 28, 28] });
 * const { ok, inputs } = await checkWithOnnxModel(bytes, model, { input: [1, 28, 28] });
 * console.log(ok, inputs); // true 3
 */
export async function checkWithOnnxModel(bytes: Uint8Array, model: Layer, options: CheckOptions): Promise<OnnxCheck> {
  const again = new OnnxModel(bytes);
  const device = model.parameters().next().value?.backend;
  if (device) await again.to(device);
  return compared("drishti", model, options, (picture) => noGrad(() => again.forward(picture)).toArray());
}

async function compared(runtime: string, model: Layer, options: CheckOptions, run: Runner): Promise<OnnxCheck> {
  const { input, inputs = 3, seed = 0 } = options;
  const generator = new Generator(seed);
  const device = model.parameters().next().value?.backend;
  let maxError = 0;
  let largest = 0;
  const restore = evalMode(model);
  try {
    for (let i = 0; i < inputs; i++) {
      const picture = randn([1, ...input], { generator, device });
      const wanted = await noGrad(() => model.forward(picture)).toArray();
      const got = await run(picture);
      if (got.length !== wanted.length)
        throw new DataError(
          "onnx",
          "output",
          `${runtime} gives ${got.length} values where the model gives ${wanted.length}.`,
        );
      for (const [k, value] of wanted.entries()) {
        // Math.max keeps NaN: a result that is none is an error.
        maxError = Object.is(value, got[k]!) ? maxError : Math.max(maxError, Math.abs(value - got[k]!));
        largest = Math.max(largest, Math.abs(value));
      }
    }
  } finally {
    restore();
  }
  const room = 1024 * 2 ** -23 * largest;
  return { runtime, inputs, maxError, room, ok: maxError <= room };
}
