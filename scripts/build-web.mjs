// Bundles what `drishti export --format web` copies beside a model: drishti.js for browsers, predict.mjs for Node.
//   node scripts/build-web.mjs [FOLDER]    default packages/drishti/web, which travels with the package
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "packages", "drishti", "src", "web");

/** One file of one entry. `node`: whether Node's own modules may be imported; others never, but sharp, which may be there. */
async function bundle(entry, node) {
  const output = await build({
    root,
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["drishti-source", "import", "default"] },
    plugins: [
      {
        name: "outside",
        enforce: "pre",
        resolveId(specifier, importer) {
          if (!isBuiltin(specifier) && specifier !== "sharp") return null;
          if (!node) throw new Error(`${importer} imports ${specifier}, which no browser has`);
          return { id: specifier, external: true };
        },
      },
    ],
    build: {
      write: false,
      minify: true,
      target: "es2023",
      lib: { entry: join(sources, entry), formats: ["es"], fileName: "bundle" },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const chunks = output[0].output.filter(({ type }) => type === "chunk");
  if (chunks.length !== 1) throw new Error(`${entry} came out in ${chunks.length} pieces`);
  return chunks[0].code;
}

/** Writes both files; returns their names. */
export async function buildWeb(folder = join(root, "packages", "drishti", "web")) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "drishti.js"), await bundle("drishti.ts", false));
  writeFileSync(join(folder, "predict.mjs"), await bundle("predict.ts", true));
  return readdirSync(folder);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildWeb(process.argv[2]);
