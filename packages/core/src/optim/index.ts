export { clipGradNorm_, clipGradValue_ } from "../nn/clip-grad.ts";
export { Adadelta, type AdadeltaOptions } from "./adadelta.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { Adamax, type AdamaxOptions } from "./adamax.ts";
export { EMA, type EMAOptions } from "./ema.ts";
export { LARS, type LARSOptions } from "./lars.ts";
export { LRScheduler, type LRSchedulerState, type OptimizerLike, type ScheduledGroup } from "./lr-scheduler.ts";
export { ChainedScheduler, MultiplicativeLR } from "./lr-scheduler-chained.ts";
export { CosineAnnealingLR, CosineAnnealingWarmRestarts, type WarmRestartsState } from "./lr-scheduler-cosine.ts";
export { CyclicLR, type CyclicOptions } from "./lr-scheduler-cyclic.ts";
export {
  ConstantLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from "./lr-scheduler-decay.ts";
export { OneCycleLR, type OneCycleOptions } from "./lr-scheduler-one-cycle.ts";
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from "./lr-scheduler-plateau.ts";
export { SequentialLR } from "./lr-scheduler-sequential.ts";
export type { SequentialState } from "./lr-scheduler-several.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { NAdam, type NAdamOptions } from "./nadam.ts";
export { type GroupOptions, Optimizer, type OptimizerState, type ParamGroup } from "./optimizer.ts";
export { RAdam, type RAdamOptions } from "./radam.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
