export { narrowBF16, narrowF16, widenBF16, widenF16 } from "./half.ts";
export { KerasModel, kerasInput, kerasModel } from "./keras-model.ts";
export { kerasStateDict } from "./keras-weights.ts";
export { type FoundOptimizerState, optimizerStateOf } from "./optimizer-state.ts";
export { type OptimizerToWrite, optimizerStateToPyTorch } from "./optimizer-state-write.ts";
export { type PyTorchFile, type PyTorchValue, type ReadPyTorchOptions, readPyTorch } from "./pytorch.ts";
export type { PyTorchData, PyTorchDType } from "./pytorch-dtype.ts";
export { PyTorchTensor } from "./pytorch-tensor.ts";
export { type PyTorchInput, type PyTorchTensorInput, type WritePyTorchOptions, writePyTorch } from "./pytorch-write.ts";
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsEntry,
  type SafetensorsInput,
  safetensorsPieces,
  writeSafetensors,
} from "./safetensors.ts";
export type { SafetensorsData, SafetensorsDType } from "./safetensors-dtype.ts";
export { type SchedulerState, schedulerStateOf, schedulerStateToPyTorch } from "./scheduler-state.ts";
export { type FoundStateDict, stateDictOf } from "./state-dict.ts";
export { readTfjs, type TfjsTensor, type TfjsWeights, tfjsPaths } from "./tfjs-weights.ts";
