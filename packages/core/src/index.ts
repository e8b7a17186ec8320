import "./ops/methods.ts";

export * from "./autograd/index.ts";
export { type Backend, type BackendName, KernelRefusal } from "./backends/backend.ts";
export { createReference } from "./backends/reference.ts";
export type { DType } from "./base/dtype.ts";
export { defaultGenerator, Generator, manualSeed } from "./base/rng/index.ts";
export type { Shape } from "./base/shape.ts";
export * as data from "./data/index.ts";
export * from "./errors/index.ts";
export * as nn from "./nn/index.ts";
export { sequential } from "./nn/sequential.ts";
export * from "./ops/index.ts";
export * as optim from "./optim/index.ts";
