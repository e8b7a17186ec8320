// Runs the documentation: every example, every program of the guides, the @example of every docstring; and looks at the
// pages themselves: types, links, Hindi twins. Build first: npm run build.
//   npm run docs              everything
//   npm run docs -- layers    only what has "layers" in its name
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { collect } from "./docs/collect.mjs";
import { writeGivenFiles } from "./docs/given.mjs";
import { checkPages } from "./docs/pages.mjs";
import { runProgram } from "./docs/run.mjs";
import { checkTypes } from "./docs/types.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const work = path.join(root, ".cache", "docs");
const only = process.argv[2] ?? "";

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
writeGivenFiles(work);
process.chdir(work); // examples may write files

const programs = collect(root).filter((program) => program.name.includes(only));
let failed = 0;
function report(name, fault) {
  if (fault) failed++;
  console.log(fault ? `FAIL  ${name}\n      ${fault.split("\n").join("\n      ")}` : `ok    ${name}`);
}

for (const [i, program] of programs.entries())
  report(program.name, await runProgram(program, { root, work, number: i }));
if (programs.length === 0) report(`programs named "${only}"`, "there are none");
for (const { name, fault } of checkTypes(programs, { root, work })) report(name, fault);
if (!only) for (const { name, fault } of checkPages(root)) report(name, fault);

console.log(failed ? `${failed} failed` : `all ran: ${programs.length} programs`);
process.exit(failed ? 1 : 0);
