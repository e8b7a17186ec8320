// npm run check: all that can be said of the sources without running the tests. Names each check with its time; exits 1
// when one fails, after having run them all.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tool = (name) => join(root, "node_modules", ".bin", name);
const tsc = [process.execPath, join("node_modules", "typescript", "bin", "tsc")]; // three packages have a bin of this name
const script = (name, ...args) => ({
  needs: `scripts/${name}`,
  run: [process.execPath, join("scripts", name), ...args],
});

/** Projects that only check: tests and scripts, which no build has. */
const checkedOnly = [
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/tsconfig.test.json`),
  "scripts/tsconfig.json",
  "examples/tsconfig.json",
].filter((path) => existsSync(join(root, path)));

const checks = [
  { name: "types and build", run: [...tsc, "-b"] },
  ...checkedOnly.map((path) => ({ name: `types of ${path}`, run: [...tsc, "--noEmit", "-p", path] })),
  { name: "format and lint", run: [tool("biome"), "ci", "--colors=off", "."] },
  { name: "layers", ...script("layers.mjs") },
  { name: "docstrings of public names", ...script("docstrings.mjs") },
  { name: "size of the browser entry", ...script("size-budget.mjs") },
  { name: "contract.h up to date", ...script("generate-contract.mjs", "--check") },
  { name: "wasm files up to date", ...script("build-wasm.mjs", "--check") },
  { name: "shape cases up to date", ...script("generate-shape-cases.mjs", "--check") },
  { name: "shapes in types, three compilers", long: true, ...script("type-tests.mjs") },
  { name: "docs/pytorch.md up to date", ...script("docs-pytorch.mjs", "--check") },
  { name: "docs/backends.md up to date", ...script("docs-backends.mjs", "--check") },
  { name: "docs/onnx-operators.md up to date", ...script("docs-onnx.mjs", "--check") },
].filter(({ needs }) => !needs || existsSync(join(root, needs)));

let failed = 0;

/** Runs one check and says how it went, in one piece. */
function runCheck({ name, run: [command, ...args] }) {
  const start = performance.now();
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (error) {
        failed++;
        console.log(`FAILED  ${name} (${seconds} s)`);
        console.log(`${stdout}${stderr || error}`.trimEnd().replace(/^/gm, "        "));
      } else {
        const detail = stdout.trim().split("\n").at(-1);
        console.log(`ok      ${name} (${seconds} s)${detail ? `: ${detail}` : ""}`);
      }
      resolve();
    });
  });
}

// The build first, as others ask what it made; then as many at once as there are processors, the longest first.
const [build, ...others] = checks;
await runCheck(build);
const waiting = [...others].sort((a, b) => Number(b.long ?? false) - Number(a.long ?? false));
const lane = async () => {
  for (let next = waiting.shift(); next; next = waiting.shift()) await runCheck(next);
};
await Promise.all(Array.from({ length: availableParallelism() }, lane));
console.log(failed === 0 ? `${checks.length} checks passed` : `${failed} of ${checks.length} checks failed`);
process.exitCode = failed === 0 ? 0 : 1; // not exit(): what is still on its way into a pipe would be lost
