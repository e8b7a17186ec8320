/** @file What learning-rate schedules share. */
import { watch } from "../autograd/watch.ts";
import { ArgumentError, say } from "../errors/errors.ts";

/** The part of a parameter group that schedules read and write. */
export interface ScheduledGroup {
  lr: number;
  /** Where the schedule started from; set by the first schedule on the group. */
  initialLr?: number;
  /** OneCycleLR moves it, too. */
  momentum?: number;
  /** OneCycleLR moves the first one, too. */
  betas?: [number, number];
}

/** Every Optimizer is one. */
export interface OptimizerLike {
  readonly paramGroups: ScheduledGroup[];
}

/** Plain numbers and lists: survives JSON. */
export interface LRSchedulerState {
  /** Steps taken. */
  lastEpoch: number;
  /** Of every group: the rate before any factor of the schedule, */
  baseLrs: number[];
  /** and the one last set. */
  lastLr: number[];
}

/**
 * Base of the learning-rate schedules, one number per parameter group.
 *
 * Constructing a schedule sets the rates of epoch 0; every `step()` sets those of the next epoch (or of the next batch, if
 * it is called after each). Schedules that torch defines recursively multiply the rate they find, so several can act on
 * one optimiser, and changes by hand stay.
 *
 * Resuming  A schedule made with the same arguments goes on after loadStateDict; the rates themselves are set too.
 * Throws    ArgumentError named after an argument out of range; stepTo(): "epoch"; loadStateDict(): "state-dict".
 * Source    torch.optim.lr_scheduler.LRScheduler.
 *
 * @example
 * const first = new StepLR({ paramGroups: [{ lr: 0.1 }] }, 2);
 * first.step();
 * const resumed = new StepLR({ paramGroups: [{ lr: 0.1 }] }, 2);
 * resumed.loadStateDict(first.stateDict());
 * resumed.step();
 * resumed.getLastLr(); // [0.01]
 */
export abstract class LRScheduler {
  readonly optimizer: OptimizerLike;
  /** The rates at epoch 0, before any factor of the schedule. */
  protected baseLrs: number[];
  /** Steps taken so far. */
  lastEpoch = 0;
  #lastLr: number[] = [];

  constructor(optimizer: OptimizerLike) {
    this.optimizer = optimizer;
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr ?? group.lr);
  }

  /** The rates of `lastEpoch`, given those of the epoch before in the groups. */
  protected abstract nextLr(): number[];

  /** The rates of `lastEpoch` from the base rates alone; undefined where nextLr() needs no more than that. */
  protected closedForm(): number[] | undefined {
    return undefined;
  }

  /** @internal Sets the rates of epoch 0; the last act of every constructor. */
  begin(): void {
    this.lastEpoch = 0;
    this.apply(this.nextLr());
  }

  /** Goes on to the next epoch. Takes nothing, so that a loop may hand every schedule the validation loss. */
  step(): void {
    this.lastEpoch++;
    this.apply(this.nextLr());
  }

  /**
   * Goes to a given epoch; torch's `step(epoch)`. Recursive schedules use their closed form here and forget what others
   * did to the rate. Throws ArgumentError "epoch" unless it is an integer of 0 or more.
   */
  stepTo(epoch: number): void {
    if (!Number.isInteger(epoch) || epoch < 0)
      throw new ArgumentError(
        this.constructor.name,
        "epoch",
        say`the epoch must be an integer of 0 or more, got ${{ epoch }}.`,
      );
    this.lastEpoch = epoch;
    this.apply(this.closedForm() ?? this.nextLr());
  }

  /** The rates last set. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** What loadStateDict() needs to go on; survives JSON. */
  stateDict(): LRSchedulerState {
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs], lastLr: this.getLastLr() };
  }

  /** Goes on from stateDict() of a schedule with the same arguments. Throws ArgumentError "state-dict". */
  loadStateDict(state: LRSchedulerState): void {
    const groups = this.optimizer.paramGroups.length;
    if (!state.baseLrs || !state.lastLr) foreignState(this.constructor.name, state);
    if (state.baseLrs.length !== groups || state.lastLr.length !== groups)
      throw new ArgumentError(
        this.constructor.name,
        "state-dict",
        say`the state is of ${{ count: state.baseLrs.length }} parameter groups, the optimiser has ${{ groups }}.`,
      );
    this.lastEpoch = state.lastEpoch;
    this.baseLrs = [...state.baseLrs];
    this.apply(state.lastLr);
  }

  protected apply(rates: readonly number[]): void {
    watch.current?.refuse("a learning-rate schedule moves inside it; call scheduler.step() after it");
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = rates[i]!;
    });
    this.#lastLr = [...rates];
  }

  /** The groups' present rates times a factor. */
  protected scaled(factor: number): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr * factor);
  }

  /** The base rates times a factor. */
  protected fromBase(factor: number): number[] {
    return this.baseLrs.map((lr) => lr * factor);
  }

  /** One value for all groups, or one for each. */
  protected perGroup<T>(name: string, value: T | readonly T[]): T[] {
    return perGroup(this.constructor.name, this.optimizer, name, value);
  }

  /** Throws ArgumentError named after the argument unless `holds`. */
  protected check(holds: boolean, name: string, wanted: string, value: unknown): void {
    if (!holds)
      throw new ArgumentError(this.constructor.name, name, say`${name} must be ${wanted}, got ${{ [name]: value }}.`);
  }
}

export function perGroup<T>(where: string, optimizer: OptimizerLike, name: string, value: T | readonly T[]): T[] {
  const groups = optimizer.paramGroups.length;
  if (!Array.isArray(value)) return new Array<T>(groups).fill(value as T);
  if (value.length !== groups)
    throw new ArgumentError(
      where,
      name,
      say`${name} has ${{ count: value.length }} values, the optimiser ${{ groups }} parameter groups.`,
    );
  return [...(value as readonly T[])];
}

/** Refuses the state of a schedule of another class. */
export function foreignState(where: string, state: object): never {
  throw new ArgumentError(
    where,
    "state-dict",
    say`this is the state of another schedule: it holds ${{ keys: Object.keys(state).join(", ") || "nothing" }}.`,
  );
}

export const isCount = (x: number): boolean => Number.isInteger(x) && x >= 1;
