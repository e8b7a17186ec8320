// Runs one program of the documentation and says what is wrong with it, if anything.
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import ts from "typescript";
import { installChecks, withChecks } from "./checks.mjs";
import { given } from "./given.mjs";

const subpaths = ["/transforms", "", "/nn", "/optim", "/data", "/io", "/models", "/train", "/testing", "/onnx"];
installChecks();

/** @returns {Promise<string | undefined>} */
export async function runProgram(program, place) {
  try {
    const printed = program.blocks[0].shell ? runShell(program.blocks[0].code, place) : await runCode(program, place);
    program.blocks.forEach((block, k) => {
      if (block.output !== undefined && !matches(printed[k], block.output))
        throw new Error(`block ${k + 1} prints\n${printed[k].trimEnd()}\ninstead of\n${block.output.trimEnd()}`);
    });
    return undefined;
  } catch (error) {
    return String(error?.stack ?? error).replaceAll(/\n\s+at .*/g, "");
  }
}

/** What each block printed. */
async function runCode(program, { root, work, number }) {
  const lines = [""];
  globalThis.__block = () => lines.push("");
  const file = path.join(work, `${String(number).padStart(3, "0")}.mjs`);
  const body = program.blocks.map((block) => withChecks(block.code)).join("\n__block();\n");
  const head = program.kind === "docstring" ? await prelude(program, root) : "";
  const js = ts.transpileModule(head ? `${head}{\n${body}\n}` : body, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  writeFileSync(file, js.outputText);
  const { manualSeed } = await import("drishti");
  manualSeed(0);
  const { log } = console;
  console.log = (...values) => {
    lines[lines.length - 1] += `${format(...values)}\n`;
  };
  try {
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
  }
  return lines;
}

/** Names that an @example may use without importing them: what its own file exports, and what `drishti` does,
 * and what is given. */
async function prelude({ file, blocks }, root) {
  const scope = {};
  for (const subpath of subpaths) {
    const names = await import(`drishti${subpath}`).catch((error) => {
      if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    });
    Object.assign(scope, names);
  }
  Object.assign(scope, given(scope), await ownExports(root, file));
  const used = Object.keys(scope).filter(
    (name) => name !== "default" && new RegExp(`(?<!\\w|(?<!\\.\\.)\\.)${name}\\b`).test(blocks[0].code),
  );
  globalThis.__scope = scope;
  return used.length > 0 ? `const { ${used.join(", ")} } = globalThis.__scope;\n` : "";
}

/** What the built form of a source file exports; nothing for the command line, which would start. */
async function ownExports(root, file) {
  const built = path.join(root, file.replace("/src/", "/dist/").replace(/\.ts$/, ".js"));
  return existsSync(built) && !file.endsWith("/main.ts") ? import(pathToFileURL(built).href) : {};
}

/** The commands of a `sh run` block, with this checkout's command line for `npx drishti`, in the folder that examples write to. */
function runShell(code, { root, work }) {
  const printed = code
    .trim()
    .split("\n")
    .map((line) => {
      const [tool, name, ...rest] = line.match(/"[^"]*"|\S+/g).map((word) => word.replace(/^"(.*)"$/, "$1"));
      if (tool !== "npx" || name !== "drishti") throw new Error(`only "npx drishti …" can be run here, not: ${line}`);
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [path.join(root, "packages/drishti/dist/cli/main.js"), ...rest],
        { cwd: work, encoding: "utf8" },
      );
      if (status !== 0) throw new Error(`${line} ended with ${status}: ${stderr.trim()}`);
      return stdout;
    });
  return [printed.join("")];
}

/** Equal but for spaces at line ends; … in `wanted` stands for anything. */
function matches(printed, wanted) {
  const tidy = (text) => text.replaceAll(/[ \t]+$/gm, "").trim();
  const pattern = tidy(wanted)
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join("[\\s\\S]*")}$`).test(tidy(printed));
}
