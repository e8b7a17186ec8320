// The layer check: who may import whom. Prints what breaks a rule, with file and line, and exits 1.
//   node scripts/layers.mjs [--root FOLDER]
// 1. In packages/core a file imports its own layer or one further left; backends import only what is left of them.
// 2. packages/core imports no node: module and no package at all, and its compiler settings know no DOM and no Node.
// 3. Other packages import @drishti/* by published entry points, declared dependencies, and files of their own.
// 4. No file imports itself in a circle, within a package or across them. Types do not count: they are gone at run time.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Left to right; names in one entry are at the same height and do not import each other. */
const layers = [
  ["errors"],
  ["base"],
  ["kernels"],
  ["backends"], // the interface; what implements it is checked by leftOfBackends
  ["autograd"],
  ["ops"],
  ["nn"],
  ["optim", "data", "io"],
  ["transforms"], // those that are more than data needs, apart so that a page loads only what it trains with
  ["models"],
  ["capture"],
  ["train"],
  ["testing"],
];
const leftOfBackends = ["errors", "base", "kernels", "backends"];
/** What layers to the right may import of backends; testing also the judge that everything is compared with. */
const backendInterface = "backends/backend.ts";
const judge = "backends/reference.ts";

const rootAt = process.argv.indexOf("--root");
const root = rootAt > 0 ? resolve(process.argv[rootAt + 1]) : fileURLToPath(new URL("..", import.meta.url));
const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
const problems = [];

/** The imports of a file. `erased`: only types, or only later (a dynamic import), so it makes no circle. */
function importsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, specifier, erased) => {
    if (!specifier || !ts.isStringLiteral(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ specifier: specifier.text, erased, at: `${relative(root, file)}:${line}` });
  };
  const visit = (node) => {
    // `import { type A }` without `import type` still loads the module (verbatimModuleSyntax).
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, !!node.importClause?.isTypeOnly);
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node)) add(node, node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { imports: found, references: [...source.libReferenceDirectives, ...source.typeReferenceDirectives] };
}

const layerOf = (path) => layers.findIndex((names) => names.includes(path.split("/")[0]));

/** Rule 1. Paths are relative to packages/core/src. */
function checkOrder(from, to, at) {
  if (from === "index.ts") return; // the entry may import everything
  const say = (why) => problems.push(`${at}: ${from} may not import ${to}: ${why}`);
  const [own, other] = [layerOf(from), layerOf(to)];
  const [ownName, otherName] = [from.split("/")[0], to.split("/")[0]];
  if (to === "index.ts") return say("nothing imports the entry file.");
  if (own < 0 || other < 0) return say(`${own < 0 ? ownName : otherName} is no layer.`);
  if (ownName === "backends") {
    if (!leftOfBackends.includes(otherName)) say(`a backend imports only ${leftOfBackends.join(", ")}.`);
    return;
  }
  if (otherName === "backends" && to !== backendInterface && !(ownName === "testing" && to === judge))
    return say(`only entry files know a backend; other layers import ${backendInterface}.`);
  if (own < other) say(`${otherName} stands to the right of ${ownName}.`);
  if (own === other && ownName !== otherName) say(`${ownName} and ${otherName} stand side by side.`);
}

/** Rule 3 for a specifier that is no path. Returns the file that it loads, when it is one of ours. */
function checkPackage(name, specifier, at, isTest) {
  const { name: self, dependencies, optionalDependencies, peerDependencies } = manifest(join("packages", name));
  const declared = { [self]: "", ...dependencies, ...optionalDependencies, ...peerDependencies };
  if (isTest) Object.assign(declared, manifest("").devDependencies);
  const wanted = /^(@[^/]+\/)?[^/]+/.exec(specifier)[0];
  if (!(wanted in declared)) problems.push(`${at}: ${wanted} is not a dependency of packages/${name}.`);

  const ours = /^(?:@drishti\/)?(core|native|drishti)(?:\/([a-z\d/-]+))?$/.exec(specifier);
  if (!ours) return undefined;
  const file = join(root, "packages", ours[1], "src", ours[2] ?? "", "index.ts");
  if (existsSync(file)) return file;
  problems.push(`${at}: ${specifier} is no published entry point.`);
  return undefined;
}

const manifest = (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));

function checkFile(name, file, graph) {
  const isTest = /\.test\.ts$/.test(file) || !file.startsWith(join(root, "packages", name, "src"));
  const { imports, references } = importsOf(file);
  const own = join(root, "packages", name) + sep;
  const edges = [];
  for (const { specifier, erased, at } of imports) {
    let target;
    if (specifier.startsWith(".")) {
      target = resolve(dirname(file), specifier);
      if (!target.startsWith(own) && !isTest) problems.push(`${at}: ${specifier} leaves packages/${name}.`);
      if (name === "core" && !isTest && target.startsWith(own)) checkOrder(inCore(file), inCore(target), at);
    } else if (name === "core" && !isTest)
      problems.push(`${at}: packages/core runs anywhere and has no dependency; it may not import ${specifier}.`);
    else if (!specifier.startsWith("node:")) target = checkPackage(name, specifier, at, isTest);
    if (target && !erased) edges.push(target);
  }
  if (name === "core" && !isTest)
    for (const { fileName } of references)
      problems.push(`${relative(root, file)}: a reference to "${fileName}" brings in what core must not know.`);
  graph.set(file, edges);
}

const inCore = (file) => relative(join(root, "packages/core/src"), file).split(sep).join("/");

/** Rule 2, the compiler's half: with these settings a DOM or Node name does not compile. */
function checkCoreSettings() {
  const path = join(root, "packages/core/tsconfig.json");
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const parsed = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  const { lib = ["default"], types } = parsed?.options ?? {};
  const foreign = lib.filter((name) => !/^lib\.es\w*/.test(name));
  if (foreign.length > 0)
    problems.push(`packages/core/tsconfig.json: lib has ${foreign.join(", ")}; only ES libraries run anywhere.`);
  if (types?.length !== 0) problems.push('packages/core/tsconfig.json: "types" must be [], or Node\'s names compile.');
}

/** Rule 4: Tarjan's strongly connected components; each of more than one file (or a file importing itself) is a circle. */
function checkCircles(graph) {
  const state = new Map();
  const stack = [];
  let next = 0;
  const visit = (file) => {
    const node = { index: next, low: next++, open: true };
    state.set(file, node);
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!state.has(target)) node.low = Math.min(node.low, visit(target).low);
      else if (state.get(target).open) node.low = Math.min(node.low, state.get(target).index);
    }
    if (node.low === node.index) {
      const circle = stack.splice(stack.indexOf(file));
      for (const member of circle) state.get(member).open = false;
      if (circle.length > 1 || graph.get(file)?.includes(file))
        problems.push(`import circle: ${circle.map((member) => relative(root, member)).join(" → ")}`);
    }
    return node;
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
}

const graph = new Map();
for (const name of packages)
  for (const part of ["src", "test"]) {
    const folder = join(root, "packages", name, part);
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true }))
      if (/\.m?ts$/.test(file) && !file.endsWith(".d.ts")) checkFile(name, join(folder, file), graph);
  }
checkCoreSettings();
checkCircles(graph);

for (const problem of problems) console.error(problem);
console.log(`${graph.size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
