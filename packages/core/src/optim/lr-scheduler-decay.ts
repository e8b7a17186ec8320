/** @file Schedules that multiply the rate by a factor: steps, exponential, linear, polynomial, constant, a function. */
import { checkKnown } from "../base/known-options.ts";
import { isCount, LRScheduler, type OptimizerLike } from "./lr-scheduler.ts";

/**
 * Multiplies the rate by gamma every `stepSize` epochs: lr = lr₀·gamma^⌊epoch / stepSize⌋.
 *
 * Options  gamma 0.1.
 * Throws   ArgumentError "stepSize" unless it is a whole number from 1.
 * Source   torch.optim.lr_scheduler.StepLR.
 *
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * const schedule = new StepLR(optimizer, 30);
 * for (let epoch = 0; epoch < 60; epoch++) schedule.step(); // after each epoch
 * schedule.getLastLr(); // [0.001]
 */
export class StepLR extends LRScheduler {
  readonly #stepSize: number;
  readonly #gamma: number;

  constructor(optimizer: OptimizerLike, stepSize: number, options: { gamma?: number } = {}) {
    super(optimizer);
    checkKnown("StepLR", options, { gamma: 0 });
    this.check(isCount(stepSize), "stepSize", "an integer of 1 or more", stepSize);
    this.#stepSize = stepSize;
    this.#gamma = options.gamma ?? 0.1;
    this.begin();
  }

