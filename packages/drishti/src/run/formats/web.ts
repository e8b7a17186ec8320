/** @file A folder for a web server: the weights, the WASM runtime and a ten-line page; and predict.mjs for Node. */
import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "@drishti/core/errors";
import { modelNames } from "@drishti/core/models";
import { encodeModel } from "@drishti/core/train";
import { writeAtomic, writeError } from "../write-file.ts";
import type { ModelFormat } from "./format.ts";
import { stateOf } from "./state.ts";
import { checkWeb } from "./web-checks.ts";
import { indexPage, verifyPage } from "./web-page.ts";

const RUNTIME = ["drishti.js", "predict.mjs"] as const;

export const web: ModelFormat = {
  name: "web",
  about: "a folder for a web server (model.safetensors, drishti.js, index.html)",
  extension: "-web",
  recognises: () => false, // what is read of it is its model.safetensors
  async write({ model, card }, folder) {
    const { name } = card.model;
    if (card.topology === undefined && !modelNames.includes(name))
      throw new DataError(
        "export",
        "no-network",
        `the network of ${name} is neither built in nor Keras', and no other goes into a web page. Export it as onnx and run that by onnxruntime-web, or take a built-in network.`,
        name,
      );
    const runtime = await webRuntime();
    try {
      await mkdir(folder, { recursive: true });
      for (const file of RUNTIME) await copyFile(join(runtime, file), join(folder, file));
      for (const variant of ["simd", "relaxed"]) {
        const kernels = createRequire(import.meta.url).resolve(`@drishti/core/drishti-${variant}.wasm`);
        await copyFile(kernels, join(folder, `drishti-${variant}.wasm`));
      }
    } catch (cause) {
      throw writeError(folder, cause);
    }
    await writeAtomic(join(folder, "model.safetensors"), encodeModel(await stateOf(model), card));
    await writeAtomic(join(folder, "index.html"), indexPage(card));
    await writeAtomic(join(folder, "verify.html"), verifyPage());
  },
  checks: (folder) => checkWeb(folder),
};

/** Whether a model file lies in a folder that this format wrote. */
export function isWebFolder(folder: string): boolean {
  return [...RUNTIME, "model.safetensors", "verify.html"].every((name) => existsSync(join(folder, name)));
}

/** The folder with drishti.js and predict.mjs: shipped with the package; in the repository made anew from the sources. */
async function webRuntime(): Promise<string> {
  const own = fileURLToPath(new URL("../../../web/", import.meta.url));
  const build = new URL("../../../../../scripts/build-web.mjs", import.meta.url);
  if (existsSync(build)) {
    const { buildWeb } = (await import(build.href)) as { buildWeb(folder: string): Promise<unknown> };
    await buildWeb(own);
  }
  const missing = RUNTIME.find((name) => !existsSync(join(own, name)));
  if (missing)
    throw new DataError("export", "no-runtime", `${join(own, missing)} is missing: install drishti again.`, own);
  return own;
}
