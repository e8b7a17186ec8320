/** @file An optimiser's state as PyTorch saves it: torch.optim.Optimizer.state_dict(), alone or in a checkpoint. */
import { checkpointPart, type Dict, isDict, type Part } from "./checkpoint-part.ts";
import { type Fail, failer } from "./fail.ts";
import type { PyTorchValue } from "./pytorch.ts";
import { PyTorchTensor } from "./pytorch-tensor.ts";

/** What `optimizer.loadStateDict()` takes. */
export interface FoundOptimizerState {
  /** By position of the parameter over all groups. */
  readonly state: Record<number, Record<string, number | { shape: readonly number[]; data: Float32Array }>>;
  /** Options of every group under Drishti's names, with the positions of its parameters. */
  readonly paramGroups: { lr: number; params: number[] }[];
}

const part: Part = {
  owner: "optimiser",
  code: "no-optimizer-state",
  usual: ["optimizer_state_dict", "optimizer", "optim", "optimizer_states", "opt"],
  begins: (dict) => dict.has("param_groups"),
  isWhole: (dict) => isDict(dict.get("state")) && Array.isArray(dict.get("param_groups")),
};
/** How PyTorch computes, not what: nothing here answers to them. */
const without = new Set(["foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay"]);
/** Entries of the state that are one number, though PyTorch keeps them as tensors. */
export const counts = new Set(["step", "mu_product"]);

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * The state of an optimiser out of what `readPyTorch` gave: the file itself, or a checkpoint that has it under
 * optimizer_state_dict, optimizer, optim, optimizer_states or opt. Names become Drishti's: exp_avg is expAvg,
 * weight_decay is weightDecay; what only says how PyTorch computes (foreach, fused, capturable …) is left out. Parameters
 * are told by their position, as in PyTorch, so the optimiser must be made of the same ones in the same order.
 *
 * Options  key: where it is; dots go deeper, numbers into lists. file: its name, for errors.
 * Throws   DataError "no-optimizer-state" that says what there is instead, "optimizer-state" for one that is damaged.
 * Source   torch.optim.Optimizer.state_dict.
 *
 * @example
 * const moment = { shape: [2], data: Float32Array.of(0.5, -1) };
 * const group = new Map<string, PyTorchInput>([["lr", 0.1], ["momentum", 0.9], ["weight_decay", 0], ["params", [0]]]);
 * const saved = new Map<string, PyTorchInput>([
 *   ["state", new Map([[0, new Map([["momentum_buffer", moment]])]])],
 *   ["param_groups", [group]],
 * ]);
 * const file = readPyTorch(writePyTorch(new Map([["optimizer", saved]])));
 * const w = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.SGD([w], { lr: 1 });
 * optimizer.loadStateDict(optimizerStateOf(file.value));
 * optimizer.paramGroups[0]!.momentum; // 0.9
 */
export function optimizerStateOf(
  value: PyTorchValue,
  options: { key?: string; file?: string } = {},
): FoundOptimizerState {
  const fail = failer("pytorch", options.file);
  const dict = checkpointPart(value, part, options.key, fail);
  return converted(dict.get("state") as Dict, dict.get("param_groups") as PyTorchValue[], fail);
}

function converted(state: Dict, groups: readonly PyTorchValue[], fail: Fail): FoundOptimizerState {
  const found: FoundOptimizerState = { state: {}, paramGroups: [] };
  let position = 0;
  for (const group of groups) {
    const params = isDict(group) ? group.get("params") : undefined;
    if (!isDict(group) || !Array.isArray(params))
      return fail("optimizer-state", `param_groups[${found.paramGroups.length}] has no list of params.`);
    const given: Record<string, unknown> = {};
    for (const [name, option] of group)
      if (typeof name === "string" && name !== "params" && option !== null && !without.has(name))
        given[camel(name)] = option instanceof PyTorchTensor ? one(option, name, fail) : plain(option);
    if (typeof given.lr !== "number")
      return fail("optimizer-state", `param_groups[${found.paramGroups.length}] has no lr: ${String(given.lr)}.`);
    found.paramGroups.push({ ...given, lr: given.lr, params: params.map((_, i) => position + i) });
    for (const id of params) {
      const entry = state.get(id);
      if (isDict(entry)) found.state[position] = entriesOf(entry, position, fail);
      position++;
    }
  }
  return found;
}

/** Tuples are arrays of a kind of their own. */
function plain(option: PyTorchValue): PyTorchValue {
  return Array.isArray(option) ? Array.from(option) : option;
}

function entriesOf(entry: Dict, position: number, fail: Fail): FoundOptimizerState["state"][number] {
  const out: FoundOptimizerState["state"][number] = {};
  for (const [name, value] of entry) {
    if (value === null || typeof name !== "string") continue; // SGD without momentum keeps a None
    if (typeof value === "number") out[camel(name)] = value;
    else if (!(value instanceof PyTorchTensor))
      return fail("optimizer-state", `state[${position}].${name} is neither a number nor a tensor.`);
    else if (counts.has(name)) out[camel(name)] = one(value, name, fail);
    else out[camel(name)] = { shape: value.shape, data: floats(value, `state[${position}].${name}`, fail) };
  }
  return out;
}

function one(value: PyTorchTensor, name: string, fail: Fail): number {
  return value.numel === 1
    ? Number(value.data[0])
    : fail("optimizer-state", `${name} has ${value.numel} values, not 1.`);
}

function floats(value: PyTorchTensor, name: string, fail: Fail): Float32Array {
  const { data } = value;
  if (data instanceof Float32Array) return data;
  return data instanceof Float64Array
    ? Float32Array.from(data)
    : fail("optimizer-state", `${name} is ${value.dtype}, wanted are floating-point numbers.`);
}
