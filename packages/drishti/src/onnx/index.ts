import "../index.ts";

export * from "./browser.ts";
export { type CheckOptions, checkWithOnnxModel, checkWithOnnxRuntime, type OnnxCheck } from "./check.ts";
export { loadOnnx, saveOnnx } from "./files.ts";
