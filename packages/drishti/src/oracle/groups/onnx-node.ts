/** @file The ONNX project's own tests of single operators: a model, its inputs and what must come out. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import { type OnnxFeed, OnnxModel } from "../../onnx/browser.ts";
import { type OnnxArray, tensorArray } from "../../onnx/dtype.ts";
import { decodeTensor } from "../../onnx/proto.ts";
import { numbersOf, type Value } from "../../onnx/value.ts";
import { NotBuilt } from "../not-built.ts";
import { readJson } from "../store.ts";
import type { Task } from "../task.ts";

interface Entry {
  /** `node/test_add`. */
  readonly test: string;
}

/** The room of the ONNX project's own runner. */
const room = { relative: 1e-3, absolute: 1e-7 };

export function onnxNodeTasks(folder: string): Task[] {
  const root = join(folder, "onnx-node");
  return readJson<Entry[]>(join(root, "list.json")).map(({ test }) => ({
    id: `onnx-node/${test}`,
    run: async () => runTest(join(root, test)),
  }));
}

function runTest(folder: string): string[] {
  const file = join(folder, "model.onnx");
  const model = openOrSkip(readFileSync(file), file);
  const feeds: Record<string, OnnxFeed> = {};
  for (const [i, { name }] of model.inputs.entries()) feeds[name] = feedOf(stored(folder, `input_${i}.pb`));
  const values = model.evaluate(feeds);
  return model.outputs.flatMap(({ name }, i) => {
    const path = join(folder, `output_${i}.pb`);
    if (!existsSync(path)) return [];
    const fault = difference(name, values.get(name)!, stored(folder, `output_${i}.pb`));
    return fault ? [fault] : [];
  });
}

/** An operator that is not built is a reason to skip, never a pass. */
function openOrSkip(bytes: Uint8Array, file: string): OnnxModel {
  try {
    return new OnnxModel(bytes, { file });
  } catch (error) {
    if (error instanceof DataError && error.code === "unsupported")
      throw new NotBuilt(error.message.split("\n").slice(1).join(";").trim());
    throw error;
  }
}

function stored(folder: string, name: string): OnnxArray {
  return tensorArray(decodeTensor(readFileSync(join(folder, name))));
}

/** Pictures and features go in as users give them, as float32 tensors on the device. */
function feedOf(array: OnnxArray): OnnxFeed {
  return array.type === "float" ? tensor(array.data, { shape: array.shape }) : array;
}

function difference(name: string, actual: Value, expected: OnnxArray): string | null {
  const { shape } = actual.tensor;
  if (shape.join() !== expected.shape.join())
    return `${name} has shape [${shape.join(", ")}] instead of [${expected.shape.join(", ")}]`;
  if (actual.type !== expected.type) return `${name} is ${actual.type} instead of ${expected.type}`;
  const values = numbersOf(actual);
  for (const [i, want] of expected.data.entries()) {
    const got = values[i]!;
    if (got === want || (Number.isNaN(got) && Number.isNaN(want))) continue;
    if (!(Math.abs(got - want) <= room.absolute + room.relative * Math.abs(want)))
      return `${name}[${i}] is ${got}, onnx has ${want}`;
  }
  return null;
}
