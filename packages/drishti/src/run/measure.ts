/** @file Images a second, measured. */
import { manualSeed, noGrad, randint, randn } from "@drishti/core";
import { createModel, modelNames, modelShape } from "@drishti/core/models";
import { CrossEntropyLoss } from "@drishti/core/nn";
import { Adam } from "@drishti/core/optim";
import { UsageError } from "./usage-error.ts";

export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const ROUNDS = 7;

/**
 * One step of training (forward, loss, backward, Adam) or inference again and again on a batch that lies ready: rounds of
 * equal length, each ended by waiting for the device, after a warm-up.
 *
 * Throws  UsageError for an unknown model.
 */
export async function measure(
  bench: "train" | "inference",
  name: string,
  options: { batchSize: number; seconds: number; seed: number },
): Promise<Figure> {
  if (!modelNames.includes(name))
    throw new UsageError(`there is no model "${name}"; there are: ${modelNames.join(", ")}.`);
  const { batchSize, seconds, seed } = options;
  manualSeed(seed);
  const { inChannels, height, width, numClasses } = modelShape(name);
  const model = createModel(name);
  const images = randn([batchSize, inChannels, height, width]);
  const labels = randint(0, numClasses, [batchSize]);
  const optimizer = new Adam(model.parameters());
  const lossOf = new CrossEntropyLoss();
  if (bench === "inference") model.eval();
  const step = () => {
    if (bench === "inference") return void noGrad(() => model.forward(images));
    optimizer.zeroGrad();
    lossOf.forward(model.forward(images), labels).backward();
    optimizer.step();
  };
  const round = async (steps: number) => {
    const start = performance.now();
    for (let i = 0; i < steps; i++) step();
    await images.backend.sync();
    return (performance.now() - start) / 1000;
  };
  await round(2); // compiles, fills the memory pool
  const one = await round(1);
  const steps = Math.max(1, Math.round(seconds / ROUNDS / one));
  const speeds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) speeds.push((steps * batchSize) / (await round(steps)));
  speeds.sort((a, b) => a - b);
  return { median: speeds[Math.floor(ROUNDS / 2)]!, min: speeds[0]!, max: speeds.at(-1)! };
}
