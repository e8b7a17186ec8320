// The last rungs: what Drishti ships, through its public API, captured. It takes and gives NCHW, so it also converts.
//   (started by main.mjs)  node bench/ladders/winner.mjs FOLDER DEVICE THREADS ROUNDS LADDER
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine, SKIPPED } from "../lib/engine.mjs";
import { peakMeter } from "../lib/peak.mjs";
import { median, spread } from "../lib/windows.mjs";
import { ladders } from "./ladders.mjs";

const self = fileURLToPath(import.meta.url);
const floats = (bytes) => new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

/** A row for each backend and number of threads; each is a process of its own. */
export function winners(name, folder, rounds) {
  const rows = [];
  for (const [device, threads] of [
    ["wasm", 1],
    ["native", 1],
    ["native", 2],
  ]) {
    const { status, stdout } = spawnSync(process.execPath, [self, folder, device, `${threads}`, `${rounds}`, name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status === SKIPPED) continue;
    if (status !== 0) throw new Error(`Drishti on ${device} ended with ${status}`);
    const { detail, ...row } = JSON.parse(stdout);
    const idea = `what Drishti runs, NCHW on both sides: ${detail}`;
    rows.push({
      step: `drishti, ${device}`,
      idea,
      threads,
      ...row,
      output: floats(readFileSync(path.join(folder, "y"))),
    });
  }
  return rows;
}

async function main([folder, device, threads, rounds, name]) {
  const engine = await openEngine({ device, threads: Number(threads) });
  const { capture } = await import("drishti/capture");
  const { sizes, flop, drishti, inputs } = ladders[name];
  const data = inputs.map((input) => floats(readFileSync(path.join(folder, input))));
  const { run, output, kernels } = drishti(engine, capture, sizes, data);
  const meter = peakMeter(engine.defaultDevice());
  for (let i = 0; i < 5; i++) run();
  const rates = [];
  const shares = [];
  for (let round = 0; round < Number(rounds); round++) {
    const before = meter();
    const rate = flop / run() / 1e6;
    rates.push(rate);
    shares.push((2 * rate) / (before + meter()));
  }
  writeFileSync(path.join(folder, "y"), await output());
  console.log(
    JSON.stringify({
      gflops: spread(rates, 2),
      share: median(shares),
      detail: engine.detail,
      pooled: name === "forward",
      kernels,
    }),
  );
}

if (process.argv[1] === self) await main(process.argv.slice(2));
