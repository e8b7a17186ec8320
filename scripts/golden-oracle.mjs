// Picks from the oracle (PyTorch's values; $DRISHTI_SHARED or ../shared, folder oracle) what a lone clone tests against:
// packages/core/test/golden/oracle, in the oracle's own format, so that one runner reads both.
//   node scripts/golden-oracle.mjs           writes the selection; the same oracle gives the same bytes
//   node scripts/golden-oracle.mjs --check   exits 1 when the files on disk are not what would be written
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const oracle = join(process.env.DRISHTI_SHARED ?? join(root, "../shared"), "oracle");
const target = join(root, "packages/core/test/golden/oracle");

const groups = ["conv", "pool", "elementwise", "norm", "loss", "optim", "nets", "metrics", "sched"];
const perOp = { least: 6, most: 22 };
const largestCase = 24_000; // bytes of tensors
const budget = 1_500_000; // bytes of all files
/** Between them: BatchNorm1d and 2d, SGD, Adam and AdamW. */
const curves = ["simple_cnn-adam", "simple_cnn_bn-adamw", "mlp_bn_small-sgd"];
/** Normal numbers change their method at 16; seed 2^40 + 1 shows that only its low half counts. */
const streams = { seeds: [0, 2 ** 40 + 1], sizes: [1, 15, 16, 17, 1000] };
const initSeeds = [0];

const files = new Map();
const parse = (path) => JSON.parse(readFileSync(join(oracle, path), "utf8"));
const lines = (list) => list.map((item) => JSON.stringify(item)).join(",\n");

function readSafetensors(path) {
  const bytes = readFileSync(join(oracle, path));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString());
  const data = ([from, to]) => bytes.subarray(start + from, start + to);
  return new Map(
    Object.entries(header).map(([name, { data_offsets, ...rest }]) => [name, { ...rest, data: data(data_offsets) }]),
  );
}

