// What does each further thread bring? Training and inference of a few networks on 1, 2, 4 … threads of this machine, each in a
// process of its own, beside the peak and the memory bandwidth of as many threads.
//   node bench/scaling.mjs                       up to as many threads as there are processors, at most 16
//   node bench/scaling.mjs --most 8 --seconds 4 --device wasm --json
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import path from "node:path";
import { readArguments, report } from "./lib/arguments.mjs";
import { openEngine, SKIPPED } from "./lib/engine.mjs";
import { machine } from "./lib/machine.mjs";
import { bandwidth, peak } from "./lib/peak.mjs";

const options = readArguments({
  most: { type: "string", default: String(Math.min(16, availableParallelism())) },
  peak: { type: "boolean", default: false },
});
const { device = "native", most, seconds, json } = options;

if (options.peak) {
  // The child that measures what so many threads can do at all.
  const { defaultDevice } = await openEngine(options);
  console.log(JSON.stringify({ gflops: peak(defaultDevice()), gigabytesPerSecond: bandwidth(defaultDevice()) }));
  process.exit(0);
}

/** 1, 2, 4 … and the most. */
const counts = [...Array.from({ length: 10 }, (_, i) => 2 ** i).filter((count) => count < most), most];
const work = [
  ["train", "cifar10cnn", 64],
  ["train", "resnet18-cifar", 64],
  ["infer", "cifar10cnn", 64],
  ["infer", "cifar10cnn", 1],
];

function child(file, args) {
  const script = path.join(import.meta.dirname, file);
  const { status, stdout } = spawnSync(process.execPath, [script, "--device", device, "--json", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === SKIPPED) process.exit(SKIPPED);
  if (status !== 0) throw new Error(`${file} ${args.join(" ")} failed`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const rows = [];
for (const threads of counts) {
  const { gflops, gigabytesPerSecond } = child("scaling.mjs", ["--peak", "--threads", `${threads}`]);
  rows.push(
    { what: "peak, GFLOP/s", threads, figure: gflops },
    { what: "memory, GB/s", threads, figure: gigabytesPerSecond },
  );
  for (const [mode, model, batch] of work) {
    const args = ["--model", model, "--batch", `${batch}`, "--threads", `${threads}`, "--seconds", `${seconds}`];
    const { imagesPerSecond } = child(`${mode}.mjs`, args);
    rows.push({ what: `${mode} ${model}, batch ${batch}, images/s`, threads, figure: imagesPerSecond });
  }
}

const names = [...new Set(rows.map(({ what }) => what))];
const cell = (what, threads) => {
  const figure = (count) => rows.find((row) => row.what === what && row.threads === count).figure;
  const { median, min, max } = figure(threads);
  const text = `${median.toLocaleString("en")} (${min.toLocaleString("en")} to ${max.toLocaleString("en")})`;
  return threads === 1 ? text : `${text}, ×${(median / figure(1).median).toFixed(2)}`;
};
const head = counts.map((count) => `${count} thread${count === 1 ? "" : "s"}`);
const table = [
  `| ${device} | ${head.join(" | ")} |`,
  `| --- |${" --- |".repeat(counts.length)}`,
  ...names.map((what) => `| ${what} | ${counts.map((threads) => cell(what, threads)).join(" | ")} |`),
].join("\n");
report({ bench: "scaling", device, rows, machine: machine() }, { json }, `${table}\n`);
