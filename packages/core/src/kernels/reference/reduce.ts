/** @file Sums, extremes and their positions along the middle axis of [outer, size, inner]. */
import type { ReferenceKernels } from "./types.ts";

interface Numbers {
  [index: number]: number;
}
interface Axis {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** Every line along the axis: where it starts, the step between its elements, and its number among the outputs. */
export function eachLine(p: Axis, visit: (start: number, step: number, line: number) => void): void {
  for (let o = 0; o < p.outer; o++) {
    for (let i = 0; i < p.inner; i++) visit(o * p.size * p.inner + i, p.inner, o * p.inner + i);
  }
}

/** Folds each line into one number, in order, from `initial`. */
function fold(initial: number, f: (sum: number, x: number) => number) {
  return (p: Axis, [input]: readonly [Numbers], [output]: readonly [Numbers]): void =>
    eachLine(p, (start, step, line) => {
      let sum = initial;
      for (let k = 0; k < p.size; k++) sum = f(sum, input[start + k * step]!);
      output[line] = sum;
    });
}

/** The first position that beats all before it; the first NaN beats everything. */
function position(beats: (x: number, best: number) => boolean) {
  return (p: Axis, [input]: readonly [Numbers], [output]: readonly [Numbers]): void =>
    eachLine(p, (start, step, line) => {
      let best = 0;
      for (let k = 1; k < p.size; k++) {
        const x = input[start + k * step]!;
        const champion = input[start + best * step]!;
        if (beats(x, champion) || (Number.isNaN(x) && !Number.isNaN(champion))) best = k;
      }
      output[line] = best;
    });
}

export const reduce = {
  sum_f32: fold(0, (sum, x) => sum + x),
  sum_i32: fold(0, (sum, x) => (sum + x) | 0),
  amax_f32: fold(Number.NEGATIVE_INFINITY, Math.max), // Math.max and min: NaN wins
  amin_f32: fold(Number.POSITIVE_INFINITY, Math.min),
  argmax_f32: position((x, best) => x > best),
  argmin_f32: position((x, best) => x < best),
} satisfies Partial<ReferenceKernels>;