/** In the given order, which is the source's: widest elements first. */
function safetensors(tensors) {
  const header = {};
  let at = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
  }
  const text = JSON.stringify(header);
  const head = Buffer.from(text + " ".repeat(-Buffer.byteLength(text) & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  return Buffer.concat([length, head, ...[...tensors].map(([, { data }]) => data)]);
}

/** Every string in a case that names a tensor. Equal tensors are stored once, so a name may carry another case's id. */
function tensorNames(value, tensors, found = new Set()) {
  if (typeof value === "string") {
    if (tensors.has(value)) found.add(value);
  } else if (value && typeof value === "object") {
    for (const item of Object.values(value)) tensorNames(item, tensors, found);
  }
  return found;
}

/** What makes a case unlike others: its tag, mode, arguments, layers, operands and the rank of its input. */
function features(item, tensors) {
  const set = new Set();
  const add = (...parts) => set.add(parts.map((part) => JSON.stringify(part)).join("="));
  for (const key of [
    "tag",
    "title",
    "mode",
    "args",
    "exact",
    "flags",
    "group1",
    "no_grad_at",
    "lr_factor_at",
    "buffers",
  ])
    if (item[key] !== undefined) add(key, item[key]);
  for (const [name, value] of Object.entries(item.args ?? {}))
    add(name, typeof value === "object" ? JSON.stringify(value) : value);
  for (const [, type, args] of item.layers ?? []) {
    add(type);
    for (const name of Object.keys(args)) add(type, name);
  }
  for (const [role, name] of Object.entries(item.tensors ?? {})) {
    const { shape = [], dtype } = tensors.get(name) ?? {};
    add(role, shape.length, dtype, shape.includes(0));
  }
  for (const call of item.calls ?? []) add("call", call.mode);
  return set;
}

/** Cases in an order that shows something new each time; hand-picked (edge) ones before random ones. */
function choose(cases, tensors) {
  const candidates = cases.map((item, position) => {
    let bytes = JSON.stringify(item).length;
    for (const name of tensorNames(item, tensors)) bytes += tensors.get(name).data.length;
    return { item, position, bytes, edge: item.origin === "edge", features: features(item, tensors) };
  });
  const small = candidates.filter((c) => c.bytes <= largestCase);
  const left = small.length >= perOp.least ? small : candidates.sort((a, b) => a.bytes - b.bytes).slice(0, perOp.least);
  const seen = new Set();
  const chosen = [];
  while (left.length > 0 && chosen.length < perOp.most) {
    const gain = (c) => [...c.features].filter((f) => !seen.has(f)).length;
    left.sort((a, b) => b.edge - a.edge || gain(b) - gain(a) || a.bytes - b.bytes || a.position - b.position);
    const best = left.shift();
    if (gain(best) === 0 && chosen.length >= perOp.least) break;
    for (const f of best.features) seen.add(f);
    chosen.push(best);
  }
  return chosen.sort((a, b) => a.position - b.position).map((c) => c.item);
}

function addGroup(group) {
  const { cases, ...manifest } = parse(`fixtures/${group}.json`);
  const tensors = manifest.tensors ? readSafetensors(`fixtures/${manifest.tensors}`) : new Map();
  const byOp = groupBy(cases, (item) => `${item.op} ${item.kind ?? ""}`);
  const chosen = [...byOp.values()].flatMap((list) => choose(list, tensors));
  const names = tensorNames(chosen, tensors);
  const head = JSON.stringify({ ...manifest, count: chosen.length }, null, 1).slice(0, -2);
  files.set(`fixtures/${group}.json`, `${head},\n "cases": [\n${lines(chosen)}\n ]\n}\n`);
  if (manifest.tensors)
    files.set(`fixtures/${manifest.tensors}`, safetensors([...tensors].filter(([name]) => names.has(name))));
  return `${group} ${chosen.length} of ${cases.length}`;
}

/** Map.groupBy, which Node 20 lacks. */
function groupBy(list, key) {
  const map = new Map();
  for (const item of list) map.set(key(item), [...(map.get(key(item)) ?? []), item]);
  return map;
}

function addRandom() {
  const { cases, ...head } = parse("rng/streams.json");
  const kept = cases.filter((c) => streams.seeds.includes(c.seed) && streams.sizes.includes(c.n));
  files.set("rng/streams.json", manifest({ ...head, ...streams }, { cases: kept }));
  const { init, layers, gains, ...initHead } = parse("rng/init.json");
  const ofSeed = (c) => initSeeds.includes(c.seed);
  const reduced = { init: init.filter(ofSeed), layers: layers.filter(ofSeed), gains };
  files.set("rng/init.json", manifest({ ...initHead, seeds: initSeeds }, reduced));
}

/** What torch accepts, and three of five of what it refuses. */
function addErrors() {
  const { cases, ...head } = parse("errors/errors.json");
  const kept = cases.filter((c, i) => c.raises === null || i % 5 < 3);
  files.set("errors/errors.json", manifest({ ...head, count: kept.length }, { cases: kept }));
}

/** A JSON object with the items of its lists one a line. */
function manifest(head, lists) {
  const parts = Object.entries(lists).map(([name, list]) => `"${name}": [\n${lines(list)}\n]`);
  return `${JSON.stringify(head, null, 0).slice(0, -1)},\n${parts.join(",\n")}\n}\n`;
}

function write() {
  if (existsSync(target)) rmSync(target, { recursive: true });
  for (const [path, content] of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), content);
  }
}

/** The first file that is missing, superfluous or different. */
function stale() {
  const onDisk = existsSync(target)
    ? readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  if (onDisk.length !== files.size) return `${onDisk.length} files instead of ${files.size}`;
  for (const [path, content] of files)
    if (!existsSync(join(target, path)) || !readFileSync(join(target, path)).equals(Buffer.from(content))) return path;
  return undefined;
}

if (!existsSync(oracle)) {
  console.error(`no oracle at ${oracle}: set DRISHTI_SHARED to the folder that holds it.`);
  process.exit(1);
}
const counts = groups.map(addGroup);
addRandom();
addErrors();
for (const file of ["images", ...curves])
  files.set(`training/${file}.json`, readFileSync(join(oracle, "training", `${file}.json`)));

const total = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
if (total > budget) {
  console.error(`the selection has ${total} bytes, the budget is ${budget}: choose fewer or smaller cases.`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  const path = stale();
  if (path) {
    console.error(`${target} is out of date (${path}): run node scripts/golden-oracle.mjs`);
    process.exit(1);
  }
} else write();
console.log(`${counts.join(", ")}; ${total} bytes`);
