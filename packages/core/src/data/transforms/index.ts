export { type Compose, compose } from "./compose.ts";
export { centerCrop, type RandomCropOptions, randomCrop } from "./crop.ts";
export { randomHorizontalFlip } from "./flip.ts";
export { type TransformMaker, transformFromJSON } from "./from-json.ts";
export type { PaddingMode } from "./pixel-map.ts";
export { normalize, toTensor } from "./pointwise.ts";
export { type ResizeOptions, resize } from "./resize.ts";
export type { Interpolation } from "./resize-taps.ts";
export type { RandomSource, Transform, TransformSpec } from "./transform.ts";
