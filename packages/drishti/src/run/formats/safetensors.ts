/** @file Our own model files, and safetensors of others. */
import { decodeModelFile, encodeModel } from "@drishti/core/train";
import { writeAtomic } from "../write-file.ts";
import type { ModelFormat } from "./format.ts";
import { stateOf } from "./state.ts";

export const safetensors: ModelFormat = {
  name: "safetensors",
  about: "safetensors (.safetensors)",
  extension: ".safetensors",
  // 8 bytes of length, then JSON. What is cut off there is told apart by its name.
  recognises: (bytes, path) => bytes[8] === 0x7b || path.endsWith(".safetensors"),
  read: async (bytes, path) => decodeModelFile(bytes, path),
  write: async ({ model, card }, path) => writeAtomic(path, encodeModel(await stateOf(model), card)),
};
