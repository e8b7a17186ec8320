// npm run bench: runs the benches, each configuration in a process of its own, one after the other.
//   npm run bench                        speed and memory (some minutes; the machine should have nothing else to do)
//   npm run bench -- --json              one JSON object a line
//   npm run bench -- --only train        those with "train" in their name
//   npm run bench -- --quick             short windows: to see that it works, not to quote
//   npm run bench -- --list              the names
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SKIPPED } from "./lib/engine.mjs";
import { machine } from "./lib/machine.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const { only, json, quick } = values;

const seconds = ["--seconds", quick ? "0.5" : "4"];
const steps = ["--steps", quick ? "500" : "5000"];
const rounds = ["--rounds", quick ? "1" : "5"];
/** [mode, model, batch, threads, device] */
const work = [
  ["train", "cifar10cnn", 64, 2, "native"],
  ["train", "cifar10cnn", 64, 1, "native"],
  ["train", "cifar10cnn-bn", 64, 2, "native"],
  ["train", "simplecnn", 64, 2, "native"],
  ["train", "resnet18-cifar", 64, 2, "native"],
  ["infer", "cifar10cnn", 64, 2, "native"],
  ["infer", "cifar10cnn", 1, 2, "native"],
  ["infer", "resnet18", 1, 2, "native"],
  ["train", "cifar10cnn", 64, 2, "wasm"],
  ["infer", "cifar10cnn", 64, 1, "wasm"],
];
const configuration = ([mode, model, batch, threads, device]) => ({
  name: `${mode}-${model}-${batch}-${device}-${threads}`,
  args: ["--model", model, "--batch", String(batch), "--threads", String(threads), "--device", device, ...seconds],
});
const speeds = work.map((row) => ({ file: `${row[0]}.mjs`, ...configuration(row) }));
/** The same without capture: how far plain eager code comes. */
const eager = work.slice(0, 1).map((row) => {
  const { name, args } = configuration(row);
  return { name: `${name}-eager`, file: `${row[0]}.mjs`, args: [...args, "--eager"] };
});
/** The strongest peer of each row, in turns with ours. */
const peers = work.map((row) => {
  const { name, args } = configuration(row);
  const [mode, , , , device] = row;
  const peer = device === "wasm" ? "tfjs" : mode === "infer" ? "onnxruntime" : "torch";
  return {
    name: `peers-${peer}-${name}`,
    file: "peers/compare.mjs",
    args: ["--peer", peer, "--mode", mode, ...args, ...rounds],
  };
});

/** Pictures on disk, ten times what the process may hold (not with --quick). */
const fromDisk = {
  name: "pictures-memory",
  file: "pictures-memory.mjs",
  args: quick ? ["--pictures", "50"] : ["--pictures", "1000", "--limit-mb", "300"],
};

const benches = [
  ...speeds,
  fromDisk,
  ...eager,
  ...["native", "wasm"].flatMap((device) =>
    ["sequential", "by-hand"].map((loop) => ({
      name: `memory-${device}-${loop}`,
      file: "memory.mjs",
      args: ["--device", device, "--loop", loop, ...steps],
    })),
  ),
  ...peers,
].filter(({ name }) => name.includes(only));

if (values.list) {
  for (const { name, file, args } of benches) console.log(`${name.padEnd(34)} node bench/${file} ${args.join(" ")}`);
  process.exit(0);
}
if (benches.length === 0) {
  console.error(`no bench has "${only}" in its name; --list shows them`);
  process.exit(2);
}

const about = machine();
if (!json)
  console.log(
    `${about.cpu}, ${about.cores} cores, Node ${about.node}, load ${about.load}${quick ? "; quick: figures are not to be quoted" : ""}\n`,
  );
let failed = 0;
for (const { name, file, args } of benches) {
  const { status } = spawnSync(process.execPath, [path.join(folder, file), ...args, ...(json ? ["--json"] : [])], {
    stdio: "inherit",
  });
  if (status === SKIPPED) console.error(`${name} skipped`);
  else if (status !== 0) {
    failed++;
    console.error(`${name} failed (exit ${status})`);
  }
}
process.exit(failed > 0 ? 1 : 0);
