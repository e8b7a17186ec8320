// The peers' side of bench/layers.mjs: a function that times all layers once and gives GFLOP/s in their order, null for one it does not
// have; undefined where the peer is not there, which is said.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { hasPeer } from "./lib.mjs";

const script = (name) => path.join(import.meta.dirname, name);
const python = process.env.PYTHON ?? "/usr/bin/python3";
const hasTorch = () => spawnSync(python, ["-c", "import torch"]).status === 0;

function runner(command, args, input) {
  return () => {
    const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: "utf8" });
    if (status !== 0) throw new Error(`${args[0]} failed:\n${stderr}`);
    return JSON.parse(stdout.trim().split("\n").at(-1));
  };
}

function skip(peer, reason) {
  console.error(`peers/${peer}: skipped, ${reason}`);
  return undefined;
}

/** Its operators alone, without ReLU and pool. */
function torch({ input, threads }) {
  if (!hasTorch()) return skip("torch", `${python} has no torch`);
  return runner(python, [script("pytorch-layers.py"), String(threads)], input);
}

/** Its profile of the whole network. */
function onnxruntime({ input, threads, model, mode, batch, shape }) {
  if (mode !== "infer") return skip("onnxruntime", "it only infers");
  if (!hasPeer("onnxruntime-node")) return skip("onnxruntime", "there is no onnxruntime-node under $PEERS");
  if (!hasTorch()) return skip("onnxruntime", `${python} has no torch to export the model with`);
  const onnx = path.join(mkdtempSync(path.join(tmpdir(), "drishti-bench-")), `${model}.onnx`);
  const made = spawnSync(python, [script("pytorch.py"), "--model", model, "--mode", "export", "--out", onnx]);
  if (made.status !== 0) throw new Error(`pytorch.py could not export ${model}:\n${made.stderr}`);
  const args = [onnx, shape[2], batch, threads].map(String);
  return runner(process.execPath, [script("onnxruntime-layers.mjs"), ...args], input);
}

const peers = { torch, onnxruntime };

/** `calls`: of layer-calls.mjs. */
export function peerLayers(peer, { calls, ...options }) {
  if (!Object.hasOwn(peers, peer)) throw new Error(`--peer is one of ${Object.keys(peers).join(", ")}, not ${peer}`);
  const input = JSON.stringify(calls.map(({ pass, params, flop }) => ({ pass, params, flop })));
  return peers[peer]({ ...options, input });
}
