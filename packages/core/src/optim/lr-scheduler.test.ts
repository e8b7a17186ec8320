import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { oracleSources, readOracle } from "../../test/oracle.ts";
import type { LRScheduler, OptimizerLike, ScheduledGroup } from "./lr-scheduler.ts";
import { ChainedScheduler, MultiplicativeLR } from "./lr-scheduler-chained.ts";
import { CosineAnnealingLR, CosineAnnealingWarmRestarts } from "./lr-scheduler-cosine.ts";
import { CyclicLR } from "./lr-scheduler-cyclic.ts";
import {
  ConstantLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from "./lr-scheduler-decay.ts";
import { OneCycleLR } from "./lr-scheduler-one-cycle.ts";
import { ReduceLROnPlateau } from "./lr-scheduler-plateau.ts";
import { SequentialLR } from "./lr-scheduler-sequential.ts";

interface SchedulerCase {
  id: string;
  op: string;
  tag?: string;
  args: Record<string, unknown>;
  optimizer: "SGD" | "Adam";
  initial_lr: number[];
  steps: number;
  lr: number[][];
  momentum?: number[][];
  metrics?: (number | "NaN")[];
  epochs?: number[];
  rtol: number;
}

type Schedule = LRScheduler | ReduceLROnPlateau;
const sgd = (lrs: readonly number[]): OptimizerLike => ({ paramGroups: lrs.map((lr) => ({ lr, momentum: 0.9 })) });
const adam = (lrs: readonly number[]): OptimizerLike => ({
  paramGroups: lrs.map((lr) => ({ lr, betas: [0.9, 0.999] })),
});
const rates = (optimizer: OptimizerLike) => optimizer.paramGroups.map((group) => group.lr);
const momenta = (optimizer: OptimizerLike) => optimizer.paramGroups.map((group) => group.betas?.[0] ?? group.momentum);

/** torch's arguments: T_max is our tMax, the required one comes first. */
function make(name: string, optimizer: OptimizerLike, args: Record<string, unknown>): Schedule {
  const camel = (key: string) => key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()).replace(/^T/, "t");
  const a = Object.fromEntries(Object.entries(args).map(([key, value]) => [camel(key), value]));
  /** An argument that stands by its place, out of the options. */
  const required = <T>(key: string): T => {
    const value = a[key] as T;
    delete a[key];
    return value;
  };
  switch (name) {
    case "StepLR":
      return new StepLR(optimizer, required("stepSize"), a);
    case "MultiStepLR":
      return new MultiStepLR(optimizer, required("milestones"), a);
    case "ExponentialLR":
      return new ExponentialLR(optimizer, required("gamma"));
    case "CosineAnnealingLR":
      return new CosineAnnealingLR(optimizer, required("tMax"), a);
    case "CosineAnnealingWarmRestarts":
      return new CosineAnnealingWarmRestarts(optimizer, required("t0"), a);
    case "LinearLR":
      return new LinearLR(optimizer, a);
    case "CyclicLR":
      return new CyclicLR(optimizer, required("baseLr"), required("maxLr"), a);
    case "ConstantLR":
      return new ConstantLR(optimizer, a);
    case "PolynomialLR":
      return new PolynomialLR(optimizer, a);
    case "OneCycleLR":
      return new OneCycleLR(optimizer, required("maxLr"), a);
    case "ReduceLROnPlateau":
      return new ReduceLROnPlateau(optimizer, a);
    default:
      throw new Error(`no schedule ${name}`);
  }
}

function advance(schedule: Schedule, c: Pick<SchedulerCase, "metrics" | "epochs">, i: number): void {
  if (schedule instanceof ReduceLROnPlateau) schedule.step(Number(c.metrics![i]));
  else if (c.epochs) (schedule as CosineAnnealingWarmRestarts).stepTo(c.epochs[i]!);
  else schedule.step();
}

function expectRates(actual: readonly (number | undefined)[], expected: readonly number[], rtol: number, what: string) {
  expect(actual, what).toHaveLength(expected.length);
  expected.forEach((x, i) => {
    // The recursive cosine reaches etaMin by cancellation: 1e-17 where torch has 1e-18.
    expect(Math.abs(actual[i]! - x), `${what}, group ${i}: ${actual[i]} for ${x}`).toBeLessThanOrEqual(
      rtol * Math.abs(x) + 1e-16,
    );
  });
}

