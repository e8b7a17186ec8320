import { expect, test } from "vitest";
import { createReference, indexSelect, tensor } from "../index.ts";

const device = createReference();

// torch.index_select(x, 1, torch.tensor([2, 0, 0])) and its gradient for the upstream [[1, 2, 3], [4, 5, 6]].
test("indexSelect takes entries in any order and adds up the gradients of those taken twice", async () => {
  const x = tensor(
    [
      [10, 20, 30, 40],
      [50, 60, 70, 80],
    ],
    { device, requiresGrad: true },
  );
  const y = indexSelect(x, 1, [2, 0, 0]);
  expect(await y.tolist()).toEqual([
    [30, 10, 10],
    [70, 50, 50],
  ]);
  y.backward({
    gradient: tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { device },
    ),
  });
  expect(await x.grad!.tolist()).toEqual([
    [5, 0, 1, 0],
    [11, 0, 4, 0],
  ]);
});

test("negative indices count from the end; others outside are refused", async () => {
  const x = tensor([1, 2, 3], { device });
  expect(await indexSelect(x, 0, [-1, -3]).tolist()).toEqual([3, 1]);
  expect(indexSelect(x, 0, []).shape).toEqual([0]);
  expect(() => indexSelect(x, 0, [3])).toThrow("indexSelect: index 3 is outside axis 0 of size 3.");
});
