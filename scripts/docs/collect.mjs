// Finds what the documentation claims can be run.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/**
 * @typedef {{ code: string, output?: string, shell?: boolean }} Block  `output`: what it must print.
 * @typedef {{ name: string, kind: "example" | "page" | "docstring", file: string, blocks: Block[] }} Program
 */

/** @returns {Program[]} */
export function collect(root) {
  return [
    ...filesIn(root, "examples", ".ts").map((file) => ({
      name: file,
      kind: "example",
      file,
      blocks: [{ code: read(root, file) }],
    })),
    ...pagesIn(root).flatMap((file) => pagePrograms(file, read(root, file))),
    ...["packages/core/src", "packages/native/src", "packages/drishti/src"]
      .flatMap((folder) => filesIn(root, folder, ".ts"))
      .filter((file) => !/\.(test|samples)\.ts$/.test(file))
      .flatMap((file) => docstringPrograms(file, read(root, file))),
  ];
}

/** Every page of the documentation: at the top, and below docs/. */
export function pagesIn(root) {
  const top = readdirSync(root).filter((file) => file.endsWith(".md"));
  return [...top.sort(), ...filesIn(root, "docs", ".md")];
}

/** Fenced blocks with their language, the words after it, and the line they begin on. */
export function fences(text) {
  return [...text.matchAll(/^```(\w*)[ ]?(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1],
    words: match[2].split(" "),
    code: match[3],
    line: text.slice(0, match.index).split("\n").length,
    end: match.index + match[0].length,
    start: match.index,
  }));
}

/**
 * A ts block with imports begins a program, one without goes on with it; `ts norun` is left out. `sh run` runs a command.
 * A text block straight after one of them is what it prints; … stands for anything.
 */
function pagePrograms(file, text) {
  const programs = [];
  const found = fences(text);
  for (const [i, fence] of found.entries()) {
    const runs =
      fence.language === "ts" ? !fence.words.includes("norun") : fence.language === "sh" && fence.words.includes("run");
    if (!runs) continue;
    const next = found[i + 1];
    const adjoins = next?.language === "text" && text.slice(fence.end, next.start).trim() === "";
    const block = { code: fence.code, output: adjoins ? next.code : undefined, shell: fence.language === "sh" };
    const last = programs.at(-1);
    if (!block.shell && last && !last.blocks[0].shell && !/^import /m.test(fence.code)) last.blocks.push(block);
    else programs.push({ name: `${file}:${fence.line}`, kind: "page", file, blocks: [block] });
  }
  return programs;
}

function docstringPrograms(file, text) {
  const programs = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const example = /@example\n([\s\S]*?)(?=\n\s*\*\s@|\*\/)/.exec(comment[0])?.[1];
    if (!example || example.includes("// in a browser")) continue;
    const code = example.replaceAll(/^\s*\* ?/gm, "");
    programs.push({
      name: `${file}:${text.slice(0, comment.index).split("\n").length}`,
      kind: "docstring",
      file,
      blocks: [{ code }],
    });
  }
  return programs;
}

function filesIn(root, folder, ending) {
  if (!existsSync(path.join(root, folder))) return [];
  const all = readdirSync(path.join(root, folder), { recursive: true }).map((file) =>
    path.posix.join(folder, String(file).replaceAll(path.sep, "/")),
  );
  return all.filter((file) => file.endsWith(ending)).sort();
}

function read(root, file) {
  return readFileSync(path.join(root, file), "utf8");
}
