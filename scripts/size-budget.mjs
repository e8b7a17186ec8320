// The size budget: bundles what a browser loads (packages/core/dist/index.js), minified, and weighs it compressed.
//   node scripts/size-budget.mjs [ENTRY]    after npm run build; exits 1 above the budget or at any Node module
import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** Everything that `import "@drishti/core"` brings, in bytes after gzip. Raise it only in a commit that says what for. */
const budget = 84_500; // about 2 kB of it tell misspelt options, 1.4 kB join layers and recycle in eager mode, 0.4 kB make batches quickly, 0.2 kB Winograd with stride 2

const entry = process.argv[2] ?? fileURLToPath(new URL("../packages/core/dist/index.js", import.meta.url));
if (!existsSync(entry)) {
  console.error(`${entry} does not exist: run npm run build first.`);
  process.exit(1);
}

const nodeModules = new Set();
const refuseNode = {
  name: "refuse-node",
  enforce: "pre",
  resolveId(specifier, importer) {
    if (!isBuiltin(specifier)) return null;
    nodeModules.add(`${importer} imports ${specifier}`);
    return { id: specifier, external: true };
  },
};

const [bundle] = await build({
  root: fileURLToPath(new URL("..", import.meta.url)),
  configFile: false,
  logLevel: "error",
  plugins: [refuseNode],
  // Vite leaves the white space and the modules' names in libraries of this format; a page's build does not.
  build: {
    write: false,
    target: "es2023",
    lib: { entry, formats: ["es"], fileName: "core" },
    rolldownOptions: { output: { minify: true } },
  },
});
const chunks = bundle.output.filter((part) => part.type === "chunk");
const code = Buffer.from(chunks.map((chunk) => chunk.code).join("\n"));
const size = gzipSync(code, { level: 9 }).length;

for (const found of nodeModules) console.error(`${found}: the browser entry must not.`);
const modules = chunks.flatMap((chunk) => Object.keys(chunk.modules ?? {}));
console.log(
  `${size} bytes after gzip, the budget is ${budget} (${modules.length} modules, ${code.length} bytes minified)`,
);
if (size > budget) console.error(`${size - budget} bytes over the budget.`);
if (nodeModules.size > 0 || size > budget) process.exitCode = 1;
