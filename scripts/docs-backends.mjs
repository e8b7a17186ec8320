// Writes docs/backends.md: which backend has which kernel, asked of the backends themselves. After npm run build.
//   node scripts/docs-backends.mjs           writes the page
//   node scripts/docs-backends.mjs --check   exits 1 when the page on disk is not what would be written
// Exits 1 in both cases when a cell is empty: every backend runs every kernel, forward and backward. Where the native
// backend cannot be built, its column is left as it is on disk.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createReference } from "@drishti/core";
import { kernelNames } from "@drishti/core/backends";
import { loadNative } from "@drishti/native";

const page = fileURLToPath(new URL("../docs/backends.md", import.meta.url));
const onDisk = existsSync(page) ? readFileSync(page, "utf8") : "";

/** What the page on disk says of a backend: kernel → "yes". */
function readColumn(name) {
  const rows = onDisk.split("\n").filter((line) => line.startsWith("|"));
  const cells = (row) => row.split("|").map((cell) => cell.trim());
  const at = cells(rows.find((row) => row.startsWith("| kernel ")) ?? "").indexOf(name);
  const has = new Set(rows.filter((row) => cells(row)[at] === "yes").map((row) => cells(row)[1].replaceAll("`", "")));
  return { supports: (kernel) => has.has(kernel) };
}

async function loadBackends() {
  const native = loadNative({ threads: 1 });
  if ("reason" in native) console.log(`native: not asked, its column stays as it is (${native.reason})`);
  const { loadWasm } = await import("../packages/drishti/dist/wasm-node.js");
  return {
    reference: createReference(),
    native: "backend" in native ? native.backend : readColumn("native"),
    wasm: loadWasm({ threads: 1 }),
  };
}

const backends = await loadBackends();
const names = Object.keys(backends);
const cell = (kernel, name) => (backends[name].supports(kernel) ? "yes" : "");
const missing = kernelNames.flatMap((kernel) =>
  names.filter((name) => !cell(kernel, name)).map((name) => `${kernel} on ${name}`),
);

const text = `# Backends

Which backend has which kernel. Written by \`scripts/docs-backends.mjs\`, which asks the backends; \`npm run check\`
fails when this page is out of date or a cell is empty. What a kernel computes is said in
\`packages/core/src/kernels/contract.ts\`.

| backend | where it runs | made from |
| --- | --- | --- |
| reference | everywhere; the judge of the others | TypeScript, plain loops in float64 |
| native | Node, where a C++ compiler is found | \`kernels/cpp\`, compiled on first use |
| wasm | every browser and every Node | \`kernels/cpp\`, compiled beforehand to WebAssembly |

${kernelNames.length} kernels:

| kernel | ${names.join(" | ")} |
| --- |${" --- |".repeat(names.length)}
${kernelNames.map((kernel) => `| \`${kernel}\` | ${names.map((name) => cell(kernel, name)).join(" | ")} |`).join("\n")}
`;

if (!process.argv.includes("--check")) writeFileSync(page, text);
else if (onDisk !== text) {
  console.error(`${page} is out of date: run node scripts/docs-backends.mjs`);
  process.exitCode = 1;
}
if (missing.length > 0) {
  console.error(`empty cells: ${missing.join(", ")}`);
  process.exitCode = 1;
}
