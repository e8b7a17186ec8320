/** @file Running sums and products along the middle axis of [outer, size, inner]. */
import type { Params } from "../contract.ts";
import { eachLine } from "./reduce.ts";
import type { ReferenceKernels } from "./types.ts";

interface Numbers {
  [index: number]: number;
}

function fold(initial: number, f: (so: number, x: number) => number) {
  return (p: Params<"cumsum_f32">, [input]: readonly [Numbers], [output]: readonly [Numbers]): void =>
    eachLine(p, (start, step) => {
      let so = initial;
      for (let n = 0; n < p.size; n++) {
        const at = start + (p.reverse ? p.size - 1 - n : n) * step;
        const next = f(so, input[at]!);
        output[at] = p.exclusive ? so : next;
        so = next;
      }
    });
}

export const running = {
  cumsum_f32: fold(0, (so, x) => so + x),
  cumsum_i32: fold(0, (so, x) => (so + x) | 0),
  cumprod_f32: fold(1, (so, x) => so * x),
} satisfies Partial<ReferenceKernels>;
