/** @file Reducing the learning rate when a measure stops improving. */
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { foreignState, type OptimizerLike, perGroup } from "./lr-scheduler.ts";

/** What counts as getting better, how long to wait for it, and what happens then. */
export interface PlateauOptions {
  /** "min" (default): smaller is better, as for a loss; "max": as for accuracy. */
  readonly mode?: "min" | "max";
  /** New rate = old rate × factor, below 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement that are let pass. Default 10. */
  readonly patience?: number;
  /** What counts as an improvement. Default 1e-4. */
  readonly threshold?: number;
  /** "rel" (default): better than best·(1 ∓ threshold); "abs": better than best ∓ threshold. */
  readonly thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction that are not counted. Default 0. */
  readonly cooldown?: number;
  /** Never below this rate; one number, or one per parameter group. Default 0. */
  readonly minLr?: number | readonly number[];
  /** Smaller reductions are not made. Default 1e-8. */
  readonly eps?: number;
}

/** Plain numbers and lists: survives JSON. */
export interface PlateauState {
  /** Steps taken. */
  lastEpoch: number;
  /** null before the first finite measure. */
  best: number | null;
  /** Epochs in a row without improvement. */
  badEpochs: number;
  /** Epochs that will not be counted. */
  cooldownLeft: number;
  /** Rates of the groups; none leaves those that are set. */
  lastLr: number[];
}

/**
 * Multiplies the rate by `factor` when the measure has not improved for more than `patience` epochs.
 *
 * A measure that is NaN is never an improvement.
 * Throws  ArgumentError for arguments out of range; step(): "metric" without a number.
 * Source  torch.optim.lr_scheduler.ReduceLROnPlateau.
 *
 * @example
 * const schedule = new ReduceLROnPlateau({ paramGroups: [{ lr: 0.1 }] }, { patience: 1 });
 * for (const loss of [0.42, 0.42, 0.43]) schedule.step(loss); // after each epoch, with the validation loss
 * schedule.getLastLr(); // [0.01]
 */
export class ReduceLROnPlateau {
  readonly optimizer: OptimizerLike;
  readonly #mode: "min" | "max";
  readonly #factor: number;
  readonly #patience: number;
  readonly #threshold: number;
  readonly #relative: boolean;
  readonly #cooldown: number;
  readonly #minLrs: number[];
  readonly #eps: number;
  /** Steps taken so far. */
  lastEpoch = 0;
  #best: number;
  #badEpochs = 0;
  #cooldownLeft = 0;

  constructor(optimizer: OptimizerLike, options: PlateauOptions = {}) {
    checkKnown("ReduceLROnPlateau", options, {
      mode: 0,
      factor: 0,
      patience: 0,
      threshold: 0,
      thresholdMode: 0,
      cooldown: 0,
      minLr: 0,
      eps: 0,
    });
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = "rel" } = options;
    const check = (holds: boolean, name: string, wanted: string, value: unknown) => {
      if (!holds)
        throw new ArgumentError("ReduceLROnPlateau", name, say`${name} must be ${wanted}, got ${{ [name]: value }}.`);
    };
    check(mode === "min" || mode === "max", "mode", '"min" or "max"', mode);
    check(factor >= 0 && factor < 1, "factor", "0 or more and below 1", factor);
    check(Number.isInteger(patience) && patience >= 0, "patience", "an integer of 0 or more", patience);
    check(thresholdMode === "rel" || thresholdMode === "abs", "thresholdMode", '"rel" or "abs"', thresholdMode);
    this.optimizer = optimizer;
    this.#mode = mode;
    this.#factor = factor;
    this.#patience = patience;
    this.#threshold = threshold;
    this.#relative = thresholdMode === "rel";
    this.#cooldown = options.cooldown ?? 0;
    this.#minLrs = perGroup<number>("ReduceLROnPlateau", optimizer, "minLr", options.minLr ?? 0);
    this.#eps = options.eps ?? 1e-8;
    this.#best = mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** Takes the measure of an epoch. */
  step(metric?: number): void {
    if (typeof metric !== "number")
      throw new ArgumentError(
        "ReduceLROnPlateau",
        "metric",
        `step() needs the measure to watch, got ${metric}: call it after each epoch.`,
      );
    this.lastEpoch++;
    if (this.#isBetter(metric)) {
      this.#best = metric;
      this.#badEpochs = 0;
    } else this.#badEpochs++;
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs > this.#patience) {
      this.#reduce();
      this.#cooldownLeft = this.#cooldown;
      this.#badEpochs = 0;
    }
  }

  #isBetter(metric: number): boolean {
    const [best, margin] = [this.#best, this.#threshold];
    if (this.#mode === "min") return metric < (this.#relative ? best * (1 - margin) : best - margin);
    return metric > (this.#relative ? best * (1 + margin) : best + margin);
  }

  #reduce(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      const reduced = Math.max(group.lr * this.#factor, this.#minLrs[i]!);
      if (group.lr - reduced > this.#eps) group.lr = reduced;
    });
  }

  /** The groups' present rates. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** What loadStateDict() needs to go on; survives JSON. */
  stateDict(): PlateauState {
    return {
      lastEpoch: this.lastEpoch,
      best: Number.isFinite(this.#best) ? this.#best : null,
      badEpochs: this.#badEpochs,
      cooldownLeft: this.#cooldownLeft,
      lastLr: this.getLastLr(),
    };
  }

  /** Goes on from stateDict() of a schedule with the same arguments. Throws ArgumentError "state-dict". */
  loadStateDict(state: PlateauState): void {
    const { paramGroups } = this.optimizer;
    if (state.badEpochs === undefined || !state.lastLr) foreignState("ReduceLROnPlateau", state);
    if (state.lastLr.length > 0 && state.lastLr.length !== paramGroups.length)
      throw new ArgumentError(
        "ReduceLROnPlateau",
        "state-dict",
        say`the state is of ${{ count: state.lastLr.length }} parameter groups, the optimiser has ${{ groups: paramGroups.length }}.`,
      );
    this.lastEpoch = state.lastEpoch;
    this.#best = state.best ?? (this.#mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
    this.#badEpochs = state.badEpochs;
    this.#cooldownLeft = state.cooldownLeft;
    paramGroups.forEach((group, i) => {
      group.lr = state.lastLr[i] ?? group.lr;
    });
  }
}
