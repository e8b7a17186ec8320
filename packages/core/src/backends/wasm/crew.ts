/** @file The workers of a wasm backend, and how it is found out that one of them is gone with a part of a job. */
import { BackendError } from "../../errors/errors.ts";
import { type Exports, SEAT_BUSY, SEAT_BYTES, SEAT_TRAPPED } from "./instance.ts";
import type { WasmMemory } from "./webassembly.ts";

/** A worker, as who started it has it in hand. */
export interface WasmWorker {
  /** Whether it still runs, found out without waiting. Absent where nothing tells, as in browsers. */
  isAlive?(): boolean;
  /** Ends it, at once. */
  terminate(): void;
}

/** How often `stalled` is called, every 2 to 6 ms, without a unit more being finished before silent workers count as gone. */
const PATIENCE = 10_000;

/** Threads 1, 2, … of a backend. */
export class Crew {
  readonly #memory: WasmMemory;
  readonly #workers: (WasmWorker | undefined)[] = [];
  #generation = 0;
  #finished = 0;
  #calls = 0;

  constructor(memory: WasmMemory) {
    this.#memory = memory;
  }

  /** Takes the next thread in; undefined for one that can neither be asked nor ended. */
  add(worker: WasmWorker | undefined): void {
    this.#workers.push(worker);
  }

  /**
   * The caller waits for units that others took. Returns while one who may have them still runs; of memory that is shared
   * nobody but that one knows what it has written of them, so nobody can take over.
   *
   * @throws BackendError "worker-lost" when they will never be finished.
   */
  stalled(exports: Exports, generation: number, finished: number): void {
    if (generation !== this.#generation || finished !== this.#finished) this.#calls = 0;
    this.#generation = generation;
    this.#finished = finished;
    const calls = ++this.#calls;
    const isOver = calls > PATIENCE;
    if (!isOver && calls % 16 !== 0 && (calls & (calls - 1)) !== 0) return; // asking costs more than waiting
    let lost = 0;
    for (const [i, worker] of this.#workers.entries()) {
      const state = this.#seat(exports, i + 1);
      if (state === SEAT_BUSY && !isOver && (worker?.isAlive?.() ?? true)) return;
      if (state !== 0) lost = i + 1;
    }
    if (lost === 0 || exports.pending() === 0) return; // finished while we looked
    const { length } = this.#workers;
    const why = this.#seat(exports, lost) === SEAT_TRAPPED ? `: ${this.#why(exports, lost)}` : "";
    const how = why === "" && isOver ? "gives no sign of life" : "ended";
    throw new BackendError(
      "wasm",
      "worker-lost",
      `worker ${lost} of ${length} ${how} in the middle of a kernel${why}. What the kernel was to write is lost: go on from the last checkpoint. ` +
        "From here on this backend computes on one thread; start again with fewer threads, or on another device, if it happens again.",
    );
  }

  /** Ends all of them. */
  dismiss(): void {
    for (const worker of this.#workers) worker?.terminate();
    this.#workers.length = 0;
  }

  #seat(exports: Exports, thread: number): number {
    return Atomics.load(new Int32Array(this.#memory.buffer, exports.seats() + SEAT_BYTES * thread, 1), 0);
  }

  #why(exports: Exports, thread: number): string {
    const bytes = new Uint8Array(this.#memory.buffer, exports.seats() + SEAT_BYTES * thread + 4, SEAT_BYTES - 4);
    return String.fromCharCode(...bytes.slice(0, bytes.indexOf(0)));
  }
}
