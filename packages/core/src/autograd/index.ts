export {
  type BackwardOptions,
  backward,
  type GradOptions,
  grad,
  type RemoveHook,
  registerHook,
  retainGrad,
} from "./backward.ts";
export { checkpoint } from "./checkpoint.ts";
export {
  arange,
  empty,
  eye,
  full,
  ones,
  onesLike,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from "./create.ts";
export { bernoulli, type RandomOptions, rand, randint, randn, randperm } from "./create-random.ts";
export { defineOp, type Op, type OpDefinition, type OpInputs, run } from "./define-op.ts";
export {
  type Device,
  defaultDevice,
  getBackend,
  registerBackend,
  registerDefault,
  setDefaultDevice,
} from "./device.ts";
export { enableGrad, inferenceMode, isGradEnabled, noGrad } from "./grad-mode.ts";
export { type NestedArray, Tensor } from "./tensor.ts";
export { type TracedOp, type Tracer, traceOps } from "./trace.ts";
