/** @file PyTorch's schedules go on here as they go on there, and ours there: scripts/golden-scheduler-state.py. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type PyTorchValue,
  readPyTorch,
  schedulerStateOf,
  schedulerStateToPyTorch,
  writePyTorch,
} from "../src/io/index.ts";
import * as optim from "../src/optim/index.ts";

type Dict = Map<string, PyTorchValue>;
const golden = readPyTorch(readFileSync(new URL("golden/scheduler-state.pt", import.meta.url))).value as Dict;
const measures = golden.get("measures") as number[];
const cases = golden.get("cases") as Map<string, Dict>;

const make: Record<string, (o: optim.OptimizerLike) => { schedule: optim.LRScheduler | optim.ReduceLROnPlateau }> = {
  StepLR: (o) => ({ schedule: new optim.StepLR(o, 2) }),
  LambdaLR: (o) => ({ schedule: new optim.LambdaLR(o, (epoch) => 1 / (1 + epoch)) }),
  CosineAnnealingLR: (o) => ({ schedule: new optim.CosineAnnealingLR(o, 12) }),
  CosineAnnealingWarmRestarts: (o) => ({ schedule: new optim.CosineAnnealingWarmRestarts(o, 2, { tMult: 2 }) }),
  OneCycleLR: (o) => ({ schedule: new optim.OneCycleLR(o, 0.5, { totalSteps: 20 }) }),
  SequentialLR: (o) => {
    const warmUp = new optim.LinearLR(o, { startFactor: 0.1, totalIters: 3 });
    return { schedule: new optim.SequentialLR(o, [warmUp, new optim.CosineAnnealingLR(o, 12)], [3]) };
  },
  ChainedScheduler: (o) => {
    const linear = new optim.LinearLR(o, { totalIters: 8 });
    return { schedule: new optim.ChainedScheduler([linear, new optim.ExponentialLR(o, 0.9)]) };
  },
  ReduceLROnPlateau: (o) => ({ schedule: new optim.ReduceLROnPlateau(o, { patience: 1, cooldown: 1 }) }),
};

const groups = (lr: readonly number[]) => ({ paramGroups: lr.map((rate) => ({ lr: rate, momentum: 0.9 })) });
function close(actual: readonly number[], expected: readonly number[]): void {
  for (const [i, rate] of actual.entries()) expect(Math.abs(rate / expected[i]! - 1)).toBeLessThan(1e-12);
}

/** Six more steps give PyTorch's rates. */
function goesOn(name: string, schedule: optim.LRScheduler | optim.ReduceLROnPlateau): void {
  const { paramGroups } = schedule.optimizer;
  const after = cases.get(name)!.get("after") as number[][];
  for (const [i, expected] of after.entries()) {
    schedule.step(measures[5 + i]);
    close(
      paramGroups.map(({ lr }) => lr),
      expected,
    );
  }
}

test.each([...cases.keys()])("%s goes on from PyTorch's state, and writes the same", (name) => {
  const saved = cases.get(name)!;
  const { schedule } = make[name]!(groups([0.1, 0.05]));
  schedule.loadStateDict(schedulerStateOf<never>(saved.get("state")!));
  close(schedule.getLastLr(), saved.get("lr") as number[]);

  const written = readPyTorch(writePyTorch(schedulerStateToPyTorch(schedule.stateDict()))).value as Dict;
  const compare = (own: Dict, torch: Dict): number => {
    const shared = [...own.keys()].filter((key) => torch.has(key) && key !== "_step_count");
    for (const key of shared) {
      if (key !== "_schedulers") expect([key, own.get(key)]).toEqual([key, torch.get(key)]);
      else for (const [i, inner] of (own.get(key) as Dict[]).entries()) compare(inner, (torch.get(key) as Dict[])[i]!);
    }
    return shared.length;
  };
  expect(compare(written, saved.get("state") as Dict)).toBeGreaterThanOrEqual(2);

  const again = make[name]!(groups([0.1, 0.05])).schedule;
  again.loadStateDict(schedulerStateOf<never>(new Map([["lr_scheduler", written]])));
  goesOn(name, schedule);
  goesOn(name, again);
});

test("refuses a file without a schedule, a damaged one, and another schedule's state", () => {
  const nothing = { code: "no-scheduler-state", message: expect.stringContaining("the keys epoch, model") };
  const file = new Map<string, PyTorchValue>([
    ["epoch", 3],
    ["model", null],
  ]);
  expect(() => schedulerStateOf(file)).toThrow(expect.objectContaining(nothing));
  expect(() => schedulerStateOf(file, { key: "model" })).toThrow(/no schedule's state in "model"/);
  const damaged = new Map<string, PyTorchValue>([["last_epoch", "three"]]);
  expect(() => schedulerStateOf(damaged)).toThrow(expect.objectContaining({ code: "scheduler-state" }));
  const plateau = cases.get("ReduceLROnPlateau")!.get("state")!;
  const o = groups([1, 1]);
  for (const name of ["StepLR", "SequentialLR", "CosineAnnealingWarmRestarts"])
    expect(() => make[name]!(o).schedule.loadStateDict(schedulerStateOf<never>(plateau))).toThrow(
      expect.objectContaining({ code: "state-dict", message: expect.stringContaining("badEpochs") }),
    );
  const step = schedulerStateOf<never>(cases.get("StepLR")!.get("state")!);
  expect(() => new optim.ReduceLROnPlateau(o).loadStateDict(step)).toThrow(/another schedule/);
});
