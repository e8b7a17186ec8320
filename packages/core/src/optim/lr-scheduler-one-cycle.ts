/** @file The 1cycle policy: up to a large rate, down to nearly nothing, momentum the other way round. */
import { checkKnown, type Known } from "../base/known-options.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { isCount, LRScheduler, type LRSchedulerState, type OptimizerLike } from "./lr-scheduler.ts";

/** Length, heights and form of the cycle. */
export interface OneCycleOptions {
  /** Steps of the whole cycle; or give epochs and stepsPerEpoch. */
  readonly totalSteps?: number;
  /** With stepsPerEpoch, instead of totalSteps. */
  readonly epochs?: number;
  /** With epochs, instead of totalSteps. */
  readonly stepsPerEpoch?: number;
  /** Share of the steps that go up. Default 0.3. */
  readonly pctStart?: number;
  /** How the rate goes from one height to the next. Default "cos". */
  readonly annealStrategy?: "cos" | "linear";
  /** Move momentum, or the first of betas, too; the optimiser must have one. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum (or beta1) where the rate is largest. Default 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum (or beta1) where the rate is smallest. Default 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** First rate = maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** Last rate = first rate / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Down to the first rate as fast as up, then to the last one. Default false: down in one go. */
  readonly threePhase?: boolean;
}

const known: Known<OneCycleOptions> = {
  totalSteps: 0,
  epochs: 0,
  stepsPerEpoch: 0,
  pctStart: 0,
  annealStrategy: 0,
  cycleMomentum: 0,
  baseMomentum: 0,
  maxMomentum: 0,
  divFactor: 0,
  finalDivFactor: 0,
  threePhase: 0,
};

interface Phase {
  readonly end: number;
  readonly lr: readonly ["initial" | "max" | "min", "initial" | "max" | "min"];
  readonly momentum: readonly ["base" | "max", "base" | "max"];
}

/**
 * The 1cycle policy; `step()` after every batch.
 *
 * The rate goes from maxLr / divFactor up to maxLr within pctStart of the steps, then down to
 * maxLr / divFactor / finalDivFactor; momentum (beta1 of Adam) goes from maxMomentum to baseMomentum and back.
 *
 * Throws  ArgumentError for arguments out of range, for an optimiser without momentum ("cycleMomentum"), and for a step
 *         after the end of the cycle ("steps").
 * Source  Smith & Topin 2017 (https://arxiv.org/abs/1708.07120); torch.optim.lr_scheduler.OneCycleLR.
 *
 * @example
 * const schedule = new OneCycleLR({ paramGroups: [{ lr: 0.1, momentum: 0.9 }] }, 0.4, { totalSteps: 1000 });
 * schedule.getLastLr(); // [0.016]
 * schedule.stepTo(299);
 * schedule.getLastLr(); // [0.4]
 */
export class OneCycleLR extends LRScheduler {
  readonly #totalSteps: number;
  readonly #phases: readonly Phase[];
  readonly #linear: boolean;
  readonly #rates: { initial: number; max: number; min: number }[];
  /** Empty when momentum is left alone. */
  readonly #momenta: { base: number; max: number }[] = [];