const surface = {
  name: "wider surface",
  folder: resolve(import.meta.dirname, "../../test/golden/surface"),
  missing: undefined,
};
for (const source of [...oracleSources("fixtures/sched.json"), surface]) {
  describe.skipIf(source.missing)(`torch's learning rates, ${source.name}`, () => {
    const cases = source.missing ? [] : readOracle<{ cases: SchedulerCase[] }>(source, "fixtures/sched.json").cases;
    const nameOf = (c: SchedulerCase) => c.op.split(".").at(-1)!;

    test.each(cases)("$id $tag", (c) => {
      const optimizer = (c.optimizer === "Adam" ? adam : sgd)(c.initial_lr);
      const schedule = make(nameOf(c), optimizer, c.args);
      for (let k = 0; k <= c.steps; k++) {
        if (k > 0) advance(schedule, c, k - 1);
        expectRates(rates(optimizer), c.lr[k]!, c.rtol, `lr after step ${k}`);
        expect(schedule.getLastLr()).toEqual(rates(optimizer));
        if (c.momentum) expectRates(momenta(optimizer), c.momentum[k]!, c.rtol, `momentum after step ${k}`);
      }
    });

    test.each(cases)("a schedule goes on from its state, passed through JSON: $id", (c) => {
      const fresh = () => (c.optimizer === "Adam" ? adam : sgd)(c.initial_lr);
      const [first, second] = [fresh(), fresh()];
      const before = make(nameOf(c), first, c.args);
      const half = c.steps >> 1;
      for (let k = 0; k < half; k++) advance(before, c, k);
      const after = make(nameOf(c), second, c.args);
      after.loadStateDict(JSON.parse(JSON.stringify(before.stateDict())));
      expect(second.paramGroups).toEqual(first.paramGroups);
      for (let k = half; k < c.steps; k++) {
        advance(before, c, k);
        advance(after, c, k);
        expect(rates(second)).toEqual(rates(first));
        expect(momenta(second)).toEqual(momenta(first));
      }
    });
  });
}

