import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const script = fileURLToPath(new URL("./layers.mjs", import.meta.url));
const folders: string[] = [];

/** A workspace in the small: a core and the package above it. */
const sound = {
  "package.json": '{"devDependencies":{"vitest":"*"}}',
  "packages/core/package.json": '{"name":"@drishti/core"}',
  "packages/core/tsconfig.json": '{"compilerOptions":{"lib":["es2023"],"types":[]},"include":["src"]}',
  "packages/core/src/index.ts": 'export * from "./ops/sum.ts"; export * from "./backends/reference.ts";',
  "packages/core/src/base/shape.ts": "export const shape = 1;",
  "packages/core/src/backends/backend.ts": "export interface Backend {}",
  "packages/core/src/backends/reference.ts": 'import type { Backend } from "./backend.ts"; export let b: Backend;',
  "packages/core/src/ops/sum.ts":
    'import { shape } from "../base/shape.ts"; import "../backends/backend.ts"; export { shape };',
  "packages/core/src/ops/sum.test.ts": 'import "node:fs"; import "vitest"; import "../backends/reference.ts";',
  "packages/drishti/package.json": '{"name":"drishti","dependencies":{"@drishti/core":"*"}}',
  "packages/drishti/src/index.ts": 'import "node:fs"; export * from "@drishti/core";',
};

/** One run takes a second (it loads the compiler), so that all faults stand in one workspace. */
function check(files: Record<string, string>): { status: number | null; text: string } {
  const root = mkdtempSync(join(tmpdir(), "layers-"));
  folders.push(root);
  for (const [path, content] of Object.entries({ ...sound, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--root", root], { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** What is wrong, the file, its text, and what the check says of it. */
const faults: [string, string, string, string][] = [
  ["a layer to the right", "core/src/base/a.ts", 'import "../ops/sum.ts"', "ops stands to the right of base"],
  ["a layer beside it", "core/src/data/b.ts", 'import "../optim/y.ts"', "data and optim stand side by side"],
  ["a backend", "core/src/nn/c.ts", 'import "../backends/reference.ts"', "only entry files know a backend"],
  ["what a backend must not know", "core/src/backends/d.ts", 'import "../ops/sum.ts"', "a backend imports only"],
  ["the entry file", "core/src/ops/e.ts", 'import "../index.ts"', "nothing imports the entry file"],
  ["Node, for its types", "core/src/io/f.ts", 'import type { Stats } from "node:fs"', "may not import node:fs"],
  ["a package, later", "core/src/io/g.ts", 'await import("tar-stream")', "may not import tar-stream"],
  ["a folder of no layer", "core/src/misc/h.ts", 'import "../base/shape.ts"', "misc is no layer"],
  ["the DOM by reference", "core/src/io/i.ts", '/// <reference lib="dom" />', 'a reference to "dom"'],
  ["an inside of core", "drishti/src/j.ts", 'import "@drishti/core/ops"', "@drishti/core/ops is no published entry"],
  ["core by path", "drishti/src/k.ts", 'import "../../core/src/index.ts"', "leaves packages/drishti"],
  ["an undeclared package", "drishti/src/l.ts", 'import "chalk"', "chalk is not a dependency of packages/drishti"],
  ["a file that imports itself", "core/src/base/m.ts", 'import "./m.ts"', "import circle: packages/core/src/base/m.ts"],
];
const circle = {
  "packages/core/src/train/a.ts": 'export * from "./b.ts"',
  "packages/core/src/train/b.ts": 'import { type A } from "./c.ts"', // without `import type` it loads c.ts
  "packages/core/src/train/c.ts": 'import "./a.ts"',
};
const settings = { "packages/core/tsconfig.json": '{"compilerOptions":{"lib":["dom"]}}' };

const broken = check({
  ...circle,
  ...settings,
  ...Object.fromEntries(faults.map(([, path, content]) => [`packages/${path}`, content])),
});

test("a sound workspace passes, types that name each other included", () => {
  const types = {
    "packages/core/src/base/a.ts": 'import type { B } from "./b.ts"; export type A = B',
    "packages/core/src/base/b.ts": 'import type { A } from "./a.ts"; export type B = A',
  };
  expect(check(types)).toEqual({ status: 0, text: "9 files, 0 problems\n" });
});

test("faults fail the check, each told once", () => {
  expect(broken.status).toBe(1);
  expect(broken.text).toContain(`${faults.length + 3} problems`);
});

test.each(faults)("refuses %s", (_title, path, _content, message) => {
  const line = broken.text.split("\n").find((text) => text.includes(message));
  expect(line).toContain(path);
});

test("names every file of a circle", () => {
  const line = broken.text.split("\n").find((text) => text.startsWith("import circle") && text.includes("train"));
  for (const file of Object.keys(circle)) expect(line).toContain(file);
});

test("refuses settings with which a DOM or Node name compiles", () => {
  expect(broken.text).toContain("lib has lib.dom.d.ts");
  expect(broken.text).toContain('"types" must be []');
});
