/** @file Models that PyTorch exported to ONNX, with the logits it gives for them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { noGrad, tensor } from "@drishti/core";
import { readSafetensors, type SafetensorsEntry } from "@drishti/core/io";
import { OnnxModel } from "../../onnx/browser.ts";
import { difference } from "../compare.ts";
import { readJson } from "../store.ts";
import type { Task } from "../task.ts";

interface Entry {
  readonly name: string;
  readonly atol: number;
  readonly onnx: readonly { readonly file: string; readonly dynamic_batch: boolean }[];
}

export function onnxTasks(folder: string): Task[] {
  const root = join(folder, "interop");
  const { models } = readJson<{ models: readonly Entry[] }>(join(root, "manifest.json"));
  return models.flatMap(({ name, atol, onnx }) =>
    onnx.flatMap(({ file, dynamic_batch }) =>
      [false, true].map((fold) => ({
        id: `onnx/${file}${fold ? " with batch norm folded" : ""}`,
        run: async () => runModel(join(root, "models"), name, file, { atol, fold, everyBatch: dynamic_batch }),
      })),
    ),
  );
}

/** A file for one batch size is asked for that; one for any, for batches of two and of one. */
async function runModel(
  folder: string,
  name: string,
  file: string,
  { atol, fold, everyBatch }: { atol: number; fold: boolean; everyBatch: boolean },
): Promise<string[]> {
  const { tensors } = readSafetensors(readFileSync(join(folder, `${name}.io.safetensors`)));
  const model = new OnnxModel(readFileSync(join(folder, file)), { file, foldBatchNorm: fold });
  const batch = model.inputs[0]?.shape?.[0];
  const faults: string[] = [];
  let compared = 0;
  for (let i = 0; tensors.has(`input${i}`); i++) {
    const input = tensors.get(`input${i}`) as SafetensorsEntry & { data: Float32Array };
    if (!everyBatch && input.shape[0] !== batch) continue;
    const output = noGrad(() => model.forward(tensor(input.data, { shape: input.shape })));
    const fault = await difference(`output${i}`, output, tensors.get(`output${i}`)!, { atol });
    if (fault) faults.push(fault);
    compared++;
  }
  if (compared === 0) faults.push(`no recorded input has the batch size ${String(batch)}`);
  return faults;
}
