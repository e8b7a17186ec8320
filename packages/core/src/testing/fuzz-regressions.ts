/** @file Random graphs that failed once, cut down, as scripts/fuzz.mjs prints them. */
import type { FuzzProgram } from "./fuzz.ts";

export const fuzzRegressions: readonly { readonly why: string; readonly program: FuzzProgram }[] = [
  {
    why: "a bias summed over a gradient that was not in row-major order, with createGraph",
    program: {
      seed: 2182,
      inputs: [[2, 2, 3, 4], [2, 2, 2, 1], [2]],
      steps: [
        { op: "convTranspose2d", takes: [0, 1, 2], numbers: [2, 1] },
        { op: "amax", takes: [3], numbers: [0] },
      ],
    },
  },
];
