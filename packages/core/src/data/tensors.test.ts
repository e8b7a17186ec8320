import { expect, test } from "vitest";
import { createReference } from "../backends/reference.ts";
import { DataLoader } from "./data-loader.ts";
import { ArrayImageSet } from "./dataset.ts";
import { toTensors } from "./tensors.ts";

test("a batch as tensors: shapes, types and values", async () => {
  const set = new ArrayImageSet(
    Uint8Array.from({ length: 3 * 12 }, (_, i) => i),
    [2, 0, 1],
    [3, 2, 2],
    ["a", "b", "c"],
  );
  for await (const batch of new DataLoader(set, { batchSize: 3 })) {
    const { images, labels } = toTensors(batch, createReference());
    expect([images.shape, images.dtype, labels.shape, labels.dtype]).toEqual([[3, 3, 2, 2], "float32", [3], "int32"]);
    expect(Array.from(await labels.toArray())).toEqual([2, 0, 1]);
    expect(Float32Array.from(await images.toArray())).toEqual(batch.images);
  }
});
