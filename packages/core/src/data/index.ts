export type { Batch, BatchSource, BatchTransform, MakeBatch } from "./batch.ts";
export { cifar10Classes, imageSetFromCifar10, parseCifar10Classes } from "./cifar10.ts";
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from "./data-loader.ts";
export {
  ArrayImageSet,
  type Dataset,
  type ImageSet,
  type ImageShape,
  isImageSet,
  type Picture,
  type PictureSet,
  type Sample,
} from "./dataset.ts";
export { type IdxArray, imageSetFromIdx, type NamedBytes, parseIdx, parseIdxImages } from "./idx.ts";
export { toChannels } from "./picture.ts";
export { SampleRandom } from "./sample-random.ts";
export { type MeanStd, meanStd } from "./statistics.ts";
export { ImageSubset, randomSplit, Subset, subset } from "./subset.ts";
export { toTensors } from "./tensors.ts";
export * from "./transforms/index.ts";
