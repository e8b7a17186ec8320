// Writes docs/pytorch.md: every public name of PyTorch's layers, functions, initialisers, optimisers and schedulers, and of
// torchvision's transforms, with what Drishti has. After npm run build.
//   node scripts/docs-pytorch.mjs           writes the page
//   node scripts/docs-pytorch.mjs --check   exits 1 when the page on disk is not what would be written
// Fails when a name is neither exported nor explained, or is explained as missing although it is there.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { opSuites } from "@drishti/core/testing";
import * as nn from "drishti/nn";
import * as optim from "drishti/optim";
import * as transforms from "drishti/transforms";
import { families, notes } from "./pytorch-notes.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { torch, names } = JSON.parse(readFileSync(here("pytorch-names.json"), "utf8"));

const camel = (name) => name.replace(/(?<=.)_(.)/g, (_, letter) => letter.toUpperCase());
const lower = (name) => name[0].toLowerCase() + name.slice(1);
const same = (name) => name;
/** How a group's names become ours, where they are found, how the committed values of PyTorch call them. */
const groups = {
  "torch.nn": { ours: same, where: nn, prefix: "nn.", golden: (name) => `nn.${name}` },
  "torch.nn.functional": { ours: camel, where: nn.functional, prefix: "nn.functional.", golden: (name) => `F.${name}` },
  "torch.nn.init": { ours: camel, where: nn.init, prefix: "nn.init.", golden: (name) => `nn.init.${name}` },
  "torch.optim": { ours: same, where: optim, prefix: "optim.", golden: (name) => `optim.${name}` },
  "torch.optim.lr_scheduler": {
    ours: same,
    where: optim,
    prefix: "optim.",
    golden: (name) => `optim.lr_scheduler.${name}`,
  },
  "torchvision.transforms.v2": {
    ours: lower,
    where: transforms,
    prefix: "transforms.",
    golden: (name) => `transforms.${name}`,
  },
};

/** Committed cases of PyTorch's values, by op. */
function countGolden() {
  const counts = new Map();
  const add = (op, n = 1) => counts.set(op, (counts.get(op) ?? 0) + n);
  const folder = here("../packages/core/test/golden/");
  for (const set of ["oracle/fixtures", "surface/fixtures"])
    for (const file of readdirSync(folder + set).filter((name) => name.endsWith(".json"))) {
      const { cases } = JSON.parse(readFileSync(`${folder}${set}/${file}`, "utf8"));
      for (const { op } of cases) if (op) add(op);
    }
  for (const { op } of JSON.parse(readFileSync(`${folder}oracle/rng/init.json`, "utf8")).init) add(op);
  for (const file of ["transforms.json", "transforms-v2.json"])
    for (const { spec } of JSON.parse(readFileSync(folder + file, "utf8")).seeded)
      add(`transforms.${spec.name[0].toUpperCase()}${spec.name.slice(1)}`);
  return counts;
}

const golden = countGolden();
const suites = new Map(opSuites.map((suite) => [suite.name, suite.samples.length]));
const faults = [];

function row(group, name) {
  const { ours, where, prefix } = groups[group];
  const note = notes[group][name] ?? {};
  const own = note.as ?? ours(name);
  const [last, ...folders] = own.split(".").reverse();
  const there = last in folders.reduceRight((inside, folder) => inside[folder], where);
  const family = families.find(([pattern]) => pattern.test(name))?.[1];
  const reason = note.not ?? (there ? undefined : family);
  if (there && note.not) faults.push(`${group}.${name} is exported, but the notes say "${note.not}"`);
  if (!there && reason === undefined) faults.push(`${group}.${name} is neither exported as ${own} nor explained`);
  if (!there) return `| \`${name}\` | not planned | | ${reason ?? ""} | |`;
  const cases = golden.get(groups[group].golden(name)) ?? 0;
  const proof = [];
  if (cases) proof.push(`${cases} cases`);
  const samples = suites.get(own) ?? suites.get(lower(own));
  if (samples) proof.push(`${samples} samples`);
  return `| \`${name}\` | ${note.partial ? "partial" : "done"} | \`${prefix}${own}\` | ${note.partial ?? ""} | ${proof.join(", ")} |`;
}

const tables = Object.keys(groups).map((group) => {
  const rows = names[group].map((name) => row(group, name));
  const done = rows.filter((line) => !line.includes("| not planned |")).length;
  return `## ${group}\n\n${done} of ${rows.length}.\n\n| PyTorch | | Drishti | difference, or why not | proof |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
});

const text = `# PyTorch's names

Every public name of PyTorch ${torch.replace(/a0$/, "")}'s layers, functions, initialisers, optimisers and schedulers, and of
torchvision's transforms, with what Drishti has. Written by \`scripts/docs-pytorch.mjs\`, which looks at what is exported;
\`npm run check\` fails when this page is out of date.

"proof" counts what is committed: **cases** are values that PyTorch computed, gradients included; **samples** are calls that
the op checks run on every backend, with gradients by central differences. The whole oracle has several times as many.
What else differs on purpose is in [differences.md](differences.md).

${tables.join("\n")}`;

const page = here("../docs/pytorch.md");
if (faults.length > 0) console.log(faults.join("\n"));
if (process.argv.includes("--check")) {
  let onDisk = "";
  try {
    onDisk = readFileSync(page, "utf8");
  } catch {
    // not there yet: out of date, as is said below
  }
  if (onDisk !== text) {
    faults.push("out of date");
    console.log("docs/pytorch.md is out of date: run node scripts/docs-pytorch.mjs");
  }
} else writeFileSync(page, text);
process.exitCode = faults.length > 0 ? 1 : 0;
console.log(`${Object.values(names).flat().length} names`);
