/** @file Optimisers and learning-rate schedules by the names of the command line. */
import type { Layer } from "@drishti/core/nn";
import {
  Adam,
  AdamW,
  CosineAnnealingLR,
  ExponentialLR,
  OneCycleLR,
  type Optimizer,
  ReduceLROnPlateau,
  RMSprop,
  SGD,
  StepLR,
} from "@drishti/core/optim";
import type { Scheduler } from "@drishti/core/train";
import { trainedParameters } from "./finetune.ts";
import type { TrainConfig } from "./train-config.ts";
import { UsageError } from "./usage-error.ts";

export const schedulerNames: readonly string[] = ["none", "cosine", "onecycle", "step", "exponential", "plateau"];
/** Schedules that are laid out over the whole run, so that its length cannot change later. */
export const schedulesOfFixedLength: readonly string[] = ["cosine", "onecycle"];

export function makeOptimizer(model: Layer, config: TrainConfig): Optimizer {
  const { lr, momentum, "weight-decay": weightDecay } = config;
  const params = trainedParameters(model, config);
  switch (config.optimizer) {
    case "sgd":
      return new SGD(params, { lr, momentum, weightDecay });
    case "adam":
      return new Adam(params, { lr, weightDecay });
    case "adamw":
      return new AdamW(params, { lr, weightDecay });
    case "rmsprop":
      return new RMSprop(params, { lr, momentum, weightDecay });
  }
}

export interface Schedule {
  readonly scheduler: Scheduler | undefined;
  readonly per: "epoch" | "step";
}

/** NAME[:NUMBER[:NUMBER]]. Throws UsageError for what stands after the name. */
export function schedulerParts(text: string): { name: string; numbers: number[] } {
  const [name = "", ...rest] = text.split(":");
  const numbers = rest.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.some((value) => !(value > 0 && Number.isFinite(value))))
    throw new UsageError(`--scheduler ${text}: after the colon stand numbers above 0.`);
  const most = name === "step" ? 2 : name === "exponential" || name === "plateau" ? 1 : 0;
  if (numbers.length > most)
    throw new UsageError(
      `--scheduler ${text}: "${name}" takes ${most === 0 ? "no number" : most === 1 ? "one number at most" : "two numbers at most"} after it.`,
    );
  return { name, numbers };
}

/**
 * none; cosine: down to 0 over the run, step by step; onecycle: up to lr and down, step by step; step[:EPOCHS[:FACTOR]]:
 * times FACTOR (0.1) every EPOCHS (a third of the run); exponential[:FACTOR] (0.9) every epoch; plateau[:PATIENCE]: times
 * 0.1 when the validation loss has not fallen for PATIENCE (3) epochs.
 */
export function makeSchedule(optimizer: Optimizer, config: TrainConfig, stepsPerEpoch: number): Schedule {
  const { epochs } = config;
  const { name, numbers } = schedulerParts(config.scheduler);
  const [first, second] = numbers;
  const totalSteps = epochs * stepsPerEpoch;
  switch (name) {
    case "cosine":
      return { scheduler: new CosineAnnealingLR(optimizer, totalSteps), per: "step" };
    case "onecycle": {
      const cycleMomentum = config.optimizer.startsWith("adam") || config.momentum > 0;
      return {
        scheduler: new OneCycleLR(
          optimizer,
          optimizer.paramGroups.map((group) => group.lr),
          { totalSteps, cycleMomentum },
        ),
        per: "step",
      };
    }
    case "step":
      return {
        scheduler: new StepLR(optimizer, first ?? Math.max(1, Math.round(epochs / 3)), { gamma: second ?? 0.1 }),
        per: "epoch",
      };
    case "exponential":
      return { scheduler: new ExponentialLR(optimizer, first ?? 0.9), per: "epoch" };
    case "plateau":
      return { scheduler: new ReduceLROnPlateau(optimizer, { patience: first ?? 3 }), per: "epoch" };
    default:
      return { scheduler: undefined, per: "epoch" };
  }
}
