/** @file The weights in whatever PyTorch users save: a state dict, or a checkpoint with one inside. */
import { type Fail, failer } from "./fail.ts";
import type { PyTorchValue } from "./pytorch.ts";
import { PyTorchTensor } from "./pytorch-tensor.ts";

/** The weights that `stateDictOf` found in a file. */
export interface FoundStateDict {
  /** For `model.loadStateDict()`; a wrapper's "module." in front of every key is taken off. */
  readonly weights: Map<string, PyTorchTensor>;
  /** Where in the file they were: keys from the outside in, [] for the file itself. */
  readonly path: readonly string[];
}

/** Names under which checkpoints keep their weights, the best guess first. */
const usual = [
  "state_dict",
  "model_state_dict",
  "model",
  "net",
  "network",
  "weights",
  "params",
  "state_dict_ema",
  "ema",
  "module",
];
/** What DataParallel, DistributedDataParallel and torch.compile put in front. */
const wrappers = ["module.", "_orig_mod."];

/**
 * Finds the weights in what `readPyTorch` gave: a state dict, or a checkpoint with one under a usual name (state_dict,
 * model, net …), up to three dicts deep.
 *
 * Options  key: where they are, for files with several ("ema"); dots go deeper. file: its name, for errors.
 * Throws   DataError "no-state-dict" that lists what the file holds.
 *
 * @example
 * const weights = new Map([["module.w", { shape: [1], data: Float32Array.of(7) }]]);
 * const file = readPyTorch(writePyTorch(new Map([["state_dict", weights]])));
 * const found = stateDictOf(file.value);
 * [...found.weights.keys()]; // ["w"]
 */
export function stateDictOf(value: PyTorchValue, options: { key?: string; file?: string } = {}): FoundStateDict {
  const fail = failer("pytorch", options.file);
  if (options.key !== undefined) return named(value, options.key, fail);
  const found = search(value, [], 0);
  return (
    found ??
    fail(
      "no-state-dict",
      `there is no state dict in it: it holds ${described(value)}. Name the place of the weights by a key.`,
    )
  );
}

function named(value: PyTorchValue, key: string, fail: Fail): FoundStateDict {
  const path: string[] = [];
  let at = value;
  for (const step of key.split(".")) {
    const next = at instanceof Map ? at.get(step) : undefined;
    if (next === undefined)
      return fail(
        "no-state-dict",
        `there is nothing under "${key}": ${path.join(".") || "the file"} holds ${described(at)}.`,
      );
    at = next;
    path.push(step);
  }
  const weights = asStateDict(at);
  return weights ? { weights, path } : fail("no-state-dict", `"${key}" is no state dict: it holds ${described(at)}.`);
}

function search(value: PyTorchValue, path: readonly string[], depth: number): FoundStateDict | undefined {
  const weights = asStateDict(value);
  if (weights) return { weights, path };
  if (!(value instanceof Map) || depth > 2) return undefined;
  for (const name of usual) {
    const inner = value.get(name);
    const found = !(inner instanceof Map) || inner.size === 0 ? undefined : search(inner, [...path, name], depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** A dict of nothing but names and tensors. */
function asStateDict(value: PyTorchValue): Map<string, PyTorchTensor> | undefined {
  if (!(value instanceof Map)) return undefined;
  const weights = new Map<string, PyTorchTensor>();
  for (const [key, entry] of value) {
    if (typeof key !== "string" || !(entry instanceof PyTorchTensor)) return undefined;
    weights.set(key, entry);
  }
  return withoutWrappers(weights);
}

/** Several wrappers can stand around one another. */
function withoutWrappers(weights: Map<string, PyTorchTensor>): Map<string, PyTorchTensor> {
  let found = weights;
  for (let i = 0; i < 4; i++) {
    const wrapper = wrappers.find((prefix) => [...found.keys()].every((key) => key.startsWith(prefix)));
    if (wrapper === undefined) break;
    found = new Map([...found].map(([key, tensor]) => [key.slice(wrapper.length), tensor]));
  }
  return found;
}

function described(value: PyTorchValue): string {
  if (value instanceof Map) {
    const keys = [...value.keys()].slice(0, 12).map(String);
    return `a dict with the keys ${keys.join(", ")}${value.size > 12 ? ", …" : ""}`;
  }
  if (value instanceof PyTorchTensor) return `one tensor of shape [${value.shape.join(", ")}]`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "None" : `a ${typeof value}`;
}