  constructor(optimizer: OptimizerLike, maxLr: number | readonly number[], options: OneCycleOptions) {
    super(optimizer);
    checkKnown("OneCycleLR", options, known);
    const { pctStart = 0.3, annealStrategy = "cos", cycleMomentum = true } = options;
    const { divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options;
    this.#totalSteps = this.#countSteps(options);
    this.check(pctStart >= 0 && pctStart <= 1, "pctStart", "between 0 and 1", pctStart);
    this.check(
      annealStrategy === "cos" || annealStrategy === "linear",
      "annealStrategy",
      '"cos" or "linear"',
      annealStrategy,
    );
    this.check(divFactor > 0, "divFactor", "above 0", divFactor);
    this.check(finalDivFactor > 0, "finalDivFactor", "above 0", finalDivFactor);
    this.#linear = annealStrategy === "linear";
    this.#phases = phases(this.#totalSteps, pctStart, threePhase);
    this.#rates = this.perGroup<number>("maxLr", maxLr).map((max) => {
      const initial = max / divFactor;
      return { initial, max, min: initial / finalDivFactor };
    });
    optimizer.paramGroups.forEach((group, i) => {
      group.initialLr = this.#rates[i]!.initial;
    });
    this.baseLrs = this.#rates.map(({ initial }) => initial);
    if (cycleMomentum) {
      if (!optimizer.paramGroups.every((group) => group.betas !== undefined || group.momentum !== undefined))
        throw new ArgumentError(
          "OneCycleLR",
          "cycleMomentum",
          "the optimiser has neither momentum nor betas to cycle: pass { cycleMomentum: false }.",
        );
      const base = this.perGroup<number>("baseMomentum", options.baseMomentum ?? 0.85);
      const max = this.perGroup<number>("maxMomentum", options.maxMomentum ?? 0.95);
      this.#momenta = base.map((low, i) => ({ base: low, max: max[i]! }));
    }
    this.begin();
  }

  #countSteps({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
    if (totalSteps !== undefined) {
      this.check(isCount(totalSteps), "totalSteps", "an integer of 1 or more", totalSteps);
      return totalSteps;
    }
    if (epochs === undefined || stepsPerEpoch === undefined)
      throw new ArgumentError(
        "OneCycleLR",
        "totalSteps",
        say`give totalSteps, or both epochs and stepsPerEpoch; got ${{ totalSteps: undefined }}, ${{ epochs }} and ${{ stepsPerEpoch }}.`,
      );
    this.check(isCount(epochs), "epochs", "an integer of 1 or more", epochs);
    this.check(isCount(stepsPerEpoch), "stepsPerEpoch", "an integer of 1 or more", stepsPerEpoch);
    return epochs * stepsPerEpoch;
  }

  protected override nextLr(): number[] {
    const step = this.lastEpoch;
    if (step > this.#totalSteps)
      throw new ArgumentError(
        "OneCycleLR",
        "steps",
        say`step ${{ step }} of a cycle of ${{ totalSteps: this.#totalSteps }}: the cycle is over. Call step() once a batch, and give totalSteps for all of them.`,
      );
    const { phase, share } = this.#locate(step);
    const between = ([from, to]: readonly [number, number]) =>
      this.#linear ? (to - from) * share + from : to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
    this.#momenta.forEach((momenta, i) => {
      const group = this.optimizer.paramGroups[i]!;
      const momentum = between([momenta[phase.momentum[0]], momenta[phase.momentum[1]]]);
      if (group.betas) group.betas = [momentum, group.betas[1]];
      else group.momentum = momentum;
    });
    return this.#rates.map((rates) => between([rates[phase.lr[0]], rates[phase.lr[1]]]));
  }

  /** The phase of a step, and how far into it the step is (0 to 1; a phase of no length is at its end). */
  #locate(step: number): { phase: Phase; share: number } {
    const found = this.#phases.findIndex(({ end }) => step <= end);
    const at = found === -1 ? this.#phases.length - 1 : found;
    const phase = this.#phases[at]!;
    const start = at === 0 ? 0 : this.#phases[at - 1]!.end;
    return { phase, share: phase.end === start ? 1 : (step - start) / (phase.end - start) };
  }

  override loadStateDict(state: LRSchedulerState): void {
    super.loadStateDict(state);
    this.nextLr(); // for the momentum, which the state of the schedule does not hold
  }
}

function phases(totalSteps: number, pctStart: number, threePhase: boolean): Phase[] {
  const last = totalSteps - 1;
  const up: Phase = { end: pctStart * totalSteps - 1, lr: ["initial", "max"], momentum: ["max", "base"] };
  if (!threePhase) return [up, { end: last, lr: ["max", "min"], momentum: ["base", "max"] }];
  return [
    up,
    { end: 2 * pctStart * totalSteps - 2, lr: ["max", "initial"], momentum: ["base", "max"] },
    { end: last, lr: ["initial", "min"], momentum: ["max", "max"] },
  ];
}
