/** @file Models that PyTorch exported to ONNX, with the logits it gives for them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { noGrad, tensor } from "@drishti/core";
import { readSafetensors, type SafetensorsEntry } from "@drishti/core/io";
import type { StateValue } from "@drishti/core/nn";
import { exportOnnx, OnnxModel } from "../../onnx/browser.ts";
import { difference } from "../compare.ts";
import { type LayerSpec, makeNetwork } from "../modules.ts";
import { readJson } from "../store.ts";
import type { Task } from "../task.ts";

interface Entry {
  readonly name: string;
  readonly atol: number;
  readonly layers: readonly LayerSpec[];
  readonly input_shape: readonly number[];
  readonly onnx: readonly { readonly file: string; readonly dynamic_batch: boolean }[];
}

export function onnxTasks(folder: string): Task[] {
  const root = join(folder, "interop");
  const { models } = readJson<{ models: readonly Entry[] }>(join(root, "manifest.json"));
  const written = models.map((entry) => ({
    id: `onnx/${entry.name} written and read again`,
    run: async () => runExport(join(root, "models"), entry),
  }));
  const read = models.flatMap(({ name, atol, onnx }) =>
    onnx.flatMap(({ file, dynamic_batch }) =>
      [false, true].map((fold) => ({
        id: `onnx/${file}${fold ? " with batch norm folded" : ""}`,
        run: async () => runModel(join(root, "models"), name, file, { atol, fold, everyBatch: dynamic_batch }),
      })),
    ),
  );
  return [...read, ...written];
}

/** The same layers and weights, written by us and read by us, give the logits that PyTorch gave. */
async function runExport(folder: string, { name, layers, atol, input_shape }: Entry): Promise<string[]> {
  const net = makeNetwork(layers);
  const weights = readSafetensors(readFileSync(join(folder, `${name}.safetensors`))).tensors;
  net.loadStateDict(weights as ReadonlyMap<string, StateValue>);
  const model = new OnnxModel(await exportOnnx(net, { input: input_shape }));
  const { tensors } = readSafetensors(readFileSync(join(folder, `${name}.io.safetensors`)));
  const faults: string[] = [];
  for (const i of [0, 1]) {
    const { shape, data } = tensors.get(`input${i}`) as SafetensorsEntry & { data: Float32Array };
    const output = noGrad(() => model.forward(tensor(data, { shape })));
    const fault = await difference(`output${i}`, output, tensors.get(`output${i}`)!, { atol });
    if (fault) faults.push(fault);
  }
  return faults;
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
