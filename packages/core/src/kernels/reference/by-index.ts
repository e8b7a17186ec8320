/** @file Reading and writing along an axis by index: input [outer, size, inner], indices for [outer, count, inner]. */
import type { Params } from "../contract.ts";
import { type ReferenceKernels, RefusedData } from "./types.ts";

/** Every (o, k, i): the element's place in [outer, count, inner], and the place its index names in [outer, size, inner]. */
function eachIndexed(p: Params<"gather_f32">, indices: Int32Array, visit: (here: number, there: number) => void): void {
  const all = (f: (o: number, k: number, i: number, at: number) => void) => {
    for (let o = 0; o < p.outer; o++)
      for (let k = 0; k < p.count; k++)
        for (let i = 0; i < p.inner; i++) f(o, k, i, o * p.indexOuter + k * p.indexAxis + i * p.indexInner);
  };
  // Nothing is written when one is wrong.
  all((_o, _k, _i, at) => {
    const index = indices[at]!;
    if (index < 0 || index >= p.size) throw new RefusedData(1, [index, at]);
  });
  all((o, k, i, at) => visit((o * p.count + k) * p.inner + i, (o * p.size + indices[at]!) * p.inner + i));
}

export const byIndex = {
  gather_f32(p, [input, indices], [output]) {
    eachIndexed(p, indices, (here, there) => {
      output[here] = input[there]!;
    });
  },
  gather_i32(p, [input, indices], [output]) {
    eachIndexed(p, indices, (here, there) => {
      output[here] = input[there]!;
    });
  },
  scatter_f32(p, [input, indices], [output]) {
    eachIndexed(p, indices, (here, there) => {
      output[there] = input[here]!;
    });
  },
  scatter_add_f32(p, [input, indices], [output]) {
    eachIndexed(p, indices, (here, there) => {
      output[there] = output[there]! + input[here]!;
    });
  },
} satisfies Partial<ReferenceKernels>;
