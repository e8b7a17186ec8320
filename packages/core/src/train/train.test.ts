import { beforeAll, describe, expect, test } from "vitest";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { createReference } from "../backends/reference.ts";
import { Generator, manualSeed } from "../base/rng/index.ts";
import { ArrayImageSet, compose, DataLoader, normalize, randomCrop, toTensor } from "../data/index.ts";
import "../ops/methods.ts";
import * as nn from "../nn/index.ts";
import { Adam, OneCycleLR, SGD } from "../optim/index.ts";
import {
  decodeModelFile,
  encodeCheckpoint,
  type ModelCard,
  type TrainEvent,
  type TrainingState,
  type TrainOptions,
  train,
} from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

/** Pictures of 6×6: class 0 bright above, class 1 bright below, with noise. */
function stripes(count: number): ArrayImageSet {
  const random = new Generator(7);
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const pixels = Uint8Array.from({ length: count * 36 }, (_, i) => {
    const bright = (Math.floor((i % 36) / 18) === 0) === (labels[Math.floor(i / 36)] === 0);
    return (bright ? 150 : 20) + (random.random() % 100);
  });
  return new ArrayImageSet(pixels, labels, [1, 6, 6], ["above", "below"]);
}

function setUp(overrides: Partial<TrainOptions> = {}): TrainOptions {
  manualSeed(3);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 3, 3, { padding: 1 }),
    new nn.BatchNorm2d(3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Dropout(0.3),
    new nn.Linear(108, 2),
  );
  const transform = compose([randomCrop(6, { padding: 1 }), toTensor(), normalize(0.5, 0.5)]);
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    optimizer,
    scheduler: new OneCycleLR(optimizer, 0.02, { totalSteps: 100 }), // moves beta1 too
    schedulePer: "step",
    train: new DataLoader(stripes(44), { batchSize: 8, shuffle: true, transform }),
    validation: new DataLoader(stripes(16), { batchSize: 8 }),
    classes: 2,
    epochs: 3,
    logEvery: 1,
    ...overrides,
  };
}

async function collect(options: TrainOptions, stop?: (event: TrainEvent) => void): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) {
    events.push(event);
    stop?.(event);
  }
  return events;
}

const kinds = (events: TrainEvent[]) => events.map(({ kind }) => kind).join(" ");
const last = <K extends TrainEvent["kind"]>(events: TrainEvent[], kind: K) =>
  events.findLast((event) => event.kind === kind) as Extract<TrainEvent, { kind: K }>;

const card: ModelCard = {
  model: { name: "stripes", inChannels: 1, numClasses: 2, height: 6, width: 6 },
  classes: ["above", "below"],
  preprocessing: {
    channels: 1,
    height: 6,
    width: 6,
    mean: [0.5],
    std: [0.5],
    channelOrder: "L",
    layout: "NCHW",
    transforms: { name: "toTensor" },
  },
  golden: null,
  config: null,
  versions: {},
};

/** Through a file and back, as after a crash. */
function throughFile(state: TrainingState): TrainingState {
  return decodeModelFile(encodeCheckpoint(state, card), "last.safetensors").training!;
}

function withoutClock(state: TrainingState): object {
  return { ...state, progress: { ...state.progress, seconds: 0 } };
}

test("the first step is tried with two pictures, which takes next to no memory, then recorded; the others are replays", async () => {
  const rows: number[] = [];
  class Noting extends nn.Sequential {
    override forward(x: Tensor): Tensor {
      rows.push(x.size(0));
      return super.forward(x);
    }
  }
  const model = new Noting(new nn.Flatten(), new nn.Linear(36, 8), new nn.BatchNorm1d(8), new nn.Linear(8, 2));
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  await collect(setUp({ model, optimizer, scheduler: undefined, validation: undefined, epochs: 2 }));
  expect(rows).toEqual([2, 8, 4]); // the last batch of an epoch has 4
});

describe("events", () => {
  test("steps, epoch, checkpoint, in that order, then done", async () => {
    const events = await collect(setUp({ epochs: 2, logEvery: 4 }));
    // 6 batches an epoch: events at steps 4, 6 (last), 8, 12
    expect(kinds(events)).toBe("step step epoch checkpoint step step epoch checkpoint done");
    expect(events.filter((e) => e.kind === "step").map((e) => [e.epoch, e.step, e.stepInEpoch])).toEqual([
      [1, 4, 4],
      [1, 6, 6],
      [2, 8, 2],
      [2, 12, 6],
    ]);
    expect(last(events, "done")).toEqual({ kind: "done", reason: "finished", epoch: 2, step: 12 });
  });

  test("it learns the stripes, and says which epoch was best", async () => {
    const events = await collect(setUp({ epochs: 6 }));
    const epochs = events.filter((event) => event.kind === "epoch");
    expect(epochs[0]!.best).toBe(true);
    expect(last(events, "epoch").validation!.accuracy).toBe(1);
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(epochs[0]!.trainLoss);
  });

  test.each([0, -1, 1.5, Number.NaN])("epochs %d are refused", async (epochs) => {
    await expect(collect(setUp({ epochs }))).rejects.toMatchObject({ name: "ArgumentError", code: "epochs" });
  });

  test("outputs that are not one a class are refused with both numbers", async () => {
    await expect(collect(setUp({ classes: 5 }))).rejects.toThrow(/gives \[8, 2\], but the data have 5 classes/);
  });
});

