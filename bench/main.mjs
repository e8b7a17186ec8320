// npm run bench: runs the benches, each configuration in a process of its own, one after the other.
//   npm run bench                        everything (the machine should have nothing else to do)
//   npm run bench -- --json              one JSON object a line
//   npm run bench -- --markdown          the tables of docs/performance.md, with date, commit and machine
//   npm run bench -- --only train        those with "train" in their name; a comma between several
//   npm run bench -- --quick             short windows: to see that it works, not to quote
//   npm run bench -- --seconds 2 --rounds 3   time of a speed, pairs with a peer
//   npm run bench -- --list              the names
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions } from "./lib/arguments.mjs";
import { SKIPPED } from "./lib/engine.mjs";
import { machine } from "./lib/machine.mjs";
import { heading, memoryTable, speedTable } from "./lib/markdown.mjs";
import { plan } from "./lib/plan.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseOptions({
  options: {
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    seconds: { type: "string" },
    rounds: { type: "string" },
  },
});
const { only, json, markdown, quick, seconds, rounds } = values;
const benches = plan({ quick, seconds, rounds }).filter(({ name }) =>
  only.split(",").some((part) => name.includes(part)),
);

if (values.list) {
  for (const { name, file, args } of benches) console.log(`${name.padEnd(40)} node bench/${file} ${args.join(" ")}`);
  process.exit(0);
}
if (benches.length === 0) {
  console.error(`no bench has "${only}" in its name; --list shows them`);
  process.exit(2);
}

let failed = 0;

/** Runs one; its output where it is to be kept, undefined when it was skipped or failed. */
function run({ name, file, args }, { keep, flags = [] }) {
  const { status, stdout } = spawnSync(process.execPath, [path.join(folder, file), ...args, ...flags], {
    stdio: ["ignore", keep ? "pipe" : "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status === 0) return stdout ?? "";
  if (status === SKIPPED) console.error(`${name} skipped`);
  else {
    failed++;
    console.error(`${name} failed (exit ${status})`);
  }
  return undefined;
}

const about = machine();
if (markdown) printTables();
else {
  if (!json)
    console.log(
      `${about.cpu}, ${about.cores} cores, Node ${about.node}, load ${about.load}${quick ? "; quick: figures are not to be quoted" : ""}\n`,
    );
  for (const bench of benches) run(bench, { keep: false, flags: json ? ["--json"] : [] });
}
process.exit(failed > 0 ? 1 : 0);

/** Speeds with their peers, which make the plain run of the same work unnecessary, then memory, then the others' own tables. */
function printTables() {
  console.log(`${heading(about)}${quick ? " Quick: not to be quoted." : ""}\n`);
  const results = new Map();
  const jsonOf = (bench) => {
    console.error(`… ${bench.name}`);
    const line = run(bench, { keep: true, flags: ["--json"] })
      ?.trim()
      .split("\n")
      .at(-1);
    if (line) results.set(bench.name, { ...bench, mode: path.basename(bench.file, ".mjs"), result: JSON.parse(line) });
  };
  for (const bench of benches.filter(({ kind }) => kind === "peer")) jsonOf(bench);
  for (const { instead, args, name } of benches.filter(({ kind }) => kind === "peer"))
    if (results.has(name)) results.set(instead, { ...results.get(name), mode: args[args.indexOf("--mode") + 1] });
  for (const bench of benches.filter(({ kind, name }) => kind === "speed" && !results.has(name))) jsonOf(bench);
  const speeds = benches.flatMap(({ kind, name, instead }) => {
    const key = kind === "peer" ? instead : name;
    const first = kind === "speed" || (kind === "peer" && !benches.some((each) => each.name === instead));
    return first && results.has(key) ? [results.get(key)] : [];
  });
  if (speeds.length > 0) console.log(`${speedTable(speeds)}\n`);
  const memory = benches.filter(({ kind }) => kind === "memory");
  for (const bench of memory) jsonOf(bench);
  const kept = memory.flatMap(({ name }) => (results.has(name) ? [results.get(name)] : []));
  if (kept.length > 0) console.log(`${memoryTable(kept)}\n`);
  for (const bench of benches.filter(({ kind }) => !["peer", "speed", "memory"].includes(kind))) {
    console.error(`… ${bench.name}`);
    const table = run(bench, { keep: true });
    if (table) console.log(table);
  }
}
