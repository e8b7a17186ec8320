import { type EmbeddingOptions, embedding } from "./embedding.ts";
import { suite } from "./samples.ts";

export const embeddingSuite = suite<EmbeddingOptions>(
  "embedding",
  ([indices, weight], options) => embedding(indices, weight!, options),
  [
    {
      name: "rows named several times",
      shapes: [
        [3, 4],
        [5, 2],
      ],
      values: [{ classes: 5 }],
      output: [3, 4, 2],
    },
  ],
  [
    { name: "an index behind the table", shapes: [[2], [3, 2]], values: [{ constant: 3 }], code: "index-range" },
    { name: "indices as floats", shapes: [[2], [3, 2]], code: "dtype" },
    {
      name: "a padding row that does not exist",
      shapes: [[2], [3, 2]],
      values: [{ constant: 1 }],
      options: { paddingIdx: 3 },
      code: "paddingIdx",
    },
  ],
);
