/** @file Schedules that act together: factors of one's own on the rate that is there, and several at once. */
import { ArgumentError, say } from "../errors/errors.ts";
import { LRScheduler, type OptimizerLike } from "./lr-scheduler.ts";
import { SeveralLR } from "./lr-scheduler-several.ts";

/**
 * Multiplies the rate by a factor of your own each epoch: lr ← lr·factor(epoch), one function for all groups or one each.
 * The functions are not part of the state.
 *
 * Throws  ArgumentError "factor" for a list that has not one function a group.
 * Source  torch.optim.lr_scheduler.MultiplicativeLR.
 *
 * @example
 * const schedule = new MultiplicativeLR({ paramGroups: [{ lr: 0.8 }] }, () => 0.5);
 * schedule.step();
 * schedule.step();
 * schedule.getLastLr(); // [0.2]
 */
export class MultiplicativeLR extends LRScheduler {
  readonly #factors: ((epoch: number) => number)[];

  constructor(optimizer: OptimizerLike, factor: ((epoch: number) => number) | readonly ((epoch: number) => number)[]) {
    super(optimizer);
    this.#factors = this.perGroup("factor", factor);
    this.begin();
  }

  protected override nextLr(): number[] {
    const { lastEpoch } = this;
    return this.optimizer.paramGroups.map(({ lr }, i) => (lastEpoch > 0 ? lr * this.#factors[i]!(lastEpoch) : lr));
  }

  protected override closedForm(): number[] {
    const epochs = Array.from({ length: this.lastEpoch }, (_, i) => i + 1);
    return this.baseLrs.map((lr, i) => epochs.reduce((rate, epoch) => rate * this.#factors[i]!(epoch), lr));
  }
}

/**
 * Steps several schedules of one optimiser at once, each on the rate that the others left: those that torch defines
 * recursively multiply.
 *
 * Throws  ArgumentError "schedulers" (none, or of several optimisers), "epoch" in stepTo() unless 0.
 * Source  torch.optim.lr_scheduler.ChainedScheduler.
 *
 * @example
 * const optimizer = { paramGroups: [{ lr: 1 }] };
 * const warmUp = new ConstantLR(optimizer, { factor: 0.1, totalIters: 2 });
 * const schedule = new ChainedScheduler([warmUp, new ExponentialLR(optimizer, 0.9)]);
 * schedule.getLastLr(); // [0.1]
 * for (let epoch = 0; epoch < 2; epoch++) schedule.step();
 * schedule.getLastLr(); // [0.81]
 */
export class ChainedScheduler extends SeveralLR {
  constructor(schedulers: readonly LRScheduler[]) {
    const [first] = schedulers;
    if (!first)
      throw new ArgumentError("ChainedScheduler", "schedulers", say`there are ${{ schedulers: 0 }} schedules to run.`);
    super(first.optimizer, schedulers);
    const foreign = schedulers.findIndex((scheduler) => scheduler.optimizer !== first.optimizer);
    if (foreign !== -1)
      throw new ArgumentError(
        "ChainedScheduler",
        "schedulers",
        say`schedule ${{ schedule: foreign }} belongs to another optimiser than schedule 0.`,
      );
    super.begin(); // constructing the schedules has set the rates, one after the other
  }

  override begin(): void {
    for (const group of this.optimizer.paramGroups) group.lr = group.initialLr ?? group.lr;
    for (const scheduler of this.schedulers) scheduler.begin();
    super.begin();
  }

  override step(): void {
    for (const scheduler of this.schedulers) scheduler.step();
    super.step();
  }

  /** Only back to the start: schedules that multiply cannot jump together. */
  override stepTo(epoch: number): void {
    this.check(epoch === 0, "epoch", "0 (schedules in a chain cannot jump)", epoch);
    this.begin();
  }
}
