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
const functions = new Set();
/** A function of x, y and z. */
const called = ({ name, call, inputs, output, rule, code, text }) => {
  const [own] = /^[a-zA-Z0-9]+(?=\()/.exec(call) ?? [];
  if (own) functions.add(own);
  const names = ["x", "y", "z"].slice(0, inputs.length).join(", ");
  const head = `${JSON.stringify(name)}, ${JSON.stringify(inputs)}, (${names}) =>`;
  if (code === undefined) return `  gives(${head} ${call}, ${JSON.stringify(output)}),`;
  const says = `says<${JSON.stringify(rule)}, ${JSON.stringify(inputs[0])}>()(${JSON.stringify(text)})`;
  return `  declined(${head}\n    // @ts-expect-error\n    ${call},\n    ${JSON.stringify(code)}, ${says}),`;
};
const row = (one) => {
  if (one.call) return called(one);
  const { name, layer, input, output, code, text, dtype } = one;
  const head = `${JSON.stringify(name)}, () => ${layer}, ${JSON.stringify(input)}`;
  return code === undefined
    ? `  fits(${head}, ${JSON.stringify(output)}${dtype ? `, ${JSON.stringify(dtype)}` : ""}),`
    : `  refused(${head}, ${JSON.stringify(code)}, ${JSON.stringify(text)}),`;
};
const rows = cases.map(row).join("\n");
const wanted = `// Made by scripts/generate-shape-cases.mjs from test/golden/shapes.json; do not edit.
import { ${[...functions].sort().join(", ")}, nn } from "@drishti/core";
import { declined, fits, gives, refused, type ShapeCase, says } from "./shape-case.ts";

export const cases: readonly ShapeCase[] = [
${rows}
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
