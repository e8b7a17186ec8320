// The programs of the pages must also pass the strict compiler; npm run check does the same for examples/.
import { writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** @returns {{ name: string, fault?: string }[]} */
export function checkTypes(programs, { root, work }) {
  const names = new Map();
  for (const [i, { kind, name, blocks }] of programs.entries()) {
    if (kind !== "page" || blocks[0].shell) continue;
    const target = path.join(work, `${i}.ts`);
    writeFileSync(target, `${blocks.map((block) => block.code).join("\n")}\nexport {};\n`);
    names.set(target, name);
  }
  if (names.size === 0) return [];
  const config = ts.readConfigFile(path.join(root, "tsconfig.base.json"), ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([...names.keys()], {
    ...options,
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    types: ["node"],
    typeRoots: [path.join(root, "node_modules/@types")],
  });
  const faults = new Map();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = names.get(file?.fileName) ?? file?.fileName ?? "types";
    const line = file ? ts.getLineAndCharacterOfPosition(file, start).line + 1 : 0;
    const text = `${name} (line ${line} of the program): ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    faults.set(name, faults.has(name) ? `${faults.get(name)}\n${text}` : text);
  }
  if (faults.size === 0) return [{ name: `types of ${names.size} programs` }];
  return [...faults].map(([name, fault]) => ({ name: `types of ${name}`, fault }));
}