describe("going on after an abort", () => {
  test.each([1, 3, 6, 8, 11])("stopped after step %i, a run gives the bits of one that was not", async (stopAt) => {
    const whole = await collect(setUp());
    const controller = { aborted: false };
    const first = await collect(setUp({ signal: controller }), (event) => {
      if (event.kind === "step" && event.step === stopAt) controller.aborted = true;
    });
    expect(last(first, "done").reason).toBe("aborted");
    const saved = last(first, "checkpoint");
    expect(saved.reason).toBe("aborted");
    manualSeed(999); // another process
    const options = setUp();
    manualSeed(12345);
    const rest = await collect({ ...options, resume: throughFile(saved.state) });
    expect(withoutClock(last(rest, "checkpoint").state)).toEqual(withoutClock(last(whole, "checkpoint").state));
    const steps = (events: TrainEvent[]) => events.flatMap((e) => (e.kind === "step" ? [[e.step, e.loss]] : []));
    expect([...steps(first), ...steps(rest)]).toEqual(steps(whole));
  });

  test("killed at any step, a run goes on from the checkpoint before it", async () => {
    const whole = await collect(setUp());
    const saved = (await collect(setUp({ checkpointSeconds: 0, checkpointAtStart: true }))).flatMap((event) =>
      event.kind === "checkpoint" && event.reason !== "epoch" ? [event.state] : [],
    );
    expect(saved.map((state) => state.progress.step)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17]);
    for (const state of [saved[0]!, saved[2]!, saved[8]!]) {
      manualSeed(999);
      const options = setUp();
      manualSeed(12345);
      const rest = await collect({ ...options, resume: throughFile(state) });
      expect(withoutClock(last(rest, "checkpoint").state)).toEqual(withoutClock(last(whole, "checkpoint").state));
    }
  });

  test("stopped during validation, the epoch's validation is done again", async () => {
    const controller = { aborted: false };
    const options = setUp({ signal: controller });
    let validations = 0;
    const validation = {
      async *[Symbol.asyncIterator]() {
        if (validations++ === 0) controller.aborted = true;
        yield* options.validation!;
      },
    };
    const first = await collect({ ...options, validation });
    expect(kinds(first)).not.toContain("epoch");
    const rest = await collect(setUp({ resume: throughFile(last(first, "checkpoint").state) }));
    const whole = await collect(setUp());
    expect(rest[0]!.kind).toBe("epoch");
    expect(withoutClock(last(rest, "checkpoint").state)).toEqual(withoutClock(last(whole, "checkpoint").state));
  });

  test("a state without the run's schedule is refused", async () => {
    const { state } = last(await collect(setUp({ epochs: 1, scheduler: undefined })), "checkpoint");
    await expect(collect(setUp({ resume: state }))).rejects.toMatchObject({ name: "ArgumentError", code: "scheduler" });
  });

  test("a state of another data set is refused, and nothing is changed", async () => {
    const { state } = last(await collect(setUp({ epochs: 1 })), "checkpoint");
    const options = setUp({ train: new DataLoader(stripes(10), { batchSize: 8, shuffle: true }) });
    const before = await options.model.stateDict().get("0.weight")!.toArray();
    await expect(collect({ ...options, resume: state })).rejects.toMatchObject({ code: "state" });
    expect(await options.model.stateDict().get("0.weight")!.toArray()).toEqual(before);
  });
});

describe("divergence", () => {
  test("a learning rate that explodes stops the run at its step and names the layer", async () => {
    const options = setUp();
    const optimizer = new SGD(options.model.parameters(), { lr: 1e200 });
    const events = await collect({ ...options, optimizer, scheduler: undefined });
    expect(kinds(events)).toMatch(/diverged done$/);
    const { step, layer, message } = last(events, "diverged");
    expect(step).toBeLessThanOrEqual(6);
    expect(layer).toMatch(/^\d$/);
    expect(message).toMatch(
      /^training stopped at step \d \(epoch 1\): .*(Conv2d|BatchNorm2d|Linear).*Lower the learning rate \(it is 1e\+200\)/,
    );
    expect(last(events, "done").reason).toBe("diverged");
    expect(events.some(({ kind }) => kind === "checkpoint")).toBe(false);
  });

  test("a weight that is not finite is named", async () => {
    const options = setUp();
    const bias = options.model.stateDict().get("5.bias")!;
    bias.write(Float64Array.of(0, Number.NaN));
    const found = last(await collect(options), "diverged");
    expect(found).toMatchObject({ step: 1, layer: "5", what: "parameter", loss: Number.NaN });
    expect(found.message).toContain("5 (Linear): its bias");
  });

  test("an input that is not finite is told from a layer that is not", async () => {
    const options = setUp();
    const bad = {
      length: 1,
      async *[Symbol.asyncIterator]() {
        for await (const batch of options.train) {
          batch.images[3] = Number.NaN;
          yield batch;
        }
      },
    };
    expect(last(await collect({ ...options, train: bad }), "diverged")).toMatchObject({
      layer: "",
      what: "input",
      step: 1,
    });
  });

  test("weights broken by the last step of an epoch never reach a checkpoint", async () => {
    const options = setUp();
    const plain = options.optimizer.step.bind(options.optimizer);
    let steps = 0;
    options.optimizer.step = () => {
      plain();
      if (++steps === 12)
        options.model.stateDict().get("0.weight")!.write(new Float64Array(27).fill(Number.POSITIVE_INFINITY));
    };
    const events = await collect(options);
    expect(events.filter(({ kind }) => kind === "checkpoint")).toHaveLength(1);
    expect(last(events, "diverged")).toMatchObject({ epoch: 2, step: 12, layer: "0", what: "parameter" });
  });
});
