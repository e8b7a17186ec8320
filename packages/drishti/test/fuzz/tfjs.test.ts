/** TensorFlow.js: damage in the JSON and in the weights. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { manualSeed } from "@drishti/core";
import { kerasModel, readTfjs, tfjsPaths } from "@drishti/core/io";
import "../../src/index.ts";
import { fuzzReader } from "./harness.ts";

const golden = resolve(import.meta.dirname, "../../../core/test/golden/tfjs");
const samples: Record<string, Uint8Array> = {};
const shards: Uint8Array[] = [];
for (const name of ["sequence", "branches"]) {
  samples[name] = readFileSync(resolve(golden, name, "model.json"));
  for (const path of tfjsPaths(new TextDecoder().decode(samples[name])))
    shards.push(readFileSync(resolve(golden, name, path)));
}

fuzzReader("TensorFlow.js models", {
  samples,
  share: 0.5, // each of them makes a whole network
  read: (bytes) => {
    manualSeed(0);
    const json = new TextDecoder().decode(bytes);
    // The files of one of the two, whichever the damaged manifest is nearer to.
    const own = /multiply/i.test(json) ? shards.slice(2) : shards.slice(0, 2);
    const { tensors, topology } = readTfjs(json, own);
    if (topology !== null) kerasModel(topology, tensors);
  },
});

const manifest = new TextDecoder().decode(samples.sequence);
fuzzReader("TensorFlow.js weights", {
  samples: { sequence: Buffer.concat(shards.slice(0, 2)) },
  read: (bytes) => readTfjs(manifest, [bytes, new Uint8Array()]),
});
