export { fromBase64, toBase64 } from "./base64.ts";
export {
  batchTensors,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type LossFunction,
} from "./evaluate.ts";
export type {
  CheckpointEvent,
  DivergedEvent,
  DoneEvent,
  EpochEvent,
  NoticeEvent,
  StepEvent,
  TrainEvent,
} from "./events.ts";
export { type GradCam, type GradCamOptions, gradCam } from "./grad-cam.ts";
export * from "./metrics.ts";
export { type Golden, type ModelCard, type Preprocessing, parseCard } from "./model-card.ts";
export {
  checkpointPieces,
  decodeModelFile,
  encodeCheckpoint,
  encodeModel,
  type ModelFile,
  modelPieces,
} from "./model-file.ts";
export type { Scheduler } from "./scheduler.ts";
export { type ArrayState, modelWeights, type Progress, type Resumable, type TrainingState } from "./state.ts";
export { type TrainOptions, train } from "./train.ts";
