/** @file Worker threads for pictures; none where none are wanted, or none can be had. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { DataError } from "@drishti/core/errors";
import { hasSharp } from "../sharp.ts";
import { type ResultOf, runTask, type Task } from "./run-task.ts";

export interface Job {
  readonly id: number;
  readonly task: Task;
}

export type Answer =
  | { readonly id: number; readonly result: ResultOf<Task> }
  | {
      readonly id: number;
      readonly failure: { readonly message: string; readonly code: string; readonly file: string | undefined };
    };

interface Waiting {
  resolve(result: ResultOf<Task>): void;
  reject(error: unknown): void;
}

interface Hand {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** One thread is left to the training; more than eight seldom find work. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism() - 1));
}

/** Worker threads run the build; from the sources (in tests) too, where there is one. */
const script = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../dist/data/work/worker.js" : "./worker.js", import.meta.url),
);

/**
 * Does tasks in `count` threads, each in the thread that has the least before it; with 0, in this one. Threads start at the
 * first task and do not keep the process alive when they have nothing to do.
 *
 * A thread that dies fails the tasks it had, with DataError "worker"; another takes its place at the next task.
 */
export class WorkerPool {
  readonly count: number;
  readonly #hands: (Hand | undefined)[];
  #next = 0;
  #ready: Promise<unknown> | undefined;

  constructor(count: number) {
    this.count = existsSync(script) ? count : 0;
    this.#hands = new Array<Hand | undefined>(this.count).fill(undefined);
  }

  async run<T extends Task>(task: T): Promise<ResultOf<T>> {
    if (this.count === 0) return runTask(task);
    this.#ready ??= hasSharp(); // sharp wants to be loaded by the main thread first
    await this.#ready;
    return new Promise<ResultOf<Task>>((resolve, reject) => {
      const { worker, waiting } = this.#leastBusy();
      const id = this.#next++;
      if (waiting.size === 0) worker.ref();
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, task } satisfies Job);
    }) as Promise<ResultOf<T>>;
  }

  /** Ends the threads; tasks under way fail. */
  async close(): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand?.worker.terminate()));
  }

  #leastBusy(): Hand {
    let best = 0;
    for (let i = 0; i < this.count; i++) {
      const load = this.#hands[i]?.waiting.size ?? 0;
      if (load < (this.#hands[best]?.waiting.size ?? 0)) best = i;
    }
    this.#hands[best] ??= this.#start(best);
    return this.#hands[best]!;
  }

  #start(place: number): Hand {
    const worker = new Worker(script, {
      execArgv: [],
    }) /* not this process's: tests load sources by theirs, which a worker cannot */;
    const waiting = new Map<number, Waiting>();
    const drop = (error: unknown) => {
      if (this.#hands[place]?.worker === worker) this.#hands[place] = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.unref();
    worker.on("message", (answer: Answer) => {
      const job = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) worker.unref();
      if ("result" in answer) job?.resolve(answer.result);
      else {
        const { code, message, file } = answer.failure;
        job?.reject(new DataError("data", code, message, file));
      }
    });
    worker.on("error", (cause) =>
      drop(
        new DataError("data", "worker", `a thread that reads pictures failed (${cause.message}).`, undefined, {
          cause,
        }),
      ),
    );
    worker.on("exit", () => drop(new DataError("data", "worker", "a thread that reads pictures ended.")));
    return { worker, waiting };
  }
}
