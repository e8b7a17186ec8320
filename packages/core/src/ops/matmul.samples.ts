import { matmul } from "./matmul.ts";
import { suite } from "./samples.ts";

export const matmulSuite = suite<object>(
  "matmul",
  ([a, b]) => matmul(a, b!),
  [
    {
      name: "matrices",
      shapes: [
        [3, 4],
        [4, 2],
      ],
      output: [3, 2],
    },
    {
      name: "batches",
      shapes: [
        [2, 3, 4],
        [2, 4, 5],
      ],
      output: [2, 3, 5],
      batched: [0, 1],
    },
    {
      name: "one matrix for all of a batch",
      shapes: [
        [2, 3, 4],
        [4, 5],
      ],
      output: [2, 3, 5],
    },
    {
      name: "broadcast batches",
      shapes: [
        [2, 1, 3, 2],
        [4, 2, 3],
      ],
      output: [2, 4, 3, 3],
    },
    { name: "matrix and vector", shapes: [[3, 4], [4]], output: [3] },
    { name: "vector and matrix", shapes: [[3], [3, 4]], output: [4], batched: [] },
    { name: "vectors", shapes: [[3], [3]], output: [], batched: [] },
  ],
  [
    {
      name: "inner sizes",
      shapes: [
        [3, 4],
        [5, 2],
      ],
      code: "inner",
    },
    {
      name: "batches that do not broadcast",
      shapes: [
        [2, 3, 4],
        [3, 4, 2],
      ],
      code: "broadcast",
    },
    { name: "a scalar", shapes: [[], [2, 2]], code: "rank" },
  ],
);
