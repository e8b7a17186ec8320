// Writes packages/core/test/types/shape-cases.generated.ts from test/golden/shapes.json: PyTorch's shapes, as rows that the
// compiler checks while it reads them and that test/shapes.test.ts runs.
//   node scripts/generate-shape-cases.mjs [--check]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = at("../packages/core/test/golden/shapes.json");
const target = at("../packages/core/test/types/shape-cases.generated.ts");

const { cases } = JSON.parse(readFileSync(source, "utf8"));
const row = ({ name, layer, input, output, code, text, dtype }) => {
  const head = `${JSON.stringify(name)}, () => ${layer}, ${JSON.stringify(input)}`;
  return code === undefined
    ? `  fits(${head}, ${JSON.stringify(output)}${dtype ? `, ${JSON.stringify(dtype)}` : ""}),`
    : `  refused(${head}, ${JSON.stringify(code)}, ${JSON.stringify(text)}),`;
};
const wanted = `// Made by scripts/generate-shape-cases.mjs from test/golden/shapes.json; do not edit.
import { nn } from "@drishti/core";
import { fits, refused, type ShapeCase } from "./shape-case.ts";

export const cases: readonly ShapeCase[] = [
${cases.map(row).join("\n")}
];
`;

if (process.argv.includes("--check")) {
  const found = existsSync(target) ? readFileSync(target, "utf8") : "";
  if (found !== wanted) {
    console.error("packages/core/test/types/shape-cases.generated.ts is old: node scripts/generate-shape-cases.mjs");
    process.exitCode = 1;
  } else console.log(`${cases.length} cases`);
} else {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, wanted);
  console.log(`${cases.length} cases written`);
}
