// How many pictures a second are read, decoded and augmented from disk, and how long training waits for them: `drishti bench
// --data` on the flower photos that lie beside the repository, or any folder.
//   node bench/pictures-speed.mjs [--data FOLDER] [--model resnet18] [--image-size 64] [--seconds 6] [--json]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions } from "./lib/arguments.mjs";
import { SKIPPED } from "./lib/engine.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const shared = process.env.DRISHTI_SHARED ?? path.join(root, "../shared");
const { values } = parseOptions({
  options: {
    data: { type: "string", default: path.join(shared, "data/photos/flowers") },
    model: { type: "string", default: "resnet18" },
    "image-size": { type: "string", default: "64" },
    seconds: { type: "string", default: "6" },
    json: { type: "boolean", default: false },
  },
});
if (!existsSync(values.data)) {
  console.error(`${values.data} is not there: give --data FOLDER`);
  process.exit(SKIPPED);
}
const { json, ...options } = values;
const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
const bin = path.join(root, "packages/drishti/bin/drishti.js");
const { status } = spawnSync(process.execPath, [bin, "bench", ...flags, ...(json ? ["--json"] : [])], {
  stdio: "inherit",
});
process.exit(status ?? 1);
