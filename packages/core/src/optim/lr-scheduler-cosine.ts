/** @file Cosine annealing, with and without warm restarts. */
import { checkKnown } from "../base/known-options.ts";
import { foreignState, isCount, LRScheduler, type LRSchedulerState, type OptimizerLike } from "./lr-scheduler.ts";

const { cos, PI } = Math;

/**
 * Half a cosine from lr₀ down to etaMin over tMax epochs (and up again over the next tMax):
 * lr = etaMin + (lr₀ − etaMin)·(1 + cos(π·epoch / tMax)) / 2, computed recursively from the present rate.
 *
 * Options  etaMin 0.
 * Throws   ArgumentError "tMax" unless it is a whole number from 1, "etaMin" unless it is finite.
 * Source   Loshchilov & Hutter 2016 (https://arxiv.org/abs/1608.03983); torch.optim.lr_scheduler.CosineAnnealingLR.
 *
 * @example
 * const schedule = new CosineAnnealingLR({ paramGroups: [{ lr: 0.1 }] }, 90);
 * schedule.stepTo(45);
 * schedule.getLastLr(); // [0.05]
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly #tMax: number;
  readonly #etaMin: number;

  constructor(optimizer: OptimizerLike, tMax: number, options: { etaMin?: number } = {}) {
    super(optimizer);
    checkKnown("CosineAnnealingLR", options, { etaMin: 0 });
    const { etaMin = 0 } = options;
    this.check(isCount(tMax), "tMax", "an integer of 1 or more", tMax);
    this.check(Number.isFinite(etaMin), "etaMin", "a finite number", etaMin);
    this.#tMax = tMax;
    this.#etaMin = etaMin;
    this.begin();
  }

  protected override nextLr(): number[] {
    const [epoch, tMax, etaMin] = [this.lastEpoch, this.#tMax, this.#etaMin];
    const { paramGroups } = this.optimizer;
    if (epoch === 0) return this.scaled(1);
    if ((epoch - 1 - tMax) % (2 * tMax) === 0)
      // The rate before was etaMin, where the recursion would divide by zero.
      return paramGroups.map(({ lr }, i) => lr + ((this.baseLrs[i]! - etaMin) * (1 - cos(PI / tMax))) / 2);
    const ratio = (1 + cos((PI * epoch) / tMax)) / (1 + cos((PI * (epoch - 1)) / tMax));
    return paramGroups.map(({ lr }) => ratio * (lr - etaMin) + etaMin);
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => anneal(lr, this.#etaMin, this.lastEpoch / this.#tMax));
  }
}

function anneal(lr: number, etaMin: number, share: number): number {
  return etaMin + ((lr - etaMin) * (1 + cos(PI * share))) / 2;
}

/** State of CosineAnnealingWarmRestarts; survives JSON. */
export interface WarmRestartsState extends LRSchedulerState {
  /** Epochs since the last restart. */
  tCur: number;
  /** Epochs from it to the next. */
  tI: number;
}

/**
 * Cosine annealing that starts over from lr₀ after t0 epochs, then after t0·tMult, t0·tMult² …:
 * lr = etaMin + (lr₀ − etaMin)·(1 + cos(π·tCur / tI)) / 2, tCur epochs since the last restart of tI until the next.
 *
 * `stepTo(epoch)` takes fractions: `stepTo(epoch + batch / batches)` moves the rate every batch.
 * Options  tMult 1, etaMin 0.
 * Throws   ArgumentError "t0", "tMult" unless whole numbers from 1, "etaMin" unless finite; stepTo(): "epoch" below 0.
 * Source   Loshchilov & Hutter 2016 (https://arxiv.org/abs/1608.03983); torch's CosineAnnealingWarmRestarts.
 *
 * @example
 * const schedule = new CosineAnnealingWarmRestarts({ paramGroups: [{ lr: 0.1 }] }, 10, { tMult: 2 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step();
 * schedule.getLastLr(); // [0.1]
 * schedule.stepTo(20);
 * schedule.getLastLr(); // [0.05]
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly #t0: number;
  readonly #tMult: number;
  readonly #etaMin: number;
  #tCur = 0;
  #tI: number;

  constructor(optimizer: OptimizerLike, t0: number, options: { tMult?: number; etaMin?: number } = {}) {
    super(optimizer);
    checkKnown("CosineAnnealingWarmRestarts", options, { tMult: 0, etaMin: 0 });
    const { tMult = 1, etaMin = 0 } = options;
    this.check(isCount(t0), "t0", "an integer of 1 or more", t0);
    this.check(isCount(tMult), "tMult", "an integer of 1 or more", tMult);
    this.check(Number.isFinite(etaMin), "etaMin", "a finite number", etaMin);
    this.#t0 = this.#tI = t0;
    this.#tMult = tMult;
    this.#etaMin = etaMin;
    this.begin();
  }

  protected override nextLr(): number[] {
    return this.baseLrs.map((lr) => anneal(lr, this.#etaMin, this.#tCur / this.#tI));
  }

  override begin(): void {
    this.stepTo(0);
  }

  override step(): void {
    this.#tCur++;
    if (this.#tCur >= this.#tI) {
      this.#tCur -= this.#tI;
      this.#tI *= this.#tMult;
    }
    super.step();
  }

  override stepTo(epoch: number): void {
    this.check(epoch >= 0 && Number.isFinite(epoch), "epoch", "a number of 0 or more", epoch);
    const [t0, tMult] = [this.#t0, this.#tMult];
    if (epoch < t0) {
      this.#tI = t0;
      this.#tCur = epoch;
    } else if (tMult === 1) {
      this.#tCur = epoch % t0;
    } else {
      const restarts = Math.trunc(Math.log((epoch / t0) * (tMult - 1) + 1) / Math.log(tMult));
      this.#tCur = epoch - (t0 * (tMult ** restarts - 1)) / (tMult - 1);
      this.#tI = t0 * tMult ** restarts;
    }
    this.lastEpoch = Math.floor(epoch);
    this.apply(this.nextLr());
  }

  override stateDict(): WarmRestartsState {
    return { ...super.stateDict(), tCur: this.#tCur, tI: this.#tI };
  }

  override loadStateDict(state: WarmRestartsState): void {
    if (state.tCur === undefined || state.tI === undefined) foreignState(this.constructor.name, state);
    super.loadStateDict(state);
    this.#tCur = state.tCur;
    this.#tI = state.tI;
  }
}
