import { type BatchNormOptions, batchNorm } from "./batch-norm.ts";
import { groupNorm, instanceNorm, layerNorm } from "./normalise.ts";
import { suite } from "./samples.ts";

export const batchNormTrainSuite = suite<BatchNormOptions>(
  "batchNorm, training",
  ([input, weight, bias], options) => batchNorm(input, null, null, { ...options, weight, bias, training: true }),
  [
    { name: "images", shapes: [[2, 3, 2, 3], [3], [3]], output: [2, 3, 2, 3] },
    { name: "no weights, a large eps", shapes: [[4, 2]], options: { eps: 0.5 }, output: [4, 2], batched: [] },
    { name: "sequences", shapes: [[3, 2, 4], [2], [2]], output: [3, 2, 4] },
  ],
  [
    { name: "one value a channel", shapes: [[1, 3], [3], [3]], code: "one-value" },
    { name: "no channels", shapes: [[4]], code: "rank" },
    { name: "weights for other channels", shapes: [[2, 3, 2], [2], [3]], code: "channels" },
  ],
);

export const batchNormEvalSuite = suite<BatchNormOptions>(
  "batchNorm, eval",
  ([input, mean, variance, weight, bias], options) => batchNorm(input, mean!, variance!, { ...options, weight, bias }),
  [
    {
      name: "images",
      shapes: [[2, 3, 2, 2], [3], [3], [3], [3]],
      values: ["normal", "normal", "positive"],
      constants: [1, 2],
      output: [2, 3, 2, 2],
    },
    {
      name: "no weights",
      shapes: [[2, 2], [2], [2]],
      values: ["normal", "normal", "positive"],
      constants: [1, 2],
      output: [2, 2],
    },
  ],
  [{ name: "statistics of other channels", shapes: [[2, 3, 2], [2], [3]], code: "channels" }],
);

export const layerNormSuite = suite<{ shape: number[]; eps?: number }>(
  "layerNorm",
  ([input, weight, bias], { shape, eps }) => layerNorm(input, shape, weight, bias, eps),
  [
    { name: "the last axis", shapes: [[2, 3, 4], [4], [4]], options: { shape: [4] }, output: [2, 3, 4] },
    {
      name: "two axes",
      shapes: [
        [2, 3, 2],
        [3, 2],
        [3, 2],
      ],
      options: { shape: [3, 2], eps: 0.1 },
      output: [2, 3, 2],
    },
  ],
  [{ name: "another shape", shapes: [[2, 3, 4]], options: { shape: [3] }, code: "normalized-shape" }],
);

export const groupNormSuite = suite<{ groups: number }>(
  "groupNorm",
  ([input, weight, bias], { groups }) => groupNorm(input, groups, weight, bias),
  [
    { name: "two groups", shapes: [[2, 4, 2, 3], [4], [4]], options: { groups: 2 }, output: [2, 4, 2, 3] },
    { name: "one group, no weights", shapes: [[2, 3, 4]], options: { groups: 1 }, output: [2, 3, 4] },
  ],
  [{ name: "groups that do not divide", shapes: [[2, 4, 3]], options: { groups: 3 }, code: "groups" }],
);

export const instanceNormSuite = suite<{ eps?: number }>(
  "instanceNorm",
  ([input, weight, bias], { eps }) => instanceNorm(input, weight, bias, eps),
  [
    { name: "with weights", shapes: [[2, 3, 2, 4], [3], [3]], output: [2, 3, 2, 4] },
    { name: "without, and a large eps", shapes: [[2, 2, 3, 2]], options: { eps: 0.1 }, output: [2, 2, 3, 2] },
  ],
);
