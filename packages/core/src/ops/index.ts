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
export { flip, type IndexItem, index, maskedSelect, repeat, roll, tile, tril, triu } from "./arrange.ts";
export { type AvgPool2dOptions, avgPool2d } from "./avg-pool2d.ts";
export { type BatchNormOptions, batchNorm } from "./batch-norm.ts";
export {
  add,
  div,
  maskedFill,
  maximum,
  minimum,
  mul,
  type Operand,
  pow,
  sub,
  where,
} from "./binary.ts";
export { type BceWithLogitsOptions, binaryCrossEntropyWithLogits } from "./binary-loss.ts";
export { gather, indexSelect, scatter, scatterAdd } from "./by-index.ts";
export { to } from "./cast.ts";
export { clamp } from "./clamp.ts";
export { eq, ge, gt, le, lt, ne } from "./comparisons.ts";
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose2d.ts";
export { type Conv1dOptions, type ConvTranspose1dOptions, conv1d, convTranspose1d } from "./conv1d.ts";
export { type Conv2dOptions, conv2d, conv2dPadded } from "./conv2d.ts";
export { type DropoutOptions, dropout, dropout2d } from "./dropout.ts";
export { einsum } from "./einsum.ts";
export { type EmbeddingOptions, embedding, oneHot } from "./embedding.ts";
export { amax, amin, argmax, argmin, max, min } from "./extremum.ts";
export { type InterpolateMode, type InterpolateOptions, interpolate } from "./interpolate.ts";
export { cat, chunk, split, stack } from "./join.ts";
export { linear } from "./linear.ts";
export { expm1, log1p } from "./log1p.ts";
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
export type {
  Dims,
  Extremum,
  ExtremumMethod,
  None,
  Reduced,
  ReduceMethod,
  ReduceOptions,
  Reducing,
} from "./reduction-types.ts";
export { huberLoss, l1Loss, type ReductionOptions, smoothL1Loss } from "./regression-loss.ts";
export { cumprod, cumsum, prod } from "./running.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { argsort, type Sorted, sort, topk } from "./sort.ts";
export { all, any, logsumexp, norm, normalize, std, variance } from "./statistics.ts";
export { mean, sum } from "./sum.ts";
export {
  abs,
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
  diagonal,
  expand,
  expand as broadcastTo,
  flatten,
  narrow,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  transpose,
  unsqueeze,
  view,
} from "./view.ts";
