// Every class and function that the packages export says what it is: a docstring with an @example (which npm run docs runs)
// and, where it is one of PyTorch's names, its Source; types and interfaces have one of at least a line. Exits 1 otherwise.
//   node scripts/docstrings.mjs          names what is missing
//   node scripts/docstrings.mjs FOLDER   only below it
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const below = resolve(process.argv[2] ?? root);

/** The sources of what package.json exports. */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.values(exports).flatMap((target) => {
    const source = target["drishti-source"];
    if (!source) return [];
    const [before, after] = source.split("*");
    if (after === undefined) return [join(folder, source)];
    return readdirSync(join(folder, before)).map((name) => join(folder, before + name + after));
  });
}

const entries = ["core", "native", "drishti"]
  .flatMap((name) => entriesOf(join(root, "packages", name)))
  .filter((path) => existsSync(path) && !path.includes("/testing/") && !path.includes("/oracle/"));
const program = ts.createProgram(entries, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  customConditions: ["drishti-source"],
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: ["node"],
});
const checker = program.getTypeChecker();

/** Declarations behind the exports of a module, namespaces opened. */
function exported(symbol, found = new Map()) {
  for (const item of checker.getExportsOfModule(symbol)) {
    const target = item.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(item) : item;
    if (found.has(target)) continue;
    found.set(target, item.name);
    if (target.flags & ts.SymbolFlags.ValueModule) exported(target, found);
  }
  return found;
}

const isCallable = (node) =>
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  (ts.isVariableDeclaration(node) && node.initializer !== undefined && ts.isArrowFunction(node.initializer));
const isNamed = (node) =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isVariableDeclaration(node);

function docstring(node) {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const docs = (holder.jsDoc ?? []).map((doc) => doc.getText());
  return docs.filter((text) => !text.includes("@file")).join("\n"); // that one is about the file
}

const { names } = JSON.parse(readFileSync(join(root, "scripts/pytorch-names.json"), "utf8"));
const torch = new Set(Object.values(names).flat());
const isTorchs = (name) => torch.has(name) || torch.has(name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));

function missing(name, nodes) {
  const doc = nodes.map(docstring).join("\n");
  if (/@internal/.test(doc)) return [];
  if (doc === "") return ["a docstring"];
  if (!nodes.some(isCallable)) return [];
  return [
    ...(/@example/.test(doc) ? [] : ["an @example"]),
    ...(isTorchs(name) && !/^\s*\* Source\s/m.test(doc) ? ["its Source"] : []),
  ];
}

let looked = 0;
const faults = [];
const seen = new Set();
for (const entry of entries) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
  if (!module) continue;
  for (const [symbol, name] of exported(module)) {
    const nodes = (symbol.declarations ?? []).filter((node) => isCallable(node) || isNamed(node));
    const [node] = nodes;
    if (!node || seen.has(symbol)) continue;
    seen.add(symbol);
    const file = node.getSourceFile();
    if (file.fileName.includes("node_modules") || !resolve(file.fileName).startsWith(below)) continue;
    looked++;
    const lacks = missing(name, nodes);
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    if (lacks.length > 0) faults.push(`${relative(root, file.fileName)}:${line} ${name} lacks ${lacks.join(" and ")}`);
  }
}

for (const fault of faults.sort()) console.error(fault);
console.log(`${looked} public names, ${faults.length} without all of their docstring`);
process.exitCode = faults.length > 0 ? 1 : 0;
