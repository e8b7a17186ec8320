/** @file Fingerprints of tensors, as the oracle makes them: sha256 over the bytes torch holds. */
import { createHash } from "node:crypto";
import type { Tensor } from "@drishti/core";
import { numberDifference } from "./compare.ts";

/** What the oracle stores of a tensor that is too long to store whole. */
export interface Description {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int64";
  readonly sha256: string;
  /** All values of a short tensor; the first and last ones of a longer one, and its sum. */
  readonly values?: readonly number[];
  readonly first?: readonly number[];
  readonly last?: readonly number[];
  readonly sum?: number;
  /** Not every bit agrees between torch's own builds: values may be off by this much. */
  readonly compare?: { readonly atol: number; readonly note: string };
}

export function sha256(values: ArrayBufferView): string {
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}

/** null when every bit agrees, else what differs. Our int32 stands for torch's int64. */
export async function digestDifference(
  what: string,
  actual: Tensor | undefined,
  expected: Description,
): Promise<string | null> {
  if (!actual) return `${what} is missing`;
  if (actual.shape.join() !== expected.shape.join())
    return `${what} has shape [${actual.shape.join(", ")}] instead of [${expected.shape.join(", ")}]`;
  const values = await actual.toArray();
  if (expected.compare) return valuesDifference(what, values, expected, expected.compare.atol);
  const bytes = expected.dtype === "int64" ? BigInt64Array.from(values, BigInt) : values;
  if (expected.dtype === "float32" && !(values instanceof Float32Array))
    return `${what} is ${actual.dtype} instead of float32`;
  return sha256(bytes) === expected.sha256
    ? null
    : `${what} has other bits than torch's; it begins ${values.slice(0, 4).join(", ")}`;
}

/** Compares the values that the description has, within `atol`. */
function valuesDifference(what: string, values: ArrayLike<number>, expected: Description, atol: number): string | null {
  const { first = expected.values ?? [], last = [], sum } = expected;
  const wanted = [
    ...first.map((value, i) => [i, value] as const),
    ...last.map((value, i) => [values.length - last.length + i, value] as const),
  ];
  for (const [i, value] of wanted) {
    const fault = numberDifference(`${what}[${i}]`, values[i]!, value, atol);
    if (fault) return fault;
  }
  const total = Array.from(values).reduce((a, b) => a + b, 0);
  return sum === undefined ? null : numberDifference(`${what}'s sum`, total, sum, atol * values.length);
}
