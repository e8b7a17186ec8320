export * from "@drishti/core/data";
export { dataSpecs, type InMemory, type OpenedData, openData, openSplit } from "./open-data.ts";
export { readImage } from "./read-image.ts";
export type { Split } from "./split.ts";
