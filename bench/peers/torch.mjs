// How fast is training (or inference) next to PyTorch on this machine, at this moment? Both run in turns, A B A B …, each in a
// process of its own, so that what else the machine does meets both; the ratio is taken pair by pair.
//   node bench/peers/torch.mjs --mode train --batch 64 --threads 2 --rounds 5 --seconds 4 --variant channels-last
// The PyTorch side is torch_bench.py of the shared folder ($DRISHTI_SHARED, or ../shared beside the repository), run by
// $PYTHON (/usr/bin/python3). Without them this bench says so and does nothing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments, report } from "../lib/arguments.mjs";
import { machine } from "../lib/machine.mjs";
import { spread } from "../lib/windows.mjs";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const script = path.join(process.env.DRISHTI_SHARED ?? path.join(root, "..", "shared"), "peers", "torch_bench.py");
const python = process.env.PYTHON ?? "/usr/bin/python3";
/** How PyTorch is run: as it comes, as it comes with channels-last, or with everything that helps it. */
const variants = { default: [], "channels-last": ["--channels-last"], tuned: ["--tuned", "--channels-last"] };

const text = (fallback) => ({ type: "string", default: fallback, text: true });
const options = readArguments({
  mode: text("train"),
  variant: text("channels-last"),
  rounds: { type: "string", default: "3" },
});
const { mode, variant, batch, threads = 2, rounds, seconds, device = "native" } = options;
if (!variants[variant]) throw new Error(`--variant is one of ${Object.keys(variants).join(", ")}, not ${variant}`);

const missing = [script, python].find((file) => !existsSync(file));
const torch = missing
  ? undefined
  : spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
if (missing || torch.status !== 0) {
  console.error(`peers/torch: skipped, ${missing ? `${missing} is not there` : `${python} has no torch`}`);
  process.exit(0);
}

/** The last line that is JSON. */
function lineOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: root });
  const line = stdout
    .trim()
    .split("\n")
    .findLast((text) => text.startsWith("{"));
  if (status !== 0 || !line) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr.trim()}`);
  return JSON.parse(line);
}

const common = ["--batch", String(batch), "--threads", String(threads), "--seconds", String(seconds)];
const ours = () =>
  lineOf(process.execPath, [
    path.join(root, "bench", `${mode}-cifar10cnn.mjs`),
    "--json",
    "--device",
    device,
    ...common,
  ]);
const theirs = () => lineOf(python, [script, "--model", "cifar10cnn", "--mode", mode, ...variants[variant], ...common]);

const pairs = [];
for (let round = 1; round <= rounds; round++) {
  const a = ours();
  const b = theirs();
  const pair = {
    drishti: a.imagesPerSecond.median,
    torch: b.images_per_s,
    ratio: a.imagesPerSecond.median / b.images_per_s,
  };
  pairs.push(pair);
  if (!options.json)
    console.log(
      `  round ${round}: drishti ${pair.drishti.toFixed(0)}, torch ${pair.torch.toFixed(0)} images/s, ratio ${pair.ratio.toFixed(3)}`,
    );
}

const imagesPerSecond = spread(
  pairs.map((pair) => pair.drishti),
  1,
);
const peer = spread(
  pairs.map((pair) => pair.torch),
  1,
);
const ratio = spread(pairs.map((pair) => pair.ratio));
const result = {
  bench: `peers-torch-${mode}`,
  model: "cifar10cnn",
  batchSize: batch,
  threads,
  device,
  imagesPerSecond,
  peer: { name: "torch", version: torch.stdout.trim(), variant, imagesPerSecond: peer },
  ratio,
  pairs,
  machine: machine(),
};
report(
  result,
  options,
  `peers/torch ${mode}  batch ${batch}, ${threads} threads: drishti (${device}) ${imagesPerSecond.median}, torch ${result.peer.version} (${variant}) ${peer.median} images/s; ratio ${ratio.median} (${ratio.min} to ${ratio.max}) over ${rounds} pairs`,
);
