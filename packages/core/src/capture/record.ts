/** @file Records calls: as they run, or before they have to. */
import { Journal } from "./journal.ts";
import { type Finished, Recorder } from "./recorder.ts";
import { NotCapturable } from "./recording.ts";

type Recorded = Finished | { readonly reason: string };

/** `value` counts where nothing waits. */
export type Outcome<R> = { readonly value: R } & Recorded;

function watched<R>(recorder: Recorder, body: () => R): R {
  recorder.start();
  try {
    return body();
  } finally {
    recorder.stop();
  }
}

/**
 * Runs the function once and writes down what it did, operation by operation where its calls are to be joined; kernels run
 * when values are looked at, else a replay is to run them. What the function throws passes through, after all that stood
 * before it.
 */
export function record<R>(body: () => R, args: readonly unknown[], joins: boolean): Outcome<R> {
  const recorder = new Recorder(args, joins);
  let value: R;
  try {
    value = watched(recorder, body);
  } catch (error) {
    recorder.catchUp();
    throw error;
  }
  const outcome = recordingOf(() => recorder.finish(value));
  if ("reason" in outcome) recorder.catchUp();
  return { value, ...outcome };
}

/**
 * Records a call that has not happened afterwards: memory, gradients and torch's generator are as before. The recording runs
 * no kernel: that takes next to no time, and no memory for what is computed between. The first time the function is tried
 * without recording (`trial`: the arguments), so that what it makes once is there.
 */
export function rehearse<A extends readonly unknown[]>(
  fn: (...args: A) => unknown,
  args: A,
  joins: boolean,
  trial?: readonly unknown[],
): Recorded {
  const undone = <T>(run: (journal: Journal) => T): T => {
    const journal = new Journal();
    try {
      return run(journal);
    } finally {
      journal.undo();
    }
  };
  const attempt = (given: A) =>
    undone((journal) => void watched(new Recorder(given, joins, journal), () => fn(...given)));
  if (trial) {
    try {
      attempt(trial as A);
    } catch (error) {
      if (trial === args) throw error;
      attempt(args); // it takes these alone
    }
  }
  return undone((journal) => {
    const recorder = new Recorder(args, joins, journal, true);
    return recordingOf(() => recorder.finish(watched(recorder, () => fn(...args))));
  });
}

function recordingOf(make: () => Finished): Recorded {
  try {
    return make();
  } catch (error) {
    if (error instanceof NotCapturable) return { reason: error.message };
    throw error;
  }
}
