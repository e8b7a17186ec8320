/** @file One part of a PyTorch checkpoint, such as an optimiser's state, by its key or under a usual name. */
import type { Fail } from "./fail.ts";
import type { PyTorchValue } from "./pytorch.ts";

export type Dict = Map<PyTorchValue, PyTorchValue>;
export const isDict = (value: PyTorchValue | undefined): value is Dict => value instanceof Map;

/** What is looked for. */
export interface Part {
  /** For errors: "schedule", and "no-scheduler-state" where there is none. */
  readonly owner: string;
  readonly code: string;
  /** Names under which checkpoints keep it. */
  readonly usual: readonly string[];
  /** Whether a dict is one already, whole or damaged: then no name is looked up in it. */
  begins(dict: Dict): boolean;
  isWhole(dict: Dict): boolean;
}

/** The part under `key` (dots go deeper, numbers into lists), else the value itself or what it has under a usual name. */
export function checkpointPart(value: PyTorchValue, part: Part, key: string | undefined, fail: Fail): Dict {
  const found = key === undefined ? search(value, part) : at(value, key);
  if (isDict(found) && part.isWhole(found)) return found;
  const held = isDict(value) ? `a dict with the keys ${[...value.keys()].slice(0, 12).join(", ")}` : "no dict";
  const place = key === undefined ? "it" : `"${key}"`;
  return fail(
    part.code,
    `there is no ${part.owner}'s state in ${place}: the file holds ${held}. Name its place by a key.`,
  );
}

function at(value: PyTorchValue, key: string): PyTorchValue | undefined {
  return key
    .split(".")
    .reduce<PyTorchValue | undefined>(
      (inside, step) => (isDict(inside) ? inside.get(step) : Array.isArray(inside) ? inside[Number(step)] : undefined),
      value,
    );
}

function search(value: PyTorchValue, part: Part): PyTorchValue | undefined {
  if (!isDict(value) || part.begins(value)) return value;
  for (const name of part.usual) {
    const inner = value.get(name);
    if (inner !== undefined) return Array.isArray(inner) && inner.length === 1 ? inner[0] : inner;
  }
  return undefined;
}
