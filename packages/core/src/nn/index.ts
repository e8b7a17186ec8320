export type { RemoveHook } from "../autograd/backward.ts";
export type { Misfit } from "../base/typed/dims.ts";
export type { After, RuleOf, ShapeRule } from "../base/typed/rules.ts";
export * as functional from "../ops/index.ts";
export { GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Tanh } from "./activation.ts";
export {
  ELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LogSigmoid,
  Mish,
  PReLU,
  ReLU6,
  SELU,
  Softmin,
  Softplus,
} from "./activations.ts";
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from "./batchnorm.ts";
export { Concat, Residual } from "./branches.ts";
export * as utils from "./clip-grad.ts";
export { type Entry, type Layer, Sequential } from "./container.ts";
export { ModuleDict, ModuleList, ParameterList } from "./containers.ts";
export {
  Conv1d,
  type Conv1dOptions,
  Conv2d,
  type Conv2dOptions,
  ConvTranspose2d,
  type ConvTranspose2dOptions,
} from "./conv.ts";
export { ConvTranspose1d, type ConvTranspose1dOptions } from "./conv-transpose1d.ts";
export { Embedding } from "./embedding.ts";
export * as init from "./init.ts";
export { InstanceNorm2d, type InstanceNormOptions } from "./instance-norm.ts";
export { Linear } from "./linear.ts";
export { BCEWithLogitsLoss, CrossEntropyLoss, MSELoss, NLLLoss } from "./loss.ts";
export { BCELoss, HuberLoss, KLDivLoss, L1Loss, SigmoidFocalLoss, SmoothL1Loss } from "./losses.ts";
export { Dropout, Dropout2d, Flatten, Identity } from "./misc.ts";
export { type ForwardHook, type ForwardPreHook, type FullBackwardHook, Module, type StateValue } from "./module.ts";
export { GroupNorm, LayerNorm } from "./normalisation.ts";
export { ConstantPad2d, type Padding2d, ReflectionPad2d, ReplicationPad2d, ZeroPad2d } from "./padding.ts";
export { Parameter } from "./parameter.ts";
export { AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d } from "./pooling.ts";
export { MaxUnpool2d, PixelShuffle, PixelUnshuffle, Upsample } from "./resize.ts";
export { type OutputOf, type ShapedSequential, sequential } from "./sequential.ts";
