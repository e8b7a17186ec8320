// The tests of the types: packages/core/test/types under three compilers, against the built declarations, as users see
// them; and what checking a model of fifty layers costs. Fails on an error, and on gross excess counted in type
// instantiations, which do not depend on the machine.
//   node scripts/type-tests.mjs     after npm run build
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = "packages/core/test/types";
/** Measured: see docs/adr/0011-shapes-in-types.md. */
const limit = 60_000;

const compilers = ["typescript-5.9", "typescript", "typescript-7"].filter((name) =>
  existsSync(join(root, "node_modules", name, "bin/tsc")),
);
const versionOf = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;

function compile(name, project) {
  const args = [join("node_modules", name, "bin/tsc"), "-p", project, "--extendedDiagnostics", "--pretty", "false"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const figure = (label) => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(stdout)?.[1]);
  return {
    status,
    text: `${stdout}${stderr}`,
    instantiations: figure("Instantiations"),
    seconds: figure("Check time"),
  };
}

let failed = 0;
const fail = (text) => {
  failed++;
  console.error(text);
};
function checked(name, project) {
  const result = compile(name, project);
  if (result.status !== 0) fail(`TypeScript ${versionOf(name)}, ${project}:\n${result.text}`);
  return result;
}

for (const name of compilers) {
  checked(name, "packages/core/tsconfig.types.json");
  console.log(`TypeScript ${versionOf(name)}: what ${folder} says holds`);
}
const typed = checked("typescript", `${folder}/cost/tsconfig.fifty-layers.json`);
const plain = checked("typescript", `${folder}/cost/tsconfig.plain-layers.json`);
const cost = typed.instantiations - plain.instantiations;
if (!(cost < limit)) fail(`fifty layers cost ${cost} instantiations, the limit is ${limit}.`);
const time = `${plain.seconds} -> ${typed.seconds} s`;
console.log(`${compilers.length} of 3 compilers; fifty layers: ${cost} instantiations, check time ${time}`);
process.exitCode = failed === 0 && compilers.length > 0 ? 0 : 1;
