// ONNX Runtime's side of bench/layers.mjs: its own profile of a model that pytorch.py exported, with everything it fuses. Reads layers as
// JSON on stdin, writes GFLOP/s as JSON, null for a layer that its profile does not have.
//   PEERS=folder node bench/peers/onnxruntime-layers.mjs MODEL.onnx SIDE BATCH THREADS < layers.json
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { median } from "../lib/windows.mjs";
import { fromPeers } from "./lib.mjs";

const [onnx, side, batch, threads] = process.argv.slice(2).map((text, i) => (i === 0 ? text : Number(text)));
const layers = JSON.parse(readFileSync(0, "utf8"));
const ort = fromPeers()("onnxruntime-node");
const folder = mkdtempSync(path.join(tmpdir(), "drishti-bench-"));
const session = await ort.InferenceSession.create(onnx, {
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  enableProfiling: true,
  profileFilePrefix: path.join(folder, "profile"),
});
const values = Float32Array.from({ length: batch * 3 * side * side }, (_, i) => Math.sin(i * 12.9898));
const input = new ort.Tensor("float32", values, [batch, 3, side, side]);
const RUNS = 30;
for (let run = 0; run < RUNS; run++) await session.run({ input });
session.endProfiling();
const events = JSON.parse(readFileSync(path.join(folder, readdirSync(folder)[0]), "utf8"));
rmSync(folder, { recursive: true });

/** By the shapes of image and weights: microseconds of each run. */
const times = new Map();
for (const { cat, dur, args } of events) {
  const shapes = args?.input_type_shape?.map((entry) => Object.values(entry)[0].join());
  if (cat !== "Node" || !/Conv|Gemm|MatMul/.test(args.op_name) || !shapes) continue;
  const key = shapes.slice(0, 2).join(" ");
  times.set(key, [...(times.get(key) ?? []), dur]);
}
function keyOf(p) {
  if (p.kernelHeight === undefined) return `${p.rows},${p.inFeatures} ${p.outFeatures},${p.inFeatures}`;
  const image = [p.batch, p.inChannels, p.inHeight, p.inWidth].join();
  return `${image} ${[p.outChannels, p.inChannels / p.groups, p.kernelHeight, p.kernelWidth].join()}`;
}
const rates = layers.map(({ params, flop }) => {
  // The first third warms up.
  const found = times.get(keyOf(params));
  return found ? flop / median(found.slice(Math.floor(found.length / 3))) / 1e3 : null;
});
console.log(JSON.stringify(rates));
process.exit(0);
