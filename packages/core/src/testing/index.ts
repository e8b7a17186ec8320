export { type Comparison, compareKernel, sampleOutputs } from "./compare-kernel.ts";
export { type FuzzProgram, type FuzzStep, fuzzBackend, fuzzGradients, fuzzProgram } from "./fuzz.ts";
export { fuzzRegressions } from "./fuzz-regressions.ts";
export { type Bound, kernelBounds } from "./kernel-bounds.ts";
export { kernelSamples, type SampleCall, sampleCalls } from "./kernel-samples.ts";
export {
  checkBackend,
  checkBatches,
  checkGradients,
  checkLayouts,
  checkSecond,
  checkShape,
  checkSubsets,
  sampleInputs,
} from "./op-checks.ts";
export { opSuites } from "./op-suites.ts";
