import { run } from "../autograd/define-op.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { hostSegment } from "../autograd/watch.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Params } from "../kernels/contract.ts";
import type { Module, StateValue } from "../nn/module.ts";
import { copy_ } from "../ops/in-place.ts";

/** How slowly the average follows, and what is averaged. */
export interface EMAOptions {
  /** Share of the old average. Default 0.999. */
  decay?: number;
  /** Average the float32 buffers (running statistics), too; otherwise they are the model's. Default false. */
  useBuffers?: boolean;
  /** Decay by (1 + n)/(10 + n) at most, n updates before, so that a short run is not held at its start. Default false. */
  warmup?: boolean;
}

/** a ← a − share·(a − w), torch's lerp: what a step of descent does whose gradient is −w with a as its weight decay. */
const towards = (share: number, count: number): Params<"sgd_f32"> => ({
  count,
  learningRate: share,
  momentum: 0,
  dampening: 0,
  weightDecay: 1,
  nesterov: 0,
  first: 0,
  maximize: 1,
});

/**
 * Exponential moving average of a model's weights, which often classifies better than the weights themselves:
 * a ← decay·a + (1 − decay)·w after every step. The first update copies.
 *
 * Defaults decay 0.999, useBuffers false, warmup false.
 * Throws   ArgumentError "decay" outside [0, 1]; loadStateDict(): "state-dict" for other names or shapes.
 * Source   Polyak & Juditsky 1992; torch.optim.swa_utils.AveragedModel with an exponential avg_fn.
 *
 * @example
 * const net = new nn.Linear(2, 1);
 * const ema = new optim.EMA(net, { decay: 0.99 });
 * ema.update(); // after every optimizer.step()
 * ema.withWeights(() => net.forward(zeros([1, 2]))).shape; // [1, 1]
 */
export class EMA {
  readonly decay: number;
  readonly #warmup: boolean;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #average = new Map<string, Tensor>();
  #updates = 0;

  constructor(model: Module, options: EMAOptions = {}) {
    checkKnown("EMA", options, { decay: 0, useBuffers: 0, warmup: 0 });
    const { decay = 0.999, useBuffers = false, warmup = false } = options;
    if (!(decay >= 0 && decay <= 1))
      throw new ArgumentError("EMA", "decay", say`decay must lie in [0, 1], got ${{ decay }}.`);
    this.decay = decay;
    this.#warmup = warmup;
    const buffers = useBuffers ? [...model.namedBuffers()].filter(([, t]) => t.dtype === "float32") : [];
    this.#tensors = new Map<string, Tensor>([...model.namedParameters(), ...buffers]);
    for (const [key, t] of this.#tensors)
      this.#average.set(
        key,
        noGrad(() => t.detach().clone()),
      );
  }

  /** How often update() was called. */
  get updates(): number {
    return this.#updates;
  }

  /** Takes the model's present weights into the average. */
  update(): void {
    hostSegment(() => {
      const n = this.#updates++;
      const decay = this.#warmup ? Math.min(this.decay, (1 + n) / (10 + n)) : this.decay;
      noGrad(() => {
        for (const [key, t] of this.#tensors) {
          const average = this.#average.get(key)!;
          if (n === 0) copy_(average, t);
          else run("sgd_f32", towards(1 - decay, t.numel), [t], [average, null]);
        }
      });
    }, true);
  }

  /** Exchanges the model's weights and the average; a second call exchanges them back. */
  swap(): void {
    noGrad(() => {
      for (const [key, t] of this.#tensors) {
        const average = this.#average.get(key)!;
        const kept = t.detach().clone();
        copy_(t, average);
        copy_(average, kept);
      }
    });
  }

  /** Calls `use` with the averaged weights in the model, and puts its own back, whatever happens. May be asynchronous. */
  withWeights<T>(use: () => T): T {
    this.swap();
    let pending = false;
    try {
      const result = use();
      if (result instanceof Promise) {
        pending = true;
        return result.finally(() => this.swap()) as T;
      }
      return result;
    } finally {
      if (!pending) this.swap();
    }
  }

  /** The averaged tensors, by the model's keys. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#average);
  }

  /** Goes on from averages saved before; `updates` is how many went into them. */
  loadStateDict(state: ReadonlyMap<string, StateValue>, updates: number): void {
    const missing = [...this.#average.keys()].filter((key) => !state.has(key));
    const unexpected = [...state.keys()].filter((key) => !this.#average.has(key));
    if (missing.length + unexpected.length > 0)
      throw new ArgumentError(
        "EMA",
        "state-dict",
        `the state does not fit this model; missing: ${missing.join(", ") || "none"}; unexpected: ${unexpected.join(", ") || "none"}.`,
      );
    for (const [key, average] of this.#average) {
      const value = state.get(key)!;
      if (value.shape.join() !== average.shape.join())
        throw new ArgumentError(
          "EMA",
          "state-dict",
          say`${key}: the state has ${{ value: value.shape }}, the model ${{ average: average.shape }}.`,
        );
      if ("data" in value) average.write(Float64Array.from(value.data as ArrayLike<number>));
      else noGrad(() => copy_(average, value));
    }
    this.#updates = updates;
  }
}
