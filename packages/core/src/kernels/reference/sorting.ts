/** @file Lines of [outer, size, inner] in order. NaN is the largest; of equals the first comes first. */
import { eachLine } from "./reduce.ts";
import type { ReferenceKernels } from "./types.ts";

/** Positions of a line's elements in order. */
function ordered(line: readonly number[], descending: boolean): number[] {
  const above = (a: number, b: number) => a > b || (Number.isNaN(a) && !Number.isNaN(b));
  const sign = descending ? -1 : 1;
  return line
    .map((_, k) => k)
    .sort((i, j) => sign * (Number(above(line[i]!, line[j]!)) - Number(above(line[j]!, line[i]!))));
}

function sortLines(
  p: { readonly outer: number; readonly size: number; readonly inner: number },
  count: number,
  descending: boolean,
  input: Float64Array,
  values: Float64Array,
  indices: Int32Array,
): void {
  eachLine(p, (start, step) => {
    const outer = Math.floor(start / (p.size * p.inner));
    const to = outer * count * p.inner + (start % (p.size * p.inner));
    const order = ordered(
      Array.from({ length: p.size }, (_, k) => input[start + k * step]!),
      descending,
    );
    for (let k = 0; k < count; k++) {
      values[to + k * step] = input[start + order[k]! * step]!;
      indices[to + k * step] = order[k]!;
    }
  });
}

export const sorting = {
  sort_f32(p, [input], [values, indices]) {
    sortLines(p, p.size, p.descending !== 0, input, values, indices);
  },
  topk_f32(p, [input], [values, indices]) {
    sortLines(p, p.count, p.largest !== 0, input, values, indices);
  },
} satisfies Partial<ReferenceKernels>;
