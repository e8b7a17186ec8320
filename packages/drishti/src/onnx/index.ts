import "../index.ts";

export * from "./browser.ts";
export {
  type CheckOptions,
  checkWithOnnxModel,
  checkWithOnnxRuntime,
  type OnnxCheck,
  openOnnxRuntime,
} from "./check.ts";
export { externalData, loadOnnx, saveOnnx, withMetadata } from "./files.ts";
export { checkSupport } from "./onnx-model.ts";
