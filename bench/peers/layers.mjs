// PyTorch's side of bench/layers.mjs: the same layers alone, as its own operators without ReLU and pool.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), "pytorch-layers.py");
const python = process.env.PYTHON ?? "/usr/bin/python3";

/** A function that times all of them once and gives GFLOP/s in the order of `calls`; undefined where there is no torch. */
export function torchLayers({ calls, threads }) {
  if (spawnSync(python, ["-c", "import torch"]).status !== 0) {
    console.error(`peers/torch: skipped, ${python} has no torch`);
    return undefined;
  }
  const input = JSON.stringify(calls.map(({ pass, params, flop }) => ({ pass, params, flop })));
  return () => {
    const { status, stdout, stderr } = spawnSync(python, [script, String(threads)], { input, encoding: "utf8" });
    if (status !== 0) throw new Error(`pytorch-layers.py failed:\n${stderr}`);
    return JSON.parse(stdout);
  };
}
