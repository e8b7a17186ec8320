/** @file TensorFlow.js: `model.json` with its weight files beside it; layers models, and weights alone. */
import { dirname, join } from "node:path";
import { kerasInput, kerasModel, kerasStateDict, readTfjs, tfjsPaths } from "@drishti/core/io";
import type { StateValue } from "@drishti/core/nn";
import { readBytes } from "../../data/files.ts";
import type { ModelFormat } from "./format.ts";

export const tfjs: ModelFormat = {
  name: "tfjs",
  about: "TensorFlow.js (model.json)",
  extension: "",
  recognises: (bytes, path) => path.endsWith(".json") && bytes[0] === 0x7b,
  async read(bytes, path) {
    const json = new TextDecoder().decode(bytes);
    const shards = [];
    for (const name of tfjsPaths(json, path)) shards.push(await readBytes(join(dirname(path), name)));
    const { tensors, topology } = readTfjs(json, shards, { file: path });
    if (topology === null) return { card: null, weights: kerasStateDict(tensors) as ReadonlyMap<string, StateValue> };
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    return {
      card: null,
      weights: new Map(),
      input: kerasInput(topology, path),
      network: () => kerasModel(topology, tensors, { file: path }),
      topology: { format: "keras", network: topology, shapes } satisfies KerasTopology,
    };
  },
};

/** What a card says of such a network: enough to make it again, its weights come from the file. */
export interface KerasTopology {
  readonly format: "keras";
  readonly network: unknown;
  /** Of Keras' tensors, by their names. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}