  protected override nextLr(): number[] {
    return this.scaled(this.lastEpoch > 0 && this.lastEpoch % this.#stepSize === 0 ? this.#gamma : 1);
  }

  protected override closedForm(): number[] {
    return this.fromBase(this.#gamma ** Math.floor(this.lastEpoch / this.#stepSize));
  }
}

/**
 * Multiplies the rate by gamma at every milestone; one given twice counts twice.
 *
 * Options  gamma 0.1.
 * Throws   ArgumentError "milestones" unless all are whole numbers.
 * Source   torch.optim.lr_scheduler.MultiStepLR.
 *
 * @example
 * const schedule = new MultiStepLR({ paramGroups: [{ lr: 0.1 }] }, [60, 90]);
 * schedule.stepTo(60);
 * schedule.getLastLr(); // [0.01]
 */
export class MultiStepLR extends LRScheduler {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  constructor(optimizer: OptimizerLike, milestones: readonly number[], options: { gamma?: number } = {}) {
    super(optimizer);
    checkKnown("MultiStepLR", options, { gamma: 0 });
    this.check(milestones.every(Number.isInteger), "milestones", "integers", milestones);
    this.#milestones = [...milestones];
    this.#gamma = options.gamma ?? 0.1;
    this.begin();
  }

  protected override nextLr(): number[] {
    return this.scaled(this.#gamma ** this.#milestones.filter((epoch) => epoch === this.lastEpoch).length);
  }

  protected override closedForm(): number[] {
    return this.fromBase(this.#gamma ** this.#milestones.filter((epoch) => epoch <= this.lastEpoch).length);
  }
}

/**
 * Multiplies the rate by gamma every epoch: lr = lr₀·gamma^epoch.
 *
 * Throws  ArgumentError "gamma" unless it is finite.
 * Source  torch.optim.lr_scheduler.ExponentialLR.
 *
 * @example
 * const schedule = new ExponentialLR({ paramGroups: [{ lr: 0.1 }] }, 0.95);
 * schedule.step();
 * schedule.getLastLr(); // [0.095]
 */
export class ExponentialLR extends LRScheduler {
  readonly #gamma: number;

  constructor(optimizer: OptimizerLike, gamma: number) {
    super(optimizer);
    this.check(Number.isFinite(gamma), "gamma", "a finite number", gamma);
    this.#gamma = gamma;
    this.begin();
  }

  protected override nextLr(): number[] {
    return this.scaled(this.lastEpoch === 0 ? 1 : this.#gamma);
  }

  protected override closedForm(): number[] {
    return this.fromBase(this.#gamma ** this.lastEpoch);
  }
}

/**
 * A factor that goes in a straight line from startFactor to endFactor over totalIters epochs and stays there: a warm-up.
 *
 * Options  startFactor 1/3 (above 0), endFactor 1, totalIters 5; factors at most 1.
 * Throws   ArgumentError "startFactor", "endFactor", "totalIters" for one out of range.
 * Source   torch.optim.lr_scheduler.LinearLR.
 *
 * @example
 * const schedule = new LinearLR({ paramGroups: [{ lr: 0.1 }] }, { startFactor: 0.01, totalIters: 5 });
 * schedule.getLastLr(); // [0.001]
 * schedule.stepTo(5);
 * schedule.getLastLr(); // [0.1]
 */
export class LinearLR extends LRScheduler {
  readonly #start: number;
  readonly #change: number;
  readonly #total: number;

  constructor(
    optimizer: OptimizerLike,
    options: { startFactor?: number; endFactor?: number; totalIters?: number } = {},
  ) {
    super(optimizer);
    checkKnown("LinearLR", options, { startFactor: 0, endFactor: 0, totalIters: 0 });
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    this.check(startFactor > 0 && startFactor <= 1, "startFactor", "above 0 and at most 1", startFactor);
    this.check(endFactor >= 0 && endFactor <= 1, "endFactor", "between 0 and 1", endFactor);
    this.check(isCount(totalIters), "totalIters", "an integer of 1 or more", totalIters);
    this.#start = startFactor;
    this.#change = endFactor - startFactor;
    this.#total = totalIters;
    this.begin();
  }

  protected override nextLr(): number[] {
    if (this.lastEpoch === 0) return this.scaled(this.#start);
    if (this.lastEpoch > this.#total) return this.scaled(1);
    return this.scaled(1 + this.#change / (this.#total * this.#start + (this.lastEpoch - 1) * this.#change));
  }

  protected override closedForm(): number[] {
    return this.fromBase(this.#start + (this.#change * Math.min(this.#total, this.lastEpoch)) / this.#total);
  }
}

/**
 * The rate times `factor` for the first totalIters epochs, then the full rate.
 *
 * Options  factor 1/3 (above 0, at most 1), totalIters 5.
 * Throws   ArgumentError "factor", "totalIters" for one out of range.
 * Source   torch.optim.lr_scheduler.ConstantLR.
 *
 * @example
 * const schedule = new ConstantLR({ paramGroups: [{ lr: 0.1 }] }, { factor: 0.1, totalIters: 2 });
 * schedule.getLastLr(); // [0.01]
 * schedule.stepTo(2);
 * schedule.getLastLr(); // [0.1]
 */
export class ConstantLR extends LRScheduler {
  readonly #factor: number;
  readonly #total: number;

  constructor(optimizer: OptimizerLike, options: { factor?: number; totalIters?: number } = {}) {
    super(optimizer);
    checkKnown("ConstantLR", options, { factor: 0, totalIters: 0 });
    const { factor = 1 / 3, totalIters = 5 } = options;
    this.check(factor > 0 && factor <= 1, "factor", "above 0 and at most 1", factor);
    this.check(isCount(totalIters), "totalIters", "an integer of 1 or more", totalIters);
    this.#factor = factor;
    this.#total = totalIters;
    this.begin();
  }

  protected override nextLr(): number[] {
    if (this.lastEpoch === 0) return this.scaled(this.#factor);
    return this.scaled(this.lastEpoch === this.#total ? 1 / this.#factor : 1);
  }

  protected override closedForm(): number[] {
    return this.fromBase(this.lastEpoch >= this.#total ? 1 : this.#factor);
  }
}

/**
 * Down to 0 along a power: lr = lr₀·(1 − epoch / totalIters)^power, 0 from totalIters on.
 *
 * Options  totalIters 5, power 1.
 * Throws   ArgumentError "totalIters", "power" for one out of range.
 * Source   torch.optim.lr_scheduler.PolynomialLR.
 *
 * @example
 * const schedule = new PolynomialLR({ paramGroups: [{ lr: 0.1 }] }, { totalIters: 90, power: 2 });
 * schedule.stepTo(45);
 * schedule.getLastLr(); // [0.025]
 */
export class PolynomialLR extends LRScheduler {
  readonly #total: number;
  readonly #power: number;

  constructor(optimizer: OptimizerLike, options: { totalIters?: number; power?: number } = {}) {
    super(optimizer);
    checkKnown("PolynomialLR", options, { totalIters: 0, power: 0 });
    const { totalIters = 5, power = 1 } = options;
    this.check(isCount(totalIters), "totalIters", "an integer of 1 or more", totalIters);
    this.check(power > 0 && Number.isFinite(power), "power", "a finite number above 0", power);
    this.#total = totalIters;
    this.#power = power;
    this.begin();
  }

  protected override nextLr(): number[] {
    const { lastEpoch } = this;
    if (lastEpoch === 0 || lastEpoch > this.#total) return this.scaled(1);
    return this.scaled(((1 - lastEpoch / this.#total) / (1 - (lastEpoch - 1) / this.#total)) ** this.#power);
  }

  protected override closedForm(): number[] {
    return this.fromBase((1 - Math.min(this.#total, this.lastEpoch) / this.#total) ** this.#power);
  }
}

/**
 * A factor of your own: lr = lr₀·factor(epoch), one function for all groups or one each. The functions are not part of
 * the state.
 *
 * Throws  ArgumentError "factor" for a list that has not one function a group.
 * Source  torch.optim.lr_scheduler.LambdaLR.
 *
 * @example
 * const schedule = new LambdaLR({ paramGroups: [{ lr: 0.1 }] }, (epoch) => 1 / (1 + epoch));
 * schedule.stepTo(3);
 * schedule.getLastLr(); // [0.025]
 */
export class LambdaLR extends LRScheduler {
  readonly #factors: ((epoch: number) => number)[];

  constructor(optimizer: OptimizerLike, factor: ((epoch: number) => number) | readonly ((epoch: number) => number)[]) {
    super(optimizer);
    this.#factors = this.perGroup("factor", factor);
    this.begin();
  }

  protected override nextLr(): number[] {
    return this.baseLrs.map((lr, i) => lr * this.#factors[i]!(this.lastEpoch));
  }
}
