/** @file Schedules one after the other. */
import { ArgumentError } from "../errors/errors.ts";
import type { LRScheduler, OptimizerLike } from "./lr-scheduler.ts";
import { SeveralLR } from "./lr-scheduler-several.ts";

/**
 * Runs the first schedule until the first milestone, then the second from its epoch 0, and so on: warm-up, then decay.
 *
 * Throws  ArgumentError "schedulers" (none, or of another optimiser), "milestones" (not one fewer, or not ascending).
 * Source  torch.optim.lr_scheduler.SequentialLR.
 *
 * @example
 * const optimizer = { paramGroups: [{ lr: 0.1 }] };
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.01, totalIters: 5 });
 * const schedule = new SequentialLR(optimizer, [warmUp, new CosineAnnealingLR(optimizer, 85)], [5]);
 * schedule.getLastLr(); // [0.001]
 * for (let epoch = 0; epoch < 5; epoch++) schedule.step();
 * schedule.getLastLr(); // [0.1]
 */
export class SequentialLR extends SeveralLR {
  readonly #milestones: readonly number[];

  constructor(optimizer: OptimizerLike, schedulers: readonly LRScheduler[], milestones: readonly number[]) {
    super(optimizer, schedulers);
    const fail = (code: string, text: string) => {
      throw new ArgumentError("SequentialLR", code, text);
    };
    const foreign = schedulers.findIndex((scheduler) => scheduler.optimizer !== optimizer);
    if (schedulers.length === 0) fail("schedulers", "there is no schedule to run.");
    if (foreign !== -1) fail("schedulers", `schedule ${foreign} belongs to another optimiser.`);
    if (milestones.length !== schedulers.length - 1)
      fail(
        "milestones",
        `${schedulers.length} schedules need ${schedulers.length - 1} milestones, got ${milestones.length}.`,
      );
    if (milestones.some((epoch, i) => !(epoch > (milestones[i - 1] ?? 0))))
      fail("milestones", `milestones must ascend from 1 on, got ${milestones.join(", ")}.`);
    this.#milestones = [...milestones];
    this.begin();
  }

  override begin(): void {
    // Constructing the schedules has already moved the rates, each for itself.
    for (const group of this.optimizer.paramGroups) group.lr = group.initialLr ?? group.lr;
    this.schedulers[0]!.begin();
    super.begin();
  }

  override step(): void {
    const epoch = this.lastEpoch + 1;
    const index = this.#milestones.filter((milestone) => milestone <= epoch).length;
    const scheduler = this.schedulers[index]!;
    if (this.#milestones[index - 1] === epoch) scheduler.stepTo(0);
    else scheduler.step();
    super.step();
  }

  /** Only back to the start: schedules in a sequence step, they do not jump. */
  override stepTo(epoch: number): void {
    this.check(epoch === 0, "epoch", "0 (a sequence of schedules cannot jump)", epoch);
    this.begin();
  }
}
