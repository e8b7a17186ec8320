import "./methods.ts";

export {
  elu,
  hardsigmoid,
  hardswish,
  hardtanh,
  logSigmoid,
  mish,
  relu6,
  selu,
  softmin,
  softplus,
} from "./activations.ts";
export {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  type OutputSize,
} from "./adaptive-pool2d.ts";
export { type AvgPool2dOptions, avgPool2d } from "./avg-pool2d.ts";
export { type BatchNormOptions, batchNorm } from "./batch-norm.ts";
export { add, div, maximum, minimum, mul, type Operand, pow, sub, where } from "./binary.ts";
export { type BceWithLogitsOptions, binaryCrossEntropyWithLogits } from "./binary-loss.ts";
export { to } from "./cast.ts";
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose2d.ts";
export { type Conv1dOptions, type ConvTranspose1dOptions, conv1d, convTranspose1d } from "./conv1d.ts";
export { type Conv2dOptions, conv2d, conv2dPadded } from "./conv2d.ts";
export { type DropoutOptions, dropout, dropout2d } from "./dropout.ts";
export { type EmbeddingOptions, embedding, oneHot } from "./embedding.ts";
export { amax, amin, argmax, argmin, max, min } from "./extremum.ts";
export { type InterpolateMode, type InterpolateOptions, interpolate } from "./interpolate.ts";
export { cat, split, stack } from "./join.ts";
export { linear } from "./linear.ts";
export {
  type CrossEntropyOptions,
  crossEntropy,
  mseLoss,
  type NllLossOptions,
  nllLoss,
  type Reduction,
} from "./losses.ts";
export { matmul } from "./matmul.ts";
export { type MaxPool2dOptions, maxPool2d, maxPool2dWithIndices } from "./max-pool2d.ts";
export { type MaxUnpool2dOptions, maxUnpool2d } from "./max-unpool2d.ts";
export { groupNorm, instanceNorm, layerNorm } from "./normalise.ts";
export { type PadMode, type PadOptions, pad } from "./pad.ts";
export { pixelShuffle, pixelUnshuffle } from "./pixel-shuffle.ts";
export { prelu } from "./prelu.ts";
export {
  type BceOptions,
  binaryCrossEntropy,
  type FocalOptions,
  type KlDivOptions,
  klDiv,
  sigmoidFocalLoss,
} from "./probability-loss.ts";
export { huberLoss, l1Loss, type ReductionOptions, smoothL1Loss } from "./regression-loss.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { type Dims, mean, type ReduceOptions, sum } from "./sum.ts";
export { indexSelect } from "./take-along.ts";
export {
  abs,
  clamp,
  exp,
  gelu,
  leakyRelu,
  log,
  neg,
  reciprocal,
  relu,
  sigmoid,
  sign,
  silu,
  sqrt,
  tanh,
} from "./unary.ts";
export {
  clone,
  contiguous,
  expand,
  flatten,
  narrow,
  permute,
  reshape,
  select,
  squeeze,
  transpose,
  unsqueeze,
  view,
} from "./view.ts";
