// How fast are we next to another framework on this machine, at this moment? Both run in turns, A B A B …, each in a process
// of its own, so that what else the machine does meets both; the ratio is taken pair by pair.
//   node bench/peers/compare.mjs --peer torch --mode train --model cifar10cnn --batch 64 --threads 2 --rounds 5 --variant tuned
// Peers: torch ($PYTHON, default /usr/bin/python3, with torch), onnxruntime, tfjs and jax-js (npm packages under $PEERS, see
// lib.mjs). A peer that is not there is named and skipped.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments, report } from "../lib/arguments.mjs";
import { SKIPPED } from "../lib/engine.mjs";
import { machine } from "../lib/machine.mjs";
import { spread } from "../lib/windows.mjs";
import { hasPeer } from "./lib.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const python = process.env.PYTHON ?? "/usr/bin/python3";
const text = (fallback) => ({ type: "string", default: fallback, text: true });
const options = readArguments({
  peer: text("torch"),
  mode: text("train"),
  model: text("cifar10cnn"),
  variant: text("tuned"),
  rounds: { type: "string", default: "3" },
  eager: { type: "boolean", default: false },
});
const { peer, mode, model, variant, batch, threads = 2, rounds, seconds, device = "native", eager } = options;

function skip(reason) {
  console.error(`peers/${peer}: skipped, ${reason}`);
  process.exit(SKIPPED);
}

const hasTorch = () => existsSync(python) && spawnSync(python, ["-c", "import torch"]).status === 0;
const common = ["--batch", String(batch), "--threads", String(threads), "--seconds", String(seconds)];
const script = (name) => path.join(here, name);

/** The peer's command; made once. */
function peerCommand() {
  if (peer === "torch") {
    if (!hasTorch()) skip(`${python} has no torch`);
    return [python, [script("pytorch.py"), "--model", model, "--mode", mode, "--variant", variant, ...common]];
  }
  if (peer === "onnxruntime") {
    if (mode !== "infer") skip("it only infers");
    if (!hasPeer("onnxruntime-node")) skip("there is no onnxruntime-node under $PEERS");
    if (!hasTorch()) skip(`${python} has no torch to export the model with`);
    const onnx = path.join(mkdtempSync(path.join(tmpdir(), "drishti-bench-")), `${model}.onnx`);
    lineOf(python, [script("pytorch.py"), "--model", model, "--mode", "export", "--out", onnx]);
    const side = model === "resnet18" ? "224" : "32";
    return [process.execPath, [script("onnxruntime.mjs"), "--onnx", onnx, "--side", side, ...common]];
  }
  if (model !== "cifar10cnn") skip("only cifar10cnn is written for it");
  const packageName = { tfjs: "@tensorflow/tfjs-backend-wasm", "jax-js": "@jax-js/jax" }[peer];
  if (!packageName) throw new Error(`--peer is one of torch, onnxruntime, tfjs, jax-js, not ${peer}`);
  if (!hasPeer(packageName)) skip(`there is no ${packageName} under $PEERS`);
  const patch = peer === "tfjs" && mode === "train" ? ["--patch"] : [];
  return [process.execPath, [script(`${peer}.mjs`), "--mode", mode, ...patch, ...common]];
}

/** The last line that is JSON. */
function lineOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  const line = stdout
    .trim()
    .split("\n")
    .findLast((each) => each.startsWith("{"));
  if (status !== 0 || !line) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr.trim()}`);
  return JSON.parse(line);
}

const theirs = peerCommand();
const ours = [
  process.execPath,
  [
    path.join(here, "..", `${mode}.mjs`),
    "--json",
    "--model",
    model,
    "--device",
    device,
    ...(eager ? ["--eager"] : []),
    ...common,
  ],
];
const pairs = [];
let about = {};
for (let round = 1; round <= rounds; round++) {
  const a = lineOf(...ours);
  const b = lineOf(...theirs);
  about = { version: b.version, variant: b.variant, peakRssMiB: { drishti: a.peakRssMiB, peer: b.peakRssMiB } };
  const pair = { drishti: a.imagesPerSecond.median, peer: b.imagesPerSecond.median };
  pairs.push({ ...pair, ratio: pair.drishti / pair.peer });
  if (!options.json)
    console.log(
      `  round ${round}: drishti ${pair.drishti.toFixed(0)}, ${peer} ${pair.peer.toFixed(0)} images/s, ratio ${pairs.at(-1).ratio.toFixed(3)}`,
    );
}
const of = (key, digits) =>
  spread(
    pairs.map((pair) => pair[key]),
    digits,
  );
const [imagesPerSecond, peerSpeed, ratio] = [of("drishti", 1), of("peer", 1), of("ratio", 3)];
const result = {
  bench: `peers-${peer}-${mode}`,
  model,
  batchSize: batch,
  threads,
  device,
  eager,
  imagesPerSecond,
  peer: { name: peer, ...about, imagesPerSecond: peerSpeed },
  ratio,
  pairs,
  machine: machine(),
};
report(
  result,
  options,
  `${mode} ${model}  batch ${batch}, ${threads} threads, ${device}: ${imagesPerSecond.median} images/s; ${peer} ${about.version}${about.variant ? ` (${about.variant})` : ""} ${peerSpeed.median}; ratio ${ratio.median} (${ratio.min} to ${ratio.max}), ${rounds} pairs`,
);
