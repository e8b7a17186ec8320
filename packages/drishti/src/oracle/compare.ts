/** @file Whether a result is what torch computed. */
import type { Tensor } from "@drishti/core";
import type { SafetensorsEntry } from "@drishti/core/io";

export interface Rule {
  /** Largest allowed difference; 0 for results that must agree in every bit (as float32). */
  readonly atol: number;
  /**
   * The expected value is float32's own where float32 overflows (a case's flag "float32-overflow"). A backend that
   * computes in doubles does not overflow there; such elements cannot be compared with it.
   */
  readonly overflows?: boolean;
  /**
   * The value adds up numbers, as a gradient does: then "in every bit" can hold only among float32 backends. One that
   * computes in doubles rounds once instead of at every addition, and may be off by some units in the last place.
   */
  readonly sum?: boolean;
  /** The sum's terms are added in another order than torch's, on every backend: the same room. */
  readonly reordered?: boolean;
}

/** Units in the last place of the largest magnitude that a float32 sum of few terms loses. */
const sumRoom = 4 * 2 ** -23;

/**
 * null when `actual` agrees, else what differs. NaN must meet NaN, infinities must agree in sign; shapes must be equal.
 *
 * Values of the reference backend are doubles. They are compared as they are, but rounded where bits must agree.
 */
export async function difference(
  what: string,
  actual: Tensor | null | undefined,
  expected: SafetensorsEntry,
  rule: Rule,
): Promise<string | null> {
  if (!actual) return `${what} is missing`;
  if (actual.shape.join() !== expected.shape.join())
    return `${what} has shape [${actual.shape.join(", ")}] instead of [${expected.shape.join(", ")}]`;
  const integers = expected.data instanceof BigInt64Array;
  if (integers === (actual.dtype === "float32"))
    return `${what} is ${actual.dtype} instead of ${integers ? "integers" : "float32"}`;
  const values = await actual.readValues();
  const doubles = values instanceof Float64Array;
  const summed = rule.atol === 0 && rule.sum === true && (doubles || rule.reordered === true);
  const atol = summed ? sumRoom * largest(expected.data as Float32Array) : rule.atol;
  const exact = integers || (rule.atol === 0 && !summed);
  let bad = 0;
  let worst = 0;
  let first = "";
  for (let i = 0; i < values.length; i++) {
    const want = Number(expected.data[i]);
    const rounded = Math.fround(values[i]!);
    const got = integers || !exact ? values[i]! : rounded;
    if (got === want || rounded === want || (Number.isNaN(got) && Number.isNaN(want))) continue;
    if (rule.overflows && doubles && !Number.isFinite(want)) continue;
    const error = Math.abs(got - want);
    if (!exact && error <= atol) continue;
    if (bad++ === 0) first = `[${i}] is ${got}, torch has ${want}`;
    if (error > worst || Number.isNaN(error)) worst = error;
  }
  return bad === 0
    ? null
    : `${what}: ${bad} of ${values.length} differ, by up to ${worst.toExponential(1)} (allowed ${atol}); ${first}`;
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
}

/** The same for plain numbers, with a relative or an absolute room. */
export function numberDifference(what: string, actual: number, expected: number, room: number): string | null {
  if (Object.is(actual, expected) || actual === expected || Math.abs(actual - expected) <= room) return null;
  return `${what} is ${actual}, torch has ${expected} (allowed ${room})`;
}
