/** @file Every kind of task that workers do. */
import { type Inspection, type InspectTask, inspect } from "./inspect.ts";
import { makeSamples, type SampleResult, type SampleTask } from "./task.ts";

export type Task = SampleTask | InspectTask;
export type ResultOf<T extends Task> = T extends SampleTask ? SampleResult : readonly Inspection[];

export function runTask<T extends Task>(task: T): Promise<ResultOf<T>> {
  return (task.kind === "samples" ? makeSamples(task) : inspect(task)) as Promise<ResultOf<T>>;
}

/** Memory that is handed over instead of copied. */
export function transferOf(result: SampleResult | readonly Inspection[]): ArrayBuffer[] {
  return "data" in result ? [result.data.buffer] : [];
}
