/** @file A worker thread: does the tasks it is sent, in order, and sends back what came of them. */
import { parentPort } from "node:worker_threads";
import { DrishtiError } from "@drishti/core/errors";
import type { Answer, Job } from "./pool.ts";
import { runTask, transferOf } from "./run-task.ts";

let last: Promise<void> = Promise.resolve();

parentPort?.on("message", ({ id, task }: Job) => {
  last = last.then(async () => {
    let answer: Answer;
    try {
      answer = { id, result: await runTask(task) };
    } catch (error) {
      const { message, code, file } = error as DrishtiError & { file?: string };
      const ours = error instanceof DrishtiError;
      answer = { id, failure: { message, code: ours ? code : "worker", file: ours ? file : undefined } };
    }
    parentPort!.postMessage(answer, "result" in answer ? transferOf(answer.result) : []);
  });
});
