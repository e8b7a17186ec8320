/** @file ONNX without Node: what a bundle for the browser gets as drishti/onnx. */
export type { OnnxArray, OnnxType } from "./dtype.ts";
export { type ExportOnnxOptions, exportOnnx } from "./export/export-onnx.ts";
export { type OnnxFeed, OnnxModel, type OnnxModelOptions } from "./onnx-model.ts";
export { onnxOperators } from "./ops/registry.ts";
export { type OnnxFile, type OnnxValueInfo, type ReadOnnxOptions, readOnnx } from "./read.ts";
