export { defaultGenerator, manualSeed } from "./default.ts";
export { DEFAULT_SEED, Generator, type GeneratorState } from "./generator.ts";
export { randint, randperm, shuffleOrder, shuffleOrderOwn } from "./integers.ts";
export { boxMuller, drawNormal, fillNormal } from "./normal.ts";
export { fillBernoulli, fillBernoulliTensor, fillUniform } from "./uniform.ts";
