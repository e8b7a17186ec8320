export * from "@drishti/core/data";
export { dataSpecs, type InMemory, type OpenedData, type OpenOptions, openData, openSplit } from "./open-data.ts";
export { type BadFile, PictureFiles, type PictureFilesOptions } from "./picture-files.ts";
export { readImage } from "./read-image.ts";
export type { Split } from "./split.ts";
