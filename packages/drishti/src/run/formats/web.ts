/** @file A folder for a web server: the network, the WASM runtime and a ten-line page; and predict.mjs for Node. */
import { existsSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "@drishti/core/errors";
import { modelNames } from "@drishti/core/models";
import { encodeModel } from "@drishti/core/train";
import { makeFolder, writeAtomic, writeError } from "../write-file.ts";
import { CARD } from "./card-key.ts";
import type { ModelFormat, ModelToWrite } from "./format.ts";
import { stateOf } from "./state.ts";
import { checkWeb } from "./web-checks.ts";
import { indexPage, verifyPage } from "./web-page.ts";

const RUNTIME = ["drishti.js", "predict.mjs"] as const;
/** The network: weights of one that the runtime knows, or a graph. */
const MODELS = ["model.safetensors", "model.onnx"] as const;

export const web: ModelFormat = {
  name: "web",
  about: "a folder for a web server (the model, drishti.js, index.html)",
  extension: "-web",
  recognises: () => false, // what is read of it is its model
  async write(made, folder) {
    // First what may be refused: a folder without a model is of no use.
    const graph = await needsGraph(made);
    const model = graph ? await graphOf(made) : encodeModel(await stateOf(made.model), made.card);
    const kind = graph ? "-graph" : "";
    const file = join(folder, MODELS[graph ? 1 : 0]);
    const before = modelOfWebFolder(folder);
    const runtime = await webRuntime(kind);
    await makeFolder(folder);
    try {
      for (const file of RUNTIME) await copyFile(join(runtime, ofKind(file, kind)), join(folder, file));
      for (const variant of ["simd", "relaxed"]) {
        const kernels = createRequire(import.meta.url).resolve(`@drishti/core/drishti-${variant}.wasm`);
        await copyFile(kernels, join(folder, `drishti-${variant}.wasm`));
      }
    } catch (cause) {
      throw writeError(folder, cause);
    }
    await writeAtomic(file, model);
    if (before && before !== file) await rm(before, { force: true }); // of the model that was here
    const page = join(folder, "index.html");
    if (!existsSync(page)) await writeAtomic(page, indexPage(made.card)); // it may have become somebody's own
    await writeAtomic(join(folder, "verify.html"), verifyPage());
  },
  checks: (folder) => checkWeb(folder),
};

/** The model file of a folder that this format wrote; undefined for other folders. */
export function modelOfWebFolder(folder: string): string | undefined {
  if (![...RUNTIME, "verify.html"].every((name) => existsSync(join(folder, name)))) return undefined;
  return MODELS.map((name) => join(folder, name)).find((file) => existsSync(file));
}

/** Whether the runtime cannot make this network by its name. */
async function needsGraph({ model, card }: ModelToWrite): Promise<boolean> {
  const { OnnxModel } = await import("../../onnx/browser.ts");
  if (model instanceof OnnxModel) return true; // whatever its name is
  return card.topology === undefined && !modelNames.includes(card.model.name);
}

/** Any other network as it runs: its operators are written down. */
async function graphOf({ model, card }: ModelToWrite): Promise<Uint8Array> {
  const { exportOnnx } = await import("../../onnx/browser.ts");
  const { inChannels, height, width } = card.model;
  const metadata = { [CARD]: JSON.stringify({ ...card, topology: undefined }) }; // the graph is the network
  return exportOnnx(model, { input: [inChannels, height, width], metadata });
}

/** "drishti.js" to "drishti-graph.js". */
const ofKind = (file: string, kind: string) => file.replace(".", `${kind}.`);

/** Of this process: sources do not change while it runs. */
const runtimes = new Map<string, Promise<string>>();

function webRuntime(kind: string): Promise<string> {
  let runtime = runtimes.get(kind);
  if (!runtime) {
    runtime = findRuntime(kind);
    runtimes.set(kind, runtime);
  }
  return runtime;
}

/** The folder with the runtime's files: shipped with the package; in the repository made anew from the sources. */
async function findRuntime(kind: string): Promise<string> {
  const own = fileURLToPath(new URL("../../../web/", import.meta.url));
  const build = new URL("../../../../../scripts/build-web.mjs", import.meta.url);
  if (existsSync(build)) {
    const { buildWeb } = (await import(build.href)) as {
      buildWeb(folder: string, kinds: readonly string[]): Promise<void>;
    };
    await buildWeb(own, [kind]);
  }
  const missing = RUNTIME.map((name) => ofKind(name, kind)).find((name) => !existsSync(join(own, name)));
  if (missing)
    throw new DataError("export", "no-runtime", `${join(own, missing)} is missing: install drishti again.`, own);
  return own;
}
