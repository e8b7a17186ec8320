/** @file Cyclical learning rates: up and down between two heights, momentum the other way round. */
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { isCount, LRScheduler, type LRSchedulerState, type OptimizerLike } from "./lr-scheduler.ts";

/** Lengths and form of the cycles. */
export interface CyclicOptions {
  /** Steps from baseLr to maxLr. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps back. Default: stepSizeUp. */
  readonly stepSizeDown?: number;
  /** Cycles of one height; each half as high as the one before; or gammaˢᵗᵉᵖ times as high. Default "triangular". */
  readonly mode?: "triangular" | "triangular2" | "exp_range";
  /** For "exp_range". Default 1. */
  readonly gamma?: number;
  /** A height of your own, of the cycle (from 1) or of the step: instead of mode. */
  readonly scaleFn?: (x: number) => number;
  /** What scaleFn is given. Default "cycle". */
  readonly scaleMode?: "cycle" | "iterations";
  /** Move momentum, or the first of betas, too; the optimiser must have one. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum (or beta1) where the rate is largest. Default 0.8. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum (or beta1) where the rate is smallest. Default 0.9. */
  readonly maxMomentum?: number | readonly number[];
}

/**
 * The rate goes from baseLr up to maxLr and back, again and again; `step()` after every batch. With s the share of the way,
 * lr = baseLr + (maxLr − baseLr)·s·height, momentum = maxMomentum − (maxMomentum − baseMomentum)·s·height.
 *
 * Throws  ArgumentError "stepSizeUp", "stepSizeDown" unless whole numbers ≥ 1, "mode" for another word, "cycleMomentum" for
 *         an optimiser that has neither momentum nor betas.
 * Source  Smith 2017 (https://arxiv.org/abs/1506.01186); torch.optim.lr_scheduler.CyclicLR.
 *
 * @example
 * const schedule = new CyclicLR({ paramGroups: [{ lr: 1, momentum: 0.9 }] }, 0.1, 0.5, { stepSizeUp: 4 });
 * schedule.getLastLr(); // [0.1]
 * for (let batch = 0; batch < 3; batch++) schedule.step();
 * schedule.getLastLr(); // [0.4]
 */
export class CyclicLR extends LRScheduler {
  readonly #maxLrs: readonly number[];
  readonly #length: number;
  /** Share of a cycle that goes up. */
  readonly #up: number;
  readonly #height: (cycle: number) => number;
  /** Empty when momentum is left alone. */
  readonly #momenta: readonly { readonly base: number; readonly max: number }[] = [];

  constructor(
    optimizer: OptimizerLike,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options: CyclicOptions = {},
  ) {
    super(optimizer);
    checkKnown("CyclicLR", options, {
      stepSizeUp: 0,
      stepSizeDown: 0,
      mode: 0,
      gamma: 0,
      scaleFn: 0,
      scaleMode: 0,
      cycleMomentum: 0,
      baseMomentum: 0,
      maxMomentum: 0,
    });
    const { stepSizeUp = 2000, mode = "triangular", gamma = 1, scaleFn, cycleMomentum = true } = options;
    const { stepSizeDown = stepSizeUp, scaleMode = "cycle" } = options;
    this.check(isCount(stepSizeUp), "stepSizeUp", "an integer of 1 or more", stepSizeUp);
    this.check(isCount(stepSizeDown), "stepSizeDown", "an integer of 1 or more", stepSizeDown);
    const modes = ["triangular", "triangular2", "exp_range"];
    this.check(scaleFn !== undefined || modes.includes(mode), "mode", `one of ${modes.join(", ")}`, mode);
    this.baseLrs = this.perGroup<number>("baseLr", baseLr);
    this.#maxLrs = this.perGroup<number>("maxLr", maxLr);
    this.#length = stepSizeUp + stepSizeDown;
    this.#up = stepSizeUp / this.#length;
    this.#height = (cycle) => {
      if (scaleFn) return scaleFn(scaleMode === "cycle" ? cycle : this.lastEpoch);
      return mode === "triangular" ? 1 : mode === "triangular2" ? 2 ** (1 - cycle) : gamma ** this.lastEpoch;
    };
    optimizer.paramGroups.forEach((group, i) => {
      group.initialLr = this.baseLrs[i]!;
    });
    if (cycleMomentum) {
      if (!optimizer.paramGroups.every((group) => group.betas !== undefined || group.momentum !== undefined))
        throw new ArgumentError(
          "CyclicLR",
          "cycleMomentum",
          "the optimiser has neither momentum nor betas to cycle: pass { cycleMomentum: false }.",
        );
      const max = this.perGroup<number>("maxMomentum", options.maxMomentum ?? 0.9);
      const base = this.perGroup<number>("baseMomentum", options.baseMomentum ?? 0.8);
      this.#momenta = base.map((low, i) => ({ base: low, max: max[i]! }));
    }
    this.begin();
  }

  protected override nextLr(): number[] {
    const cycle = Math.floor(1 + this.lastEpoch / this.#length);
    const x = 1 + this.lastEpoch / this.#length - cycle;
    const height = (x <= this.#up ? x / this.#up : (x - 1) / (this.#up - 1)) * this.#height(cycle);
    this.#momenta.forEach(({ base, max }, i) => {
      const group = this.optimizer.paramGroups[i]!;
      const momentum = max - (max - base) * height;
      if (group.betas) group.betas = [momentum, group.betas[1]];
      else group.momentum = momentum;
    });
    return this.baseLrs.map((low, i) => low + (this.#maxLrs[i]! - low) * height);
  }

  override loadStateDict(state: LRSchedulerState): void {
    super.loadStateDict(state);
    this.nextLr(); // for the momentum, which the state of the schedule does not hold
  }
}
