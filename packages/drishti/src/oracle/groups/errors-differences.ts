/** @file Where we judge a call otherwise than torch, on purpose. Each line has its reason in docs/differences.md. */
import type { BadCall } from "./errors.ts";

/** Calls that torch accepts and we refuse: operation and error code. */
const refused: readonly (readonly [op: RegExp, code: string])[] = [
  // A layer without channels or features learns nothing.
  [/^nn\.(Conv|ConvTranspose|Linear|BatchNorm|InstanceNorm|GroupNorm)/, "inChannels"],
  [/^nn\.Linear$/, "inFeatures"],
  // Integers are not promoted in layers: convert them with to("float32").
  [/^nn\./, "dtype"],
  // Broadcasting input and target of a regression loss hides mistakes; torch only warns.
  [/^nn\.(MSE|L1|SmoothL1|Huber|KLDiv)Loss$/, "target-shape"],
  [/^nn\.CrossEntropyLoss$/, "label-smoothing"],
  // The same parameter twice takes two steps at once; torch only warns.
  [/^optim\./, "duplicate"],
];

/** Whether docs/differences.md says that we refuse this where torch does not. */
export function documented(op: string, code: string): boolean {
  return refused.some(([pattern, known]) => known === code && pattern.test(op));
}

function wholeNumbers(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(wholeNumbers);
  return typeof value !== "number" || Number.isInteger(value);
}

/** Why a call that torch refuses is none that we could refuse; undefined for all others. */
export function impossible(item: BadCall): string | undefined {
  if (item.message?.includes("element of type float") && wholeNumbers(Object.values(item.args)))
    return "torch refuses the float 4.0 where it wants an integer; JavaScript has one type of number, and 4.0 is 4";
  if (item.message?.includes("expected scalar type Long but found Int"))
    return "torch wants class numbers as int64 and refuses int32; here int32 is the integer type, and right";
  return undefined;
}
