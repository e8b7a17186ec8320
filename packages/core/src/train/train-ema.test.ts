import { beforeAll, expect, test } from "vitest";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { createReference } from "../backends/reference.ts";
import { manualSeed } from "../base/rng/index.ts";
import { ArrayImageSet, DataLoader, toTensor } from "../data/index.ts";
import "../ops/methods.ts";
import * as nn from "../nn/index.ts";
import { Adam, EMA } from "../optim/index.ts";
import {
  decodeModelFile,
  encodeCheckpoint,
  evaluate,
  type ModelCard,
  modelWeights,
  type TrainEvent,
  type TrainingState,
  type TrainOptions,
  train,
} from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const pictures = new ArrayImageSet(
  Uint8Array.from({ length: 20 * 16 }, (_, i) => (i * 37 + (i >> 4) * (i % 5)) % 256),
  Array.from({ length: 20 }, (_, i) => i % 2),
  [1, 4, 4],
  ["even", "odd"],
);

function setUp(overrides: Partial<TrainOptions> & { warmup?: boolean } = {}): TrainOptions & { ema: EMA } {
  const { warmup = false, ...rest } = overrides;
  manualSeed(3);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3),
    new nn.BatchNorm2d(2),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Dropout(0.3),
    new nn.Linear(8, 2),
  );
  return {
    model,
    optimizer: new Adam(model.parameters(), { lr: 0.05 }),
    ema: new EMA(model, { decay: 0.9, useBuffers: true, warmup }),
    train: new DataLoader(pictures, { batchSize: 6, shuffle: true, transform: toTensor() }),
    validation: new DataLoader(pictures, { batchSize: 20 }),
    classes: 2,
    epochs: 3,
    logEvery: 1,
    checkpointSeconds: 0,
    ...rest,
  };
}

async function collect(options: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) events.push(event);
  return events;
}

const statesOf = (events: TrainEvent[]) => events.flatMap((e) => (e.kind === "checkpoint" ? [e.state] : []));
const isWhole = (key: string) => key.endsWith("num_batches_tracked");

test.each([
  ["eager", { capture: false }, () => 0.9],
  ["captured", {}, () => 0.9],
  ["with warm-up", { warmup: true }, (n: number) => Math.min(0.9, (1 + n) / (10 + n))],
])(
  "%s: after every step each weight and running statistic is decay·average + (1 − decay)·weight",
  async (_, options, decay) => {
    const states = statesOf(await collect(setUp(options)));
    expect(states.map(({ ema }) => ema!.updates)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const average = new Map<string, number[]>();
    for (const [n, { model, ema }] of states.entries()) {
      expect([...ema!.average.keys()].sort()).toEqual([...model.keys()].filter((key) => !isWhole(key)).sort());
      for (const [key, { data }] of model) {
        if (isWhole(key)) continue;
        const before = average.get(key);
        const now = Array.from(data, (w, i) => (before ? decay(n) * before[i]! + (1 - decay(n)) * w : w));
        average.set(key, now);
        for (const [i, a] of now.entries()) expect(ema!.average.get(key)!.data[i]).toBeCloseTo(a, 6);
      }
    }
  },
);

test("averaging changes nothing of what is trained, and validation is the average's", async () => {
  const options = setUp();
  const events = await collect(options);
  const plain = await collect(setUp({ ema: undefined }));
  const lossesOf = (of: TrainEvent[]) => of.flatMap((e) => (e.kind === "step" ? [e.loss] : []));
  expect(lossesOf(events)).toEqual(lossesOf(plain));
  const [last, lastPlain] = [statesOf(events).at(-1)!, statesOf(plain).at(-1)!];
  expect(last.model).toEqual(lastPlain.model);
  expect(lastPlain.ema).toBeNull();

  const epoch = events.findLast((e) => e.kind === "epoch") as Extract<TrainEvent, { kind: "epoch" }>;
  const other = setUp().model;
  other.loadStateDict(modelWeights(last));
  const measured = await evaluate(other, options.validation!, { classes: 2 });
  expect(epoch.validation).toEqual(measured);
  other.loadStateDict(last.model);
  expect((await evaluate(other, options.validation!, { classes: 2 })).loss).not.toBe(measured.loss);
});

const card: ModelCard = {
  model: { name: "net", inChannels: 1, numClasses: 2, height: 4, width: 4 },
  classes: ["even", "odd"],
  preprocessing: {
    channels: 1,
    height: 4,
    width: 4,
    mean: [0],
    std: [1],
    channelOrder: "L",
    layout: "NCHW",
    transforms: { name: "toTensor" },
  },
  golden: null,
  config: null,
  versions: {},
};

const withoutClock = (state: TrainingState) => ({ ...state, progress: { ...state.progress, seconds: 0 } });

test("killed after any step, a run goes on from the file to the bits of one that was not", async () => {
  const whole = statesOf(await collect(setUp()));
  for (const at of [0, 3, 6]) {
    const file = decodeModelFile(encodeCheckpoint(whole[at]!, card));
    expect(file.training).toEqual(whole[at]);
    expect(file.weights).toEqual(modelWeights(whole[at]!)); // who opens a checkpoint gets what was validated
    const options = setUp();
    manualSeed(99);
    const rest = statesOf(await collect({ ...options, resume: file.training! }));
    expect(withoutClock(rest.at(-1)!)).toEqual(withoutClock(whole.at(-1)!));
  }
});

test("a state with averages is refused by a run without, and the other way round", async () => {
  const [averaged] = statesOf(await collect(setUp({ epochs: 1 })));
  const [plain] = statesOf(await collect(setUp({ epochs: 1, ema: undefined })));
  for (const options of [setUp({ ema: undefined, resume: averaged }), setUp({ resume: plain })])
    await expect(collect(options)).rejects.toMatchObject({ name: "ArgumentError", code: "ema" });
});

test("a checkpoint that lacks an averaged weight is refused", async () => {
  const [state] = statesOf(await collect(setUp({ epochs: 1 })));
  const bytes = encodeCheckpoint(state!, card);
  const at = new TextDecoder("latin1").decode(bytes).indexOf('"0.weight"');
  bytes[at + 2] = "x".charCodeAt(0);
  expect(() => decodeModelFile(bytes, "last.safetensors")).toThrow(
    "last.safetensors: the state of the run in it is damaged.",
  );
});
