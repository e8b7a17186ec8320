// Does memory stay flat while a network learns from pictures on disk? A folder of BMP files (3.1 MB each; a few, under many
// names) is trained on for one epoch, and the resident set of the process, threads included, is read after every step.
//   node bench/pictures-memory.mjs --pictures 1500 --limit-mb 450
// Exit 1 when the peak is above --limit-mb. The files together are to be ten times that, or the script says that they are not.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { optim } from "drishti";
import { compose, DataLoader, normalize, openData, randomHorizontalFlip, resize, toTensor } from "drishti/data";
import { createModel } from "drishti/models";
import { train } from "drishti/train";
import { parseOptions } from "./lib/arguments.mjs";

const { values } = parseOptions({
  options: {
    pictures: { type: "string", default: "1500" },
    side: { type: "string", default: "1024" },
    "limit-mb": { type: "string", default: "450" },
    workers: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});
const [pictures, side, limit, workers] = ["pictures", "side", "limit-mb", "workers"].map((name) =>
  Number(values[name]),
);

const folder = mkdtempSync(path.join(tmpdir(), "drishti-memory-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** 24 bits, no padding for sides that are a multiple of four. */
function bmp(seed) {
  const bytes = Buffer.alloc(54 + 3 * side * side);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let i = 54, state = seed + 1; i < bytes.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const files = path.join(folder, "files");
mkdirSync(files);
for (let i = 0; i < 8; i++) writeFileSync(path.join(files, `${i}.bmp`), bmp(i));
const data = path.join(folder, "data");
for (const name of ["a", "b"]) mkdirSync(path.join(data, name), { recursive: true });
for (let i = 0; i < pictures; i++)
  symlinkSync(path.join(files, `${i % 8}.bmp`), path.join(data, i % 2 ? "a" : "b", `${i}.bmp`));
const total = readdirSync(files).reduce((sum, name) => sum + statSync(path.join(files, name)).size, 0) * (pictures / 8);

const set = await openData(data, { imageSize: 64, workers });
const transform = compose([resize([64, 64]), randomHorizontalFlip(), toTensor(), normalize(0.5, 0.25)]);
const model = createModel("simplecnn", { inChannels: 3, height: 64, width: 64, numClasses: 2 });
const loader = new DataLoader(set.train, { batchSize: 16, shuffle: true, seed: 0, transform });
const rss = [];
for await (const event of train({
  model,
  optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
  train: loader,
  classes: 2,
  epochs: 1,
  logEvery: 1,
}))
  if (event.kind === "step") rss.push(process.memoryUsage.rss() / 2 ** 20);
const peak = process.resourceUsage().maxRSS / 1024; // kilobytes, here
const early = Math.max(...rss.slice(0, Math.ceil(rss.length / 4)));
const late = Math.max(...rss.slice(-Math.ceil(rss.length / 4)));
const megabytes = total / 2 ** 20;
const figures = { pictures, megabytes, workers, peakMb: peak, earlyMb: early, lateMb: late, limitMb: limit };
if (values.json) console.log(JSON.stringify(figures));
else
  console.log(
    `${pictures} pictures, ${megabytes.toFixed(0)} MB: peak ${peak.toFixed(0)} MB resident (first quarter ${early.toFixed(0)}, last quarter ${late.toFixed(0)}; ${workers} threads); ` +
      `the files are ${(megabytes / limit).toFixed(1)} times the limit of ${limit} MB`,
  );
if (peak > limit) {
  console.error(`above the limit of ${limit} MB`);
  process.exitCode = 1;
}
