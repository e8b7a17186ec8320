// ONNX Runtime's side of compare.mjs: inference of a model that pytorch.py exported; one JSON line.
//   PEERS=folder node bench/peers/onnxruntime.mjs --onnx resnet18.onnx --side 224 --batch 1 --threads 2 --seconds 4
import { readFileSync } from "node:fs";
import { readArguments } from "../lib/arguments.mjs";
import { measure } from "../lib/windows.mjs";
import { fromPeers } from "./lib.mjs";

const text = { type: "string", text: true };
const { onnx, side, batch, threads, seconds } = readArguments({ onnx: text, side: { type: "string", default: "32" } });
const require = fromPeers();
const ort = require("onnxruntime-node");
const { version } = JSON.parse(readFileSync(require.resolve("onnxruntime-node/package.json"), "utf8"));
const session = await ort.InferenceSession.create(onnx, {
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
});
const values = Float32Array.from({ length: batch * 3 * side * side }, (_, i) => Math.sin(i * 12.9898));
const input = new ort.Tensor("float32", values, [batch, 3, side, side]);
const figures = await measure(async () => (await session.run({ input })).logits.data[0], batch, { seconds });
console.log(JSON.stringify({ peer: "onnxruntime-node", version, ...figures }));
process.exit(0);
