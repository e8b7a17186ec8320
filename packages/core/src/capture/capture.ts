/** @file The public face: which recording serves a call, when to make one, and when to give up. */
import { Tensor } from "../autograd/tensor.ts";
import { isTraced } from "../autograd/trace.ts";
import { watch } from "../autograd/watch.ts";
import { passesFor } from "./passes/index.ts";
import { programOf } from "./program.ts";
import { record, rehearse } from "./record.ts";
import { type Command, NotCapturable, type Recording } from "./recording.ts";
import { Replay } from "./replay.ts";
import { signatureOf } from "./signature.ts";

/** How capture() records, and who hears that it cannot. */
export interface CaptureOptions {
  /** Join neighbouring operations into fused kernels. Default true; false gives eager mode's very bits. */
  fuse?: boolean;
  /**
   * Compute 3x3 convolutions with stride 1 and 32 channels or more, and their gradients, by Winograd's algorithm:
   * 16 products for 36, with rounding errors up to twice as large, or 36 for 144 where there are many, with errors up to six
   * times as large (docs/numerics.md). Default true.
   */
  winograd?: boolean;
  /** Told once, when the function turns out not to be capturable and runs eagerly from then on: why. */
  onEager?: (reason: string) => void;
  /**
   * Record in a rehearsal that is undone (memory, gradients, torch's generator), then replay at once: from the first call
   * on, every call gives a replay's bits. Not for functions that count on the host, as an optimiser's step does. It needs
   * a device that can be read at once. Default false.
   */
  rehearse?: boolean;
  /**
   * With rehearse: from the first call's arguments to smaller ones, such as one picture of a batch. The function is tried with
   * these, so that what it makes once is there; the batch is only recorded. Default: the arguments themselves.
   */
  tryWith?: (args: readonly unknown[]) => readonly unknown[];
  /** Recordings kept, one for each combination of shapes and modes. Default 8. */
  maxRecordings?: number;
}

/** One call of a replay with the time it took. */
export interface CallTime {
  /** Name of the kernel. */
  readonly kernel: string;
  /** The kernel's parameters. */
  readonly params: object;
  readonly milliseconds: number;
}

/** A captured function: it is called as the one that it was made of. */
export interface Captured<A extends unknown[], R> {
  (...args: A): R;
  /** Why it runs eagerly; undefined while it is captured. */
  readonly eagerReason: string | undefined;
  /** How many calls were replayed. */
  readonly replays: number;
  /** Bytes of working memory that replays use again and again. */
  readonly arenaBytes: number;
  /** Replays one call kernel by kernel and tells the time of each; empty where it had to run eagerly. */
  profile(...args: A): CallTime[];
  /** The kernel calls of the recording made last, for tests and for the curious. @internal */
  commands(): readonly Command[];
  /** Gives the working memory back; later calls record anew. */
  release(): void;
}

/** Runs what happens once: memory that it frees goes back at once, as replays have an arena of their own. */
function sparing<T>(args: readonly unknown[], body: () => T): T {
  const backend = args.find((t) => t instanceof Tensor)?.backend;
  backend?.keepFreed?.(false);
  try {
    return body();
  } finally {
    backend?.keepFreed?.(true);
  }
}

/** Recordings in a row, none of them replayed, after which it is left at that. */
const PATIENCE = 8;

const clock = globalThis as unknown as { readonly performance: { now(): number } };

class Capture<A extends unknown[], R> {
  eagerReason: string | undefined;
  replays = 0;
  readonly #fn: (...args: A) => R;
  readonly #options: CaptureOptions;
  readonly #fuse: boolean;
  #recordings: { key: string; replay: Replay }[] = [];
  #busy = false;
  #warm = false;
  /** Recordings since the last replay, and what kept the others from serving. */
  #inVain = 0;
  #broken = "its arguments";

  constructor(fn: (...args: A) => R, options: CaptureOptions) {
    this.#fn = fn;
    this.#options = options;
    this.#fuse = options.fuse ?? true;
  }

  get arenaBytes(): number {
    return 4 * this.#recordings.reduce((sum, { replay }) => sum + replay.arenaElements, 0);
  }

  /** Of the recording made last. */
  get commands(): readonly Command[] {
    return this.#recordings.at(-1)?.replay.commands ?? [];
  }

