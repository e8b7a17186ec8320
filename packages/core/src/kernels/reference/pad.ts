/** @file Padding of planes by reflection, repetition of the edge, wrapping around, or a constant. */
import type { Params } from "../contract.ts";
import type { ReferenceKernels } from "./types.ts";

/** Where position `at`, counted from the first real element, takes its value; −1: the constant. */
function source(mode: number, at: number, size: number): number {
  if (at >= 0 && at < size) return at;
  if (mode === 0) return at < 0 ? -at : 2 * (size - 1) - at; // the edge itself is not repeated
  if (mode === 1) return at < 0 ? 0 : size - 1;
  if (mode === 2) return ((at % size) + size) % size;
  return -1;
}

/** Every padded position with the input position it comes from, −1 for the constant. */
function eachPosition(p: Params<"pad2d_backward_f32">, visit: (padded: number, input: number) => void): void {
  for (let plane = 0; plane < p.planes; plane++) {
    for (let y = 0; y < p.outHeight; y++) {
      const iy = source(p.mode, y - p.padTop, p.inHeight);
      for (let x = 0; x < p.outWidth; x++) {
        const ix = source(p.mode, x - p.padLeft, p.inWidth);
        const padded = (plane * p.outHeight + y) * p.outWidth + x;
        visit(padded, iy < 0 || ix < 0 ? -1 : (plane * p.inHeight + iy) * p.inWidth + ix);
      }
    }
  }
}

export const pad = {
  pad2d_f32(p, [input], [output]) {
    eachPosition(p, (padded, at) => {
      output[padded] = at < 0 ? p.value : input[at]!;
    });
  },
  pad2d_backward_f32(p, [gradOutput], [gradInput]) {
    gradInput.fill(0, 0, p.planes * p.inHeight * p.inWidth);
    eachPosition(p, (padded, at) => {
      if (at >= 0) gradInput[at] = gradInput[at]! + gradOutput[padded]!;
    });
  },
} satisfies Partial<ReferenceKernels>;
