// Bundles what `drishti export --format web` copies beside a model: drishti.js for browsers, predict.mjs for Node.
//   node scripts/build-web.mjs [FOLDER]    default packages/drishti/web, which travels with the package
import { mkdirSync, writeFileSync } from "node:fs";
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

/** Writes the two files of each kind: "" for weights of built-in networks, "-graph" for all others. */
export async function buildWeb(folder = join(root, "packages", "drishti", "web"), kinds = ["", "-graph"]) {
  mkdirSync(folder, { recursive: true });
  for (const kind of kinds) {
    writeFileSync(join(folder, `drishti${kind}.js`), await bundle(`drishti${kind}.ts`, false));
    writeFileSync(join(folder, `predict${kind}.mjs`), await bundle(`predict${kind}.ts`, true));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildWeb(process.argv[2]);