  call(args: A, timed?: Parameters<Replay["run"]>[1]): R {
    // Inside another captured function it is part of that; a tracer wants to be told of every operation.
    if (this.eagerReason !== undefined || this.#busy || watch.current || isTraced()) return this.#fn(...args);
    const key = this.#keyOf(args);
    if (key === undefined) return this.#fn(...args);
    const replay = this.#find(key) ?? sparing(args, () => this.#rehearsed(key, args));
    if (this.eagerReason !== undefined) return this.#fn(...args);
    if (!replay) return sparing(args, () => this.#first(key, args));
    this.#busy = true;
    try {
      const result = replay.run(args, timed) as R;
      this.replays++;
      this.#inVain = 0;
      return result;
    } finally {
      this.#busy = false;
    }
  }

  /** The memory goes to the system, not to the pool: the next recording may want other sizes. */
  release(): void {
    const backends = new Set(this.#recordings.map(({ replay }) => replay.backend));
    for (const backend of backends) backend.keepFreed?.(false);
    for (const { replay } of this.#recordings) replay.dispose();
    this.#recordings = [];
    for (const backend of backends) backend.keepFreed?.(true);
  }

  #keyOf(args: A): string | undefined {
    try {
      return signatureOf(args);
    } catch (error) {
      if (!(error instanceof NotCapturable)) throw error;
      this.#giveUp(error.message);
      return undefined;
    }
  }

  #find(key: string): Replay | undefined {
    for (const entry of this.#recordings) {
      if (entry.key !== key) continue;
      const broken = entry.replay.brokenGuard();
      if (!broken) return entry.replay;
      this.#broken = broken.what;
    }
    return undefined;
  }

  /** A recording made without the call having happened; undefined unless that is wanted and possible. */
  #rehearsed(key: string, args: A): Replay | undefined {
    if (!this.#options.rehearse || args.some((t) => t instanceof Tensor && !t.backend.readSync)) return undefined;
    if (++this.#inVain > PATIENCE) {
      this.#giveUp(`${this.#broken} differs in every call`);
      return undefined;
    }
    const trial = this.#warm ? undefined : (this.#options.tryWith?.(args) ?? args);
    const outcome = rehearse(this.#fn, args, this.#fuse, trial);
    this.#warm = true;
    const replay = "recording" in outcome ? this.#keep(key, outcome.recording) : undefined;
    const broken = replay?.brokenGuard();
    if (!replay || broken) this.#giveUp("reason" in outcome ? outcome.reason : `${broken?.what} changes while it runs`);
    return replay;
  }

  /** A call that no recording serves. The very first is not recorded: it makes what is made once, such as moments. */
  #first(key: string, args: A): R {
    if (!this.#warm) {
      const value = this.#fn(...args);
      this.#warm = true;
      if (value instanceof Promise) this.#giveUp("it is async");
      return value;
    }
    if (++this.#inVain > PATIENCE) {
      this.#giveUp(`${this.#broken} differs in every call`);
      return this.#fn(...args);
    }
    const outcome = record(() => this.#fn(...args), args, this.#fuse);
    if ("reason" in outcome) {
      this.#giveUp(outcome.reason);
      return outcome.value;
    }
    const { recording, stand, value } = outcome;
    if (!stand) {
      this.#keep(key, recording);
      return value;
    }
    let replay: Replay | undefined;
    this.#busy = true;
    try {
      return stand((given) => {
        replay = this.#keep(key, recording);
        return replay.run(args, undefined, given) as R;
      });
    } catch (error) {
      // What the function does about it is not known; the next call will show.
      this.#recordings = this.#recordings.filter((entry) => entry.replay !== replay);
      replay?.dispose();
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  #keep(key: string, recording: Recording): Replay {
    const { backend } = recording;
    const passes = this.#fuse ? passesFor(backend, this.#options.winograd) : [];
    const replay = new Replay(recording, programOf(recording, passes));
    const changing = replay.brokenGuard();
    if (changing && this.#inVain > 2) this.#broken = changing.what;
    this.#recordings.push({ key, replay });
    if (this.#recordings.length > (this.#options.maxRecordings ?? 8)) this.#recordings.shift()!.replay.dispose();
    return replay;
  }

  #giveUp(reason: string): void {
    this.eagerReason = reason;
    this.release();
    this.#options.onEager?.(reason);
  }
}

/**
 * Makes a function of tensors fast: its operations are recorded once and replayed from then on, without building a
 * graph, in memory planned once. The function's own JavaScript does not run in a replay, but for what draws random
 * numbers or counts steps: dropout masks, optimisers, running averages.
 *
 * Arguments  tensors, numbers, strings, booleans. Another shape, value, mode (train, eval) or set of frozen layers is
 *            recorded anew; `maxRecordings` are kept. The first call runs eagerly, the second is recorded and
 *            runs as a replay.
 * Result     tensors, numbers, lists and plain objects of them; fresh tensors in every call. Gradients of parameters are
 *            the same tensors in every call: clone what is to be kept. Other tensors made inside cannot be read outside.
 * Not for    async functions, reading values, tensors made of numbers inside, hooks, schedules stepping inside: these run
 *            eagerly, `onEager` and `eagerReason` say why. Code of your own (counters, logging) runs only when recorded.
 *
 * @example
 * const net = new nn.Linear(4, 2);
 * const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
 * const step = capture((x: Tensor, labels: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = crossEntropy(net.forward(x), labels);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * step(randn([8, 4]), randint(0, 2, [8]));
 */
export function capture<A extends unknown[], R>(fn: (...args: A) => R, options: CaptureOptions = {}): Captured<A, R> {
  const inner = new Capture(fn, options);
  const call = (...args: A) => inner.call(args);
  Object.defineProperties(call, {
    eagerReason: { get: () => inner.eagerReason },
    replays: { get: () => inner.replays },
    arenaBytes: { get: () => inner.arenaBytes },
  });
  return Object.assign(call, {
    profile(...args: A): CallTime[] {
      const times: CallTime[] = [];
      inner.call(args, ({ kernel, params }, run) => {
        const start = clock.performance.now();
        run();
        times.push({ kernel, params, milliseconds: clock.performance.now() - start });
      });
      return times;
    },
    release: () => inner.release(),
    commands: () => inner.commands,
  }) as Captured<A, R>;
}
