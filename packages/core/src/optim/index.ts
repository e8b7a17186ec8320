export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { clipGradNorm_, clipGradValue_ } from "./clip-grad.ts";
export { type GroupOptions, Optimizer, type OptimizerState, type ParamGroup } from "./optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
