export { AlexNet } from "./alexnet.ts";
export { CIFAR10CNN } from "./cifar10cnn.ts";
export { ConvNeXtTiny } from "./convnext.ts";
export { DenseNet121 } from "./densenet.ts";
export { EfficientNetB0 } from "./efficientnet.ts";
export { evalMode } from "./eval-mode.ts";
export {
  freeze,
  headOf,
  type LoadWeightsOptions,
  loadWeights,
  paramGroups,
  type RateRule,
  replaceHead,
  unfreeze,
} from "./finetune.ts";
export { LeNet5 } from "./lenet5.ts";
export { MLP } from "./mlp.ts";
export { MobileNetV1, type MobileNetV1Options } from "./mobilenet-v1.ts";
export { InvertedResidual, MobileNetV2, type MobileNetV2Options } from "./mobilenet-v2.ts";
export type { ImageNetOptions, ModelOptions } from "./options.ts";
export { createModel, type ModelShape, modelNames, modelNotes, modelShape, noModel } from "./registry.ts";
export { BasicBlock, Bottleneck, ResNet, type ResNetOptions } from "./resnet.ts";
export { ResNetCifar } from "./resnet-cifar.ts";
export { ShuffleNetV2 } from "./shufflenet.ts";
export { SimpleCNN } from "./simplecnn.ts";
export { Fire, SqueezeNet } from "./squeezenet.ts";
export { StochasticDepth } from "./stochastic-depth.ts";
export { type LayerSummary, type ModelSummary, summarize } from "./summary.ts";
export { VGG } from "./vgg.ts";
export { WideResNet, type WideResNetOptions } from "./wide-resnet.ts";
