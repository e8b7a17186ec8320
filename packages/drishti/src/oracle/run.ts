/** @file Runs a folder of fixtures on devices, a line a group and device. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { getBackend, setDefaultDevice } from "@drishti/core";
import { type CallCase, runCall, runSequence, type SequenceCase } from "./cases/call.ts";
import { type MetricsCase, runMetrics } from "./cases/metrics.ts";
import { type NetCase, runNet } from "./cases/net.ts";
import { type ClipCase, type OptimCase, runClip, runOptim } from "./cases/optim.ts";
import { runScheduler, type SchedulerCase } from "./cases/sched.ts";
import { errorTasks } from "./groups/errors.ts";
import { onnxTasks } from "./groups/onnx.ts";
import { onnxNodeTasks } from "./groups/onnx-node.ts";
import { rngTasks } from "./groups/rng.ts";
import { trainingTasks } from "./groups/training.ts";
import { NotBuilt } from "./not-built.ts";
import { type Case, fixtureGroups, readGroup, type Store } from "./store.ts";
import type { Task } from "./task.ts";

type Device = Parameters<typeof setDefaultDevice>[0];

/** What one group gave on one device. */
export interface GroupResult {
  readonly group: string;
  readonly device: string;
  /** With --paths: which instruction set or WebAssembly file, and how many threads. */
  readonly path?: string;
  readonly passed: number;
  /** Tasks whose result differs from torch's, or that threw. */
  readonly failures: readonly { readonly id: string; readonly faults: readonly string[] }[];
  /** Tasks of what is not built: each with the reason. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

function runCase(item: Case, store: Store): Promise<string[]> {
  if (item.kind === "sequence") return runSequence(item as SequenceCase, store);
  if (item.op === "net") return runNet(item as NetCase, store);
  if (item.op === "metrics") return runMetrics(item as MetricsCase);
  if (item.op === "nn.utils.clip_grad_norm_") return runClip(item as ClipCase, store);
  if (item.op.startsWith("optim.lr_scheduler.")) return runScheduler(item as SchedulerCase);
  if (item.op.startsWith("optim.")) return runOptim(item as OptimCase, store);
  return runCall(item as CallCase, store);
}

/** Groups beside the fixtures, and what a folder must have for each. */
const besides = {
  rng: "rng",
  training: "training",
  errors: "errors",
  onnx: "interop/manifest.json",
  "onnx-node": "onnx-node/list.json",
} as const;

/** The groups that a folder has: those of fixtures/, then the others. */
export function groupsIn(folder: string): string[] {
  const has = (path: string) => existsSync(join(folder, path));
  const others = Object.entries(besides).filter(([, path]) => has(path));
  return [...fixtureGroups(folder), ...others.map(([group]) => group)];
}

/** Training on the reference backend is a matter of minutes a curve; unless asked for, only the short ones run there. */
const patience = { reference: 2e9, others: Number.POSITIVE_INFINITY };

function tasksOf(folder: string, group: string, limit: number): Task[] {
  if (group === "rng") return rngTasks(folder);
  if (group === "training") return trainingTasks(folder, limit);
  if (group === "errors") return errorTasks(folder);
  if (group === "onnx") return onnxTasks(folder);
  if (group === "onnx-node") return onnxNodeTasks(folder);
  const { cases, store } = readGroup(folder, group);
  return cases.map((item) => ({ id: item.id, run: async () => runCase(item, store) }));
}

export interface RunOptions {
  /** Run every training curve, however long it takes. Default false. */
  readonly patient?: boolean;
}

/** Runs one group of a folder on one device, which becomes the default device. */
export async function runGroup(
  folder: string,
  group: string,
  device: Device,
  options: RunOptions = {},
): Promise<GroupResult> {
  const { name } = setDefaultDevice(getBackend(device));
  const limit = name === "reference" && !options.patient ? patience.reference : patience.others;
  const failures: { id: string; faults: string[] }[] = [];
  const skipped: { id: string; reason: string }[] = [];
  let passed = 0;
  for (const task of tasksOf(folder, group, limit)) {
    try {
      const faults = await task.run();
      if (faults.length === 0) passed++;
      else failures.push({ id: task.id, faults });
    } catch (error) {
      if (error instanceof NotBuilt) skipped.push({ id: task.id, reason: error.message });
      else
        failures.push({
          id: task.id,
          faults: [error instanceof Error ? `${error.name}: ${error.message}` : String(error)],
        });
    }
  }
  return { group, device: name, passed, failures, skipped };
}