// Printed by torch 1.13.1.
describe("schedules the oracle does not hold", () => {
  const inTorch: [string, (o: OptimizerLike) => { step(): void }, number[][]][] = [
    ["LambdaLR", (o) => new LambdaLR(o, (e) => 0.95 ** e), [[0.1], [0.095], [0.09025], [0.0857375], [0.081450625]]],
    [
      "LambdaLR, one function per group",
      (o) => new LambdaLR(o, [(e) => 1 / (1 + e), (e) => (e < 2 ? 0.5 : 0.25)]),
      [
        [0.1, 0.15],
        [0.05, 0.15],
        [0.03333333333333333, 0.075],
        [0.025, 0.075],
        [0.020000000000000004, 0.075],
      ],
    ],
    [
      "PolynomialLR",
      (o) => new PolynomialLR(o, { totalIters: 4, power: 2 }),
      [
        [0.1, 1],
        [0.05625, 0.5625],
        [0.024999999999999998, 0.25],
        [0.0062499999999999995, 0.0625],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    ],
    [
      "ConstantLR",
      (o) => new ConstantLR(o, { factor: 0.25, totalIters: 3 }),
      [[0.025], [0.025], [0.025], [0.1], [0.1], [0.1]],
    ],
    [
      "SequentialLR: warm-up, then cosine",
      (o) =>
        new SequentialLR(o, [new LinearLR(o, { startFactor: 0.1, totalIters: 3 }), new CosineAnnealingLR(o, 4)], [3]),
      [
        [0.010000000000000002, 0.002],
        [0.04, 0.007999999999999998],
        [0.07, 0.013999999999999997],
        [0.1, 0.02],
        [0.08535533905932738, 0.017071067811865476],
        [0.05, 0.01],
        [0.014644660940672627, 0.0029289321881345253],
        [0, 0],
        [0.014644660940672622, 0.0029289321881345244],
      ],
    ],
    [
      "SequentialLR of three",
      (o) =>
        new SequentialLR(
          o,
          [
            new ConstantLR(o, { factor: 0.1, totalIters: 2 }),
            new ExponentialLR(o, 0.5),
            new StepLR(o, 2, { gamma: 0.1 }),
          ],
          [2, 5],
        ),
      [[0.1], [0.1], [1], [0.5], [0.25], [1], [1], [0.1], [0.1], [0.010000000000000002]],
    ],
    [
      "SequentialLR with warm restarts",
      (o) =>
        new SequentialLR(
          o,
          [new ConstantLR(o, { factor: 0.5, totalIters: 9 }), new CosineAnnealingWarmRestarts(o, 2, { tMult: 2 })],
          [2],
        ),
      [
        [0.05],
        [0.05],
        [0.1],
        [0.05],
        [0.1],
        [0.08535533905932738],
        [0.05],
        [0.014644660940672627],
        [0.1],
        [0.09619397662556434],
      ],
    ],
    [
      "two recursive schedules on one optimiser",
      (o) => {
        const both = [new ExponentialLR(o, 0.9), new MultiStepLR(o, [2, 4], { gamma: 0.1 })];
        return {
          step() {
            for (const schedule of both) schedule.step();
          },
        };
      },
      [
        [0.1],
        [0.09000000000000001],
        [0.008100000000000001],
        [0.007290000000000001],
        [0.0006561000000000002],
        [0.0005904900000000002],
      ],
    ],
    [
      "MultiplicativeLR",
      (o) => new MultiplicativeLR(o, (e) => (e % 2 === 1 ? 0.9 : 0.5)),
      [
        [1, 0.2],
        [0.9, 0.18000000000000002],
        [0.45, 0.09000000000000001],
        [0.405, 0.08100000000000002],
        [0.2025, 0.04050000000000001],
      ],
    ],
    [
      "ChainedScheduler",
      (o) =>
        new ChainedScheduler([
          new LinearLR(o, { startFactor: 0.25, totalIters: 3 }),
          new StepLR(o, 2, { gamma: 0.5 }),
          new MultiplicativeLR(o, () => 0.9),
        ]),
      [
        [0.25, 0.05],
        [0.45, 0.09000000000000001],
        [0.30375, 0.060750000000000005],
        [0.36450000000000005, 0.0729],
        [0.16402500000000003, 0.032805],
        [0.14762250000000005, 0.029524500000000002],
      ],
    ],
  ];
  const starts: Record<string, number[]> = {
    "LambdaLR, one function per group": [0.1, 0.3],
    PolynomialLR: [0.1, 1],
    "SequentialLR: warm-up, then cosine": [0.1, 0.02],
    "SequentialLR of three": [1],
    MultiplicativeLR: [1, 0.2],
    ChainedScheduler: [1, 0.2],
  };
  test.each(inTorch)("%s", (name, create, expected) => {
    const optimizer = sgd(starts[name] ?? [0.1]);
    const schedule = create(optimizer);
    expected.forEach((lr, k) => {
      if (k > 0) schedule.step();
      expectRates(rates(optimizer), lr, 1e-12, `step ${k}`);
    });
  });

  test("SequentialLR goes on from its state, before and after a milestone", () => {
    const create = (o: OptimizerLike) =>
      new SequentialLR(o, [new LinearLR(o, { startFactor: 0.1, totalIters: 3 }), new CosineAnnealingLR(o, 4)], [3]);
    for (const stop of [1, 3, 5]) {
      const [first, second] = [sgd([0.1]), sgd([0.1])];
      const before = create(first);
      for (let k = 0; k < stop; k++) before.step();
      const after = create(second);
      after.loadStateDict(JSON.parse(JSON.stringify(before.stateDict())));
      for (let k = stop; k < 9; k++) {
        expect(rates(second)).toEqual(rates(first));
        before.step();
        after.step();
      }
    }
  });
});

test("schedules in a chain go on from their state, begin again, and stand in a sequence", () => {
  const create = (o: OptimizerLike) =>
    new ChainedScheduler([new ConstantLR(o, { factor: 0.1, totalIters: 2 }), new ExponentialLR(o, 0.9)]);
  const [first, second, third] = [sgd([1]), sgd([1]), sgd([1])];
  const before = create(first);
  for (let k = 0; k < 2; k++) before.step();
  const after = create(second);
  after.loadStateDict(JSON.parse(JSON.stringify(before.stateDict())));
  before.step();
  after.step();
  expectRates(rates(second), [0.7290000000000002], 1e-12, "step 3"); // torch 1.13
  expect(rates(second)).toEqual(rates(first));
  before.stepTo(0);
  expect(rates(first)).toEqual([0.1]);
  const warmUp = new LinearLR(third, { startFactor: 0.5, totalIters: 2 });
  const sequence = new SequentialLR(third, [warmUp, create(third)], [2]);
  for (let k = 0; k < 3; k++) sequence.step();
  expectRates(rates(third), [0.09], 1e-12, "one step into the chain");
});

describe("stepTo", () => {
  test("MultiplicativeLR goes where its steps go", () => {
    const factor = (epoch: number) => 1 / (1 + epoch);
    const [stepped, jumped] = [new MultiplicativeLR(sgd([0.6]), factor), new MultiplicativeLR(sgd([0.6]), factor)];
    for (let k = 0; k < 4; k++) stepped.step();
    jumped.stepTo(4);
    expectRates(jumped.getLastLr(), stepped.getLastLr(), 1e-12, "epoch 4");
  });

  // By definition the closed form equals the recursion when nothing else moves the rate.
  test.each<[string, (o: OptimizerLike) => LRScheduler]>([
    ["StepLR", (o) => new StepLR(o, 3)],
    ["MultiStepLR", (o) => new MultiStepLR(o, [2, 2, 5])],
    ["ExponentialLR", (o) => new ExponentialLR(o, 0.8)],
    ["LinearLR", (o) => new LinearLR(o, { startFactor: 0.2, endFactor: 0.7, totalIters: 4 })],
    ["ConstantLR", (o) => new ConstantLR(o, { totalIters: 4 })],
    ["PolynomialLR", (o) => new PolynomialLR(o, { totalIters: 6, power: 1.5 })],
    ["LambdaLR", (o) => new LambdaLR(o, (e) => 1 / (1 + e))],
    ["CosineAnnealingLR", (o) => new CosineAnnealingLR(o, 4, { etaMin: 0.01 })],
    ["CosineAnnealingWarmRestarts", (o) => new CosineAnnealingWarmRestarts(o, 2, { tMult: 2 })],
    ["OneCycleLR", (o) => new OneCycleLR(o, 0.4, { totalSteps: 10 })],
  ])("%s: jumping is stepping", (_name, create) => {
    const [walking, jumping] = [sgd([0.1, 0.5]), sgd([0.1, 0.5])];
    const [walker, jumper] = [create(walking), create(jumping)];
    for (let epoch = 1; epoch < 10; epoch++) {
      walker.step();
      jumper.stepTo(epoch);
      expectRates(rates(jumping), rates(walking), 1e-12, `epoch ${epoch}`);
    }
  });
});

test("a loop may hand every schedule the loss: it is not taken for an epoch", () => {
  const create = () => {
    const optimizer = sgd([0.1]);
    return [new CosineAnnealingWarmRestarts(optimizer, 5), new StepLR(optimizer, 1)] as { step(loss?: number): void }[];
  };
  const [given, bare] = [create(), create()];
  for (const [i, schedule] of given.entries()) {
    schedule.step(3.7);
    bare[i]!.step();
    expect((schedule as LRScheduler).getLastLr()).toEqual((bare[i] as LRScheduler).getLastLr());
  }
});

describe("refusals", () => {
  const o = (): OptimizerLike => sgd([0.1, 0.2]);
  const plain = (): OptimizerLike => ({ paramGroups: [{ lr: 0.1 } satisfies ScheduledGroup] });
  test.each<[string, () => unknown]>([
    ["stepSize", () => new StepLR(o(), 0)],
    ["milestones", () => new MultiStepLR(o(), [1.5])],
    ["gamma", () => new ExponentialLR(o(), Number.NaN)],
    ["startFactor", () => new LinearLR(o(), { startFactor: 0 })],
    ["endFactor", () => new LinearLR(o(), { endFactor: 1.1 })],
    ["totalIters", () => new PolynomialLR(o(), { totalIters: 0 })],
    ["factor", () => new ConstantLR(o(), { factor: 2 })],
    ["factor", () => new LambdaLR(o(), [() => 1])],
    ["tMax", () => new CosineAnnealingLR(o(), 0)],
    ["t0", () => new CosineAnnealingWarmRestarts(o(), 1.5)],
    ["tMult", () => new CosineAnnealingWarmRestarts(o(), 1, { tMult: 0 })],
    ["totalSteps", () => new OneCycleLR(o(), 0.1, {})],
    ["totalSteps", () => new OneCycleLR(o(), 0.1, { epochs: 3 })],
    ["totalSteps", () => new OneCycleLR(o(), 0.1, { totalSteps: 0 })],
    ["pctStart", () => new OneCycleLR(o(), 0.1, { totalSteps: 9, pctStart: 1.5 })],
    ["maxLr", () => new OneCycleLR(o(), [0.1], { totalSteps: 9 })],
    ["cycleMomentum", () => new OneCycleLR(plain(), 0.1, { totalSteps: 9 })],
    ["factor", () => new ReduceLROnPlateau(o(), { factor: 1 })],
    ["minLr", () => new ReduceLROnPlateau(o(), { minLr: [0] })],
    ["metric", () => new ReduceLROnPlateau(o()).step()],
    ["epoch", () => new StepLR(o(), 1).stepTo(-1)],
    ["epoch", () => new CosineAnnealingWarmRestarts(o(), 1).stepTo(-0.5)],
    ["state-dict", () => new StepLR(o(), 1).loadStateDict(new StepLR(plain(), 1).stateDict())],
    ["state-dict", () => new ReduceLROnPlateau(o()).loadStateDict(new ReduceLROnPlateau(plain()).stateDict())],
    ["stepSizeUp", () => new CyclicLR(o(), 0.1, 0.2, { stepSizeUp: 0 })],
    ["mode", () => new CyclicLR(o(), 0.1, 0.2, { mode: "square" as "triangular" })],
    ["maxLr", () => new CyclicLR(o(), 0.1, [0.2, 0.3, 0.4])],
    ["cycleMomentum", () => new CyclicLR(plain(), 0.1, 0.2)],
    ["factor", () => new MultiplicativeLR(o(), [])],
    ["schedulers", () => new ChainedScheduler([])],
    ["schedulers", () => new ChainedScheduler([new StepLR(o(), 1), new StepLR(o(), 1)])],
    ["schedulers", () => new SequentialLR(o(), [], [])],
    ["schedulers", () => new SequentialLR(o(), [new StepLR(o(), 1)], [])],
  ])("%s", (code, call) => {
    expect(call).toThrow(expect.objectContaining({ name: "ArgumentError", code }));
  });

  test("milestones of a sequence", () => {
    const optimizer = o();
    const pair = [new StepLR(optimizer, 1), new StepLR(optimizer, 1)];
    for (const milestones of [[], [0], [2, 3]])
      expect(() => new SequentialLR(optimizer, pair, milestones)).toThrow(
        expect.objectContaining({ code: "milestones" }),
      );
    expect(() => new SequentialLR(optimizer, [...pair, new StepLR(optimizer, 1)], [3, 3])).toThrow(
      expect.objectContaining({ code: "milestones" }),
    );
  });

  test("a step past the end of one cycle, as in torch one step late", () => {
    const schedule = new OneCycleLR(plain(), 0.1, { totalSteps: 2, cycleMomentum: false });
    schedule.step();
    schedule.step();
    expect(() => schedule.step()).toThrow(expect.objectContaining({ code: "steps" }));
  });

  test("a phase of no length ends at once instead of dividing by zero", () => {
    const optimizer = sgd([0.1]);
    const schedule = new OneCycleLR(optimizer, 0.4, { totalSteps: 10, pctStart: 0.1 });
    expect(rates(optimizer)).toEqual([0.4]);
    for (let k = 1; k < 10; k++) schedule.step();
    expectRates(rates(optimizer), [0.4 / 25 / 1e4], 1e-9, "last");
  });
});
