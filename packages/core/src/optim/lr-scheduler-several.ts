/** @file What schedules made of schedules share. */
import { ArgumentError, say } from "../errors/errors.ts";
import { foreignState, LRScheduler, type LRSchedulerState, type OptimizerLike } from "./lr-scheduler.ts";

/** State of SequentialLR and ChainedScheduler; survives JSON. */
export interface SequentialState extends LRSchedulerState {
  /** Of every schedule, in order. */
  schedulers: LRSchedulerState[];
}

/** Schedules that set the rates for it. @internal */
export abstract class SeveralLR extends LRScheduler {
  protected readonly schedulers: readonly LRScheduler[];

  constructor(optimizer: OptimizerLike, schedulers: readonly LRScheduler[]) {
    super(optimizer);
    this.schedulers = [...schedulers];
  }

  protected override nextLr(): number[] {
    return this.scaled(1); // the schedules have set them
  }

  override stateDict(): SequentialState {
    return { ...super.stateDict(), schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  override loadStateDict(state: SequentialState): void {
    if (!state.schedulers) foreignState(this.constructor.name, state);
    if (state.schedulers.length !== this.schedulers.length)
      throw new ArgumentError(
        this.constructor.name,
        "state-dict",
        say`the state is of ${{ count: state.schedulers.length }} schedules, here are ${{ schedules: this.schedulers.length }}.`,
      );
    this.schedulers.forEach((scheduler, i) => {
      scheduler.loadStateDict(state.schedulers[i]!);
    });
    super.loadStateDict(state); // last: the others have set the rates of their own last steps
  }
}
