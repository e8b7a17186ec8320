import { expect, test } from "vitest";
import { createReference, mul, ones, registerBackend, setDefaultDevice, sub, tensor } from "../index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

test("a gradient handed to two inputs survives being added up and recycled at the first", async () => {
  // (x + t)·(x + t − 2·x·t): the inner sum gives one tensor to x and t, where others already wait.
  const x = tensor([0.3, 0.5], { requiresGrad: true });
  const t = tensor([2, 4], { requiresGrad: true });
  const both = x.add(t);
  mul(both, sub(x.add(t), mul(x, t).mul(2))).backward({ gradient: ones([2]) });
  const s = [2.3, 4.5];
  const m = [2.3 - 4 * 0.3, 4.5 - 8 * 0.5];
  const wantX = s.map((v, i) => m[i]! + v * (1 - 2 * [2, 4][i]!));
  const wantT = s.map((v, i) => m[i]! + v * (1 - 2 * [0.3, 0.5][i]!));
  for (const [leaf, want] of [
    [x, wantX],
    [t, wantT],
  ] as const) {
    const got = (await leaf.grad!.toArray()) as Float32Array;
    for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 5);
  }
});
