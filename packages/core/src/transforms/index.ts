export {
  type Compose,
  centerCrop,
  compose,
  type Interpolation,
  normalize,
  type PaddingMode,
  type RandomCropOptions,
  type RandomSource,
  type ResizeOptions,
  randomCrop,
  randomHorizontalFlip,
  resize,
  type Transform,
  type TransformSpec,
  toTensor,
} from "../data/index.ts";
export { type AugMixOptions, augMix } from "./aug-mix.ts";
export {
  type AugmentOptions,
  autoAugment,
  type RandAugmentOptions,
  randAugment,
  type TrivialAugmentOptions,
  trivialAugmentWide,
} from "./auto-augment.ts";
export { type ColorJitterOptions, colorJitter, gaussianBlur, grayscale, randomGrayscale } from "./colors.ts";
export {
  type DistortOptions,
  type ElasticOptions,
  elasticTransform,
  type PerspectiveOptions,
  randomPerspective,
} from "./distort.ts";
export { type PadOptions, pad, randomVerticalFlip } from "./flip-pad.ts";
export { batchTransformFromJSON, transformFromJSON } from "./from-json.ts";
export * as functional from "./functional/index.ts";
export { jpeg } from "./jpeg.ts";
export { cutMix, type MixOptions, mixUp, randomChoice } from "./mix.ts";
export {
  type GaussianNoiseOptions,
  gaussianNoise,
  type PhotometricDistortOptions,
  randomChannelPermutation,
  randomPhotometricDistort,
} from "./photometric.ts";
export type { AutoAugmentPolicy } from "./policies.ts";
export { type RandomErasingOptions, randomErasing } from "./random-erasing.ts";
export { randomApply, randomOrder } from "./random-lists.ts";
export { type RandomResizedCropOptions, randomResizedCrop } from "./random-resized-crop.ts";
export {
  randomAdjustSharpness,
  randomAutocontrast,
  randomEqualize,
  randomInvert,
  randomPosterize,
  randomSolarize,
} from "./random-tone.ts";
export { toDtype } from "./to-dtype.ts";
export { type RandomAffineOptions, randomAffine, randomRotation } from "./warp.ts";
