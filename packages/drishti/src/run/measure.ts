/** @file Images a second, measured. */
import { manualSeed, noGrad, randint, randn, type Tensor } from "@drishti/core";
import { capture } from "@drishti/core/capture";
import { createModel, type ModelShape, modelNames, modelShape, noModel } from "@drishti/core/models";
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
 * One step of training (forward, loss, backward, Adam) or inference again and again on a batch that lies ready, captured as the
 * trainer does it: rounds of equal length, each ended by waiting for the device, after a warm-up.
 *
 * shape   What is not the model's own: channels, height, width, classes.
 * Throws  UsageError for an unknown model.
 */
export async function measure(
  bench: "train" | "inference",
  name: string,
  options: { batchSize: number; seconds: number; seed: number; shape?: Partial<ModelShape> },
): Promise<Figure> {
  if (!modelNames.includes(name)) throw new UsageError(`${noModel(name)}.`);
  const { batchSize, seconds, seed, shape } = options;
  manualSeed(seed);
  const { inChannels, height, width, numClasses } = { ...modelShape(name), ...shape };
  const model = createModel(name, shape);
  const images = randn([batchSize, inChannels, height, width]);
  const labels = randint(0, numClasses, [batchSize]);
  const optimizer = new Adam(model.parameters());
  const lossOf = new CrossEntropyLoss();
  if (bench === "inference") model.eval();
  const step = capture((x: Tensor, y: Tensor) => {
    if (bench === "inference") return noGrad(() => model.forward(x));
    optimizer.zeroGrad();
    const loss = lossOf.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const round = async (steps: number) => {
    const start = performance.now();
    for (let i = 0; i < steps; i++) step(images, labels);
    await images.backend.sync();
    return (performance.now() - start) / 1000;
  };
  // Records, fills the memory pool, lets the engine compile what proves to be hot.
  const begin = performance.now();
  await round(3);
  let one = await round(1);
  while (performance.now() - begin < 250 * seconds) one = await round(1);
  const steps = Math.max(1, Math.round(seconds / ROUNDS / one));
  const speeds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) speeds.push((steps * batchSize) / (await round(steps)));
  step.release();
  speeds.sort((a, b) => a - b);
  return { median: speeds[Math.floor(ROUNDS / 2)]!, min: speeds[0]!, max: speeds.at(-1)! };
}
