/** @file How fast pictures come from the disk, and whether training has to wait for them. */
import { manualSeed } from "@drishti/core";
import { DataLoader } from "@drishti/core/data";
import { createModel } from "@drishti/core/models";
import { Adam } from "@drishti/core/optim";
import { train } from "@drishti/core/train";
import { openData } from "../data/open-data.ts";
import type { Figure } from "./measure.ts";
import { pipelines } from "./pictures.ts";

export interface DataFigures {
  /** Pictures a second, read, decoded and augmented, with nothing else to do. */
  readonly decode: Figure;
  /** The same while a model learns from them. */
  readonly train: number;
  /** Share of that time in which the training thread had nothing but to wait for pictures. */
  readonly waited: number;
}

const ROUNDS = 7;

/**
 * Two passes, each about `seconds` long, after a warm-up: loading alone, then training. The first batches, for which
 * every training waits, are not counted.
 */
export async function measureData(
  spec: string,
  model: string,
  options: {
    readonly batchSize: number;
    readonly seconds: number;
    readonly seed: number;
    readonly imageSize: number;
    readonly augment: string;
    readonly workers?: number | undefined;
  },
): Promise<DataFigures> {
  const { batchSize, seconds, seed, imageSize, augment, workers } = options;
  const data = await openData(spec, { imageSize, workers });
  const { train: transform } = pipelines(data, augment);
  const fresh = () => new DataLoader(data.train, { batchSize, shuffle: true, seed, transform });

  const speeds: number[] = [];
  let [count, since] = [0, performance.now()];
  let warm = false;
  for await (const batch of endless(fresh())) {
    const now = performance.now();
    count += batch.count;
    if (now - since < (1000 * seconds) / ROUNDS) continue;
    if (warm) speeds.push((1000 * count) / (now - since));
    warm = true;
    [count, since] = [0, now];
    if (speeds.length === ROUNDS) break;
  }
  speeds.sort((a, b) => a - b);
  const decode = { median: speeds[ROUNDS >> 1]!, min: speeds[0]!, max: speeds.at(-1)! };

  manualSeed(seed);
  const [inChannels, height, width] = data.shape;
  const net = createModel(model, { inChannels, height, width, numClasses: data.classes.length });
  const loader = fresh();
  const optimizer = new Adam(net.parameters());
  const signal = { aborted: false };
  let start = 0;
  let waitedBefore = 0;
  let [images, waited, elapsed] = [0, 0, 0];
  const epochs = 1_000_000; // until the time is over
  for await (const event of train({
    model: net,
    optimizer,
    train: loader,
    classes: data.classes.length,
    epochs,
    signal,
    logEvery: 1,
  })) {
    if (event.kind !== "step") continue;
    const now = performance.now();
    if (event.step === WARM_STEPS) [start, waitedBefore] = [now, loader.waitedMs];
    else if (event.step > WARM_STEPS) {
      images += batchSize;
      [elapsed, waited] = [now - start, loader.waitedMs - waitedBefore];
      signal.aborted = elapsed >= 1000 * seconds;
    }
  }
  return { decode, train: (1000 * images) / elapsed, waited: waited / elapsed };
}

/** Steps in which kernels are prepared and the first pictures are waited for. */
const WARM_STEPS = 4;

async function* endless<T>(epoch: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  for (;;) yield* epoch;
}
