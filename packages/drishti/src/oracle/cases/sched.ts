/** @file Learning-rate schedules: the rates after construction and after every step. */
import { optim } from "@drishti/core";
import { Args, type Arguments, plainNumbers } from "../args.ts";
import { numberDifference } from "../compare.ts";
import { NotBuilt } from "../not-built.ts";
import type { Case } from "../store.ts";

export interface SchedulerCase extends Case {
  readonly optimizer: string;
  /** One for each parameter group, as in `lr` and `momentum`. */
  readonly initial_lr: readonly number[];
  readonly steps: number;
  readonly lr: readonly (readonly number[])[];
  readonly momentum?: readonly (readonly number[])[];
  /** What step() is called with. */
  readonly metrics?: readonly (number | string)[];
  readonly epochs?: readonly number[];
  readonly rtol: number;
}

type Optimizer = optim.OptimizerLike;
type Schedule = optim.LRScheduler | optim.ReduceLROnPlateau;
type Options = Record<string, unknown>;

/** Each schedule: its required argument by torch's name, its options, and how it is made of both. */
interface Maker {
  readonly required?: string;
  readonly options: readonly string[];
  make(optimizer: Optimizer, required: unknown, options: Options): Schedule;
}

const oneCycle = ["total_steps", "epochs", "steps_per_epoch", "pct_start", "anneal_strategy", "cycle_momentum"];
const oneCycleRange = ["base_momentum", "max_momentum", "div_factor", "final_div_factor", "three_phase"];
const cyclic = ["step_size_up", "step_size_down", "mode", "gamma", "cycle_momentum", "base_momentum", "max_momentum"];

const schedules: Readonly<Record<string, Maker>> = {
  StepLR: {
    required: "step_size",
    options: ["gamma"],
    make: (optimizer, size, options) => new optim.StepLR(optimizer, size as number, options),
  },
  MultiStepLR: {
    required: "milestones",
    options: ["gamma"],
    make: (optimizer, milestones, options) => new optim.MultiStepLR(optimizer, milestones as number[], options),
  },
  ExponentialLR: {
    required: "gamma",
    options: [],
    make: (optimizer, gamma) => new optim.ExponentialLR(optimizer, gamma as number),
  },
  CosineAnnealingLR: {
    required: "T_max",
    options: ["eta_min"],
    make: (optimizer, tMax, options) => new optim.CosineAnnealingLR(optimizer, tMax as number, options),
  },
  CosineAnnealingWarmRestarts: {
    required: "T_0",
    options: ["T_mult", "eta_min"],
    make: (optimizer, t0, { TMult, ...options }) =>
      new optim.CosineAnnealingWarmRestarts(optimizer, t0 as number, {
        tMult: TMult as number | undefined,
        ...options,
      }),
  },
  LinearLR: {
    options: ["start_factor", "end_factor", "total_iters"],
    make: (optimizer, _, options) => new optim.LinearLR(optimizer, options),
  },
  ConstantLR: {
    options: ["factor", "total_iters"],
    make: (optimizer, _, options) => new optim.ConstantLR(optimizer, options),
  },
  PolynomialLR: {
    options: ["total_iters", "power"],
    make: (optimizer, _, options) => new optim.PolynomialLR(optimizer, options),
  },
  CyclicLR: {
    required: "max_lr",
    options: ["base_lr", ...cyclic],
    make: (optimizer, maxLr, { baseLr, ...options }) =>
      new optim.CyclicLR(optimizer, baseLr as number | number[], maxLr as number | number[], options),
  },
  OneCycleLR: {
    required: "max_lr",
    options: [...oneCycle, ...oneCycleRange],
    make: (optimizer, maxLr, options) =>
      new optim.OneCycleLR(optimizer, maxLr as number | number[], options as unknown as optim.OneCycleOptions),
  },
  ReduceLROnPlateau: {
    options: ["mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"],
    make: (optimizer, _, options) => new optim.ReduceLROnPlateau(optimizer, options),
  },
};

/** A schedule from torch's name and arguments. */
export function makeScheduler(name: string, given: Arguments, optimizer: Optimizer): Schedule {
  const maker = schedules[name];
  if (!maker) throw new NotBuilt(`optim.lr_scheduler.${name} is not built`);
  const args = new Args(given);
  const required = maker.required ? args.get(maker.required) : undefined;
  const schedule = maker.make(optimizer, required, args.options(maker.options));
  args.finish(`optim.lr_scheduler.${name}`);
  return schedule;
}

/** What a schedule needs of an optimiser: torch's momentum of 0.9 in SGD, its betas in the Adams. */
function groupsOf(name: string, rates: readonly number[]): Optimizer {
  if (name === "SGD") return { paramGroups: rates.map((lr) => ({ lr, momentum: 0.9 })) };
  if (name === "Adam" || name === "AdamW") return { paramGroups: rates.map((lr) => ({ lr, betas: [0.9, 0.999] })) };
  throw new NotBuilt(`schedules over optim.${name} are not built`);
}

/** The recursive cosine reaches its minimum by cancellation: torch has 1e-18 where we have 1e-17. */
const smallest = 1e-16;

export async function runScheduler(item: SchedulerCase): Promise<string[]> {
  const optimizer = groupsOf(item.optimizer, item.initial_lr);
  const schedule = makeScheduler(item.op.slice("optim.lr_scheduler.".length), item.args, optimizer);
  const found: (string | null)[] = [];
  const compare = (step: number) => {
    const rows = [
      { what: "rate", actual: optimizer.paramGroups.map(({ lr }) => lr), expected: item.lr[step]! },
      {
        what: "momentum",
        actual: optimizer.paramGroups.map(({ momentum, betas }) => momentum ?? betas?.[0] ?? Number.NaN),
        expected: item.momentum?.[step] ?? [],
      },
    ];
    for (const { what, actual, expected } of rows)
      for (const [group, want] of expected.entries())
        found.push(
          numberDifference(
            `${what} of group ${group} after ${step} steps`,
            actual[group]!,
            want,
            item.rtol * Math.abs(want) + smallest,
          ),
        );
  };
  compare(0);
  for (let step = 0; step < item.steps; step++) {
    if (schedule instanceof optim.ReduceLROnPlateau) schedule.step(plainNumbers(item.metrics![step]) as number);
    else if (item.epochs) schedule.stepTo(item.epochs[step]!);
    else schedule.step();
    compare(step + 1);
  }
  return found.filter((fault) => fault !== null);
}
