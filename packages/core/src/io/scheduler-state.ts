/** @file The state of a learning-rate schedule as PyTorch saves it: torch.optim.lr_scheduler's state_dict(). */
import { checkpointPart, type Dict, isDict, type Part } from "./checkpoint-part.ts";
import { type Fail, failer } from "./fail.ts";
import type { PyTorchValue } from "./pytorch.ts";
import { PyTorchTensor } from "./pytorch-tensor.ts";
import type { PyTorchInput } from "./pytorch-write.ts";

/** What `stateDict()` of the schedules gives and `loadStateDict()` takes, whichever they are. */
export interface SchedulerState {
  /** Steps taken. */
  lastEpoch: number;
  /** Of every group: the rate last set, */
  lastLr: number[];
  /** and before any factor of the schedule. */
  baseLrs?: number[];
  /** CosineAnnealingWarmRestarts: epochs since the last restart, */
  tCur?: number;
  /** and from it to the next. */
  tI?: number;
  /** ReduceLROnPlateau: the best measure, null before the first; */
  best?: number | null;
  /** epochs in a row without improvement; */
  badEpochs?: number;
  /** epochs that will not be counted. */
  cooldownLeft?: number;
  /** SequentialLR, ChainedScheduler: of every schedule, in order. */
  schedulers?: SchedulerState[];
}

const part: Part = {
  owner: "schedule",
  code: "no-scheduler-state",
  usual: ["scheduler_state_dict", "lr_scheduler_state_dict", "lr_scheduler", "scheduler", "lr_schedulers", "sched"],
  begins: (dict) => dict.has("last_epoch") || dict.has("_schedulers"),
  isWhole: (dict) => part.begins(dict),
};
/** PyTorch's names of what some schedules keep besides, and ours. */
const special = [
  ["T_cur", "tCur"],
  ["T_i", "tI"],
  ["best", "best"],
  ["num_bad_epochs", "badEpochs"],
  ["cooldown_counter", "cooldownLeft"],
] as const;

/**
 * The state of a schedule out of what `readPyTorch` gave: the file itself, or a checkpoint that has it under
 * scheduler_state_dict, lr_scheduler, scheduler … A schedule of the same class, made with the same arguments, goes on from
 * it by `loadStateDict`; load the optimiser's state before.
 *
 * Options  key: where it is; dots go deeper, numbers into lists. file: its name, for errors.
 * Throws   DataError "no-scheduler-state" that says what there is instead, "scheduler-state" for one that is damaged.
 * Source   torch.optim.lr_scheduler.LRScheduler.state_dict.
 *
 * @example
 * const optimizer = { paramGroups: [{ lr: 0.1 }] };
 * const saved = schedulerStateToPyTorch({ lastEpoch: 7, baseLrs: [0.1], lastLr: [0.01] });
 * const file = readPyTorch(writePyTorch(new Map([["scheduler", saved]])));
 * const schedule = new optim.StepLR(optimizer, 5);
 * schedule.loadStateDict(schedulerStateOf(file.value));
 * schedule.lastEpoch; // 7
 */
export function schedulerStateOf<S extends SchedulerState = SchedulerState & { baseLrs: number[] }>(
  value: PyTorchValue,
  options: { key?: string; file?: string } = {},
): S {
  const fail = failer("pytorch", options.file);
  const dict = checkpointPart(value, part, options.key, fail);
  return converted(dict, fail) as S;
}

function converted(dict: Dict, fail: Fail): SchedulerState {
  const inner = dict.get("_schedulers");
  const schedulers = Array.isArray(inner)
    ? inner.map((one) => (isDict(one) ? converted(one, fail) : fail("scheduler-state", "_schedulers holds no dicts.")))
    : undefined;
  const first = schedulers?.[0];
  const found: SchedulerState = {
    lastEpoch: dict.has("last_epoch") ? number(dict, "last_epoch", fail) : (first?.lastEpoch ?? 0),
    // ReduceLROnPlateau has none before its first step, and PyTorch's schedules of schedules have no base rates.
    lastLr: dict.has("_last_lr") ? numbers(dict, "_last_lr", fail) : [],
  };
  const baseLrs = dict.has("base_lrs") ? numbers(dict, "base_lrs", fail) : first?.baseLrs;
  if (baseLrs) found.baseLrs = baseLrs;
  if (schedulers) found.schedulers = schedulers;
  for (const [name, own] of special) if (dict.has(name)) found[own] = number(dict, name, fail);
  if (found.best !== undefined && !Number.isFinite(found.best)) found.best = null;
  return found;
}

function number(dict: Dict, name: string, fail: Fail): number {
  return asNumber(dict.get(name), name, fail);
}

function numbers(dict: Dict, name: string, fail: Fail): number[] {
  const list = dict.get(name);
  if (!Array.isArray(list)) return fail("scheduler-state", `${name} is no list.`);
  return Array.from(list as PyTorchValue[], (one) => asNumber(one, name, fail));
}

function asNumber(value: PyTorchValue | undefined, name: string, fail: Fail): number {
  if (typeof value === "number") return value;
  if (value instanceof PyTorchTensor && value.numel === 1) return Number(value.data[0]);
  return fail("scheduler-state", `${name} is no number.`);
}

/**
 * What `torch.load` gives back for `load_state_dict()` of PyTorch's schedule of the same class, made with the same
 * arguments: pass it to `writePyTorch`, alone or in a checkpoint.
 *
 * Source   torch.optim.lr_scheduler.LRScheduler.state_dict; `schedulerStateOf` is the way back.
 *
 * @example
 * const schedule = new optim.StepLR({ paramGroups: [{ lr: 0.1 }] }, 5);
 * schedule.step();
 * schedulerStateToPyTorch(schedule.stateDict()).get("last_epoch"); // 1
 */
export function schedulerStateToPyTorch(state: SchedulerState): Map<string, PyTorchInput> {
  const { lastEpoch, baseLrs, lastLr, schedulers } = state;
  const written = new Map<string, PyTorchInput>([
    ["last_epoch", lastEpoch],
    ["_last_lr", lastLr],
    ["_step_count", lastEpoch + 1],
    ["lr_lambdas", lastLr.map(() => null)], // LambdaLR and MultiplicativeLR look for it; functions are not saved
  ]);
  if (baseLrs && !schedulers) written.set("base_lrs", baseLrs);
  if (schedulers) written.set("_schedulers", schedulers.map(schedulerStateToPyTorch));
  // A measure of null is left out: PyTorch's schedule starts from the worst one by itself.
  for (const [name, own] of special) if (typeof state[own] === "number") written.set(name, state[own]);
  return written;
}
