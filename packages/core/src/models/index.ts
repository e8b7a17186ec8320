export { CIFAR10CNN } from "./cifar10cnn.ts";
export { evalMode } from "./eval-mode.ts";
export { LeNet5 } from "./lenet5.ts";
export { MLP } from "./mlp.ts";
export type { ModelOptions } from "./options.ts";
export { createModel, type ModelShape, modelNames, modelNotes, modelShape } from "./registry.ts";
export { BasicBlock, ResNet, type ResNetOptions } from "./resnet.ts";
export { SimpleCNN } from "./simplecnn.ts";
export { type LayerSummary, type ModelSummary, summarize } from "./summary.ts";
