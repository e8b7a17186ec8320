import { linear } from "./linear.ts";
import { suite } from "./samples.ts";

export const linearSuite = suite<object>(
  "linear",
  ([input, weight, bias]) => linear(input, weight!, bias),
  [
    { name: "a batch", shapes: [[3, 4], [2, 4], [2]], output: [3, 2] },
    {
      name: "no bias",
      shapes: [
        [2, 5],
        [3, 5],
      ],
      output: [2, 3],
    },
    { name: "four axes", shapes: [[2, 1, 3, 2], [4, 2], [4]], output: [2, 1, 3, 4] },
    { name: "one vector", shapes: [[3], [2, 3], [2]], output: [2], batched: [] },
  ],
  [
    {
      name: "features",
      shapes: [
        [2, 3600],
        [10, 4096],
      ],
      code: "features",
    },
    {
      name: "maps that were not flattened",
      shapes: [
        [2, 4, 3, 3],
        [10, 36],
      ],
      code: "features",
    },
    { name: "a bias for other outputs", shapes: [[2, 3], [4, 3], [3]], code: "bias" },
    { name: "a weight of one axis", shapes: [[2, 3], [3]], code: "rank" },
  ],
);
