/** @file Gradients of gradients. Each operation's are checked on its samples, in test/ops.test.ts; here is the machinery. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  createReference,
  enableGrad,
  grad,
  inferenceMode,
  nn,
  noGrad,
  registerBackend,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../index.ts";
import { unaryOps } from "../ops/unary.ts";
import { defineOp } from "./define-op.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

describe("createGraph", () => {
  test("x⁴ down to its fourth derivative", async () => {
    const x = leaf([3]);
    let y: Tensor = x.pow(4);
    const slopes: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      y = grad([y], [x], { createGraph: true })[0]!;
      slopes.push(await y.item());
    }
    expect(slopes).toEqual([4 * 27, 12 * 9, 24 * 3, 24]);
  });

  test("mixed derivatives: f = x²·y³ has ∂²f/∂x∂y = 6xy²", async () => {
    const [x, y] = [leaf([2]), leaf([5])];
    const [dx] = grad([x.mul(x).mul(y.pow(3))], [x], { createGraph: true });
    const [dxdy] = grad([dx!], [y]);
    expect(await dxdy!.item()).toBe(6 * 2 * 25);
  });

  test("a Hessian times a vector: that of xᵀAx is (A + Aᵀ)v", async () => {
    const x = leaf([1, -2]);
    const a = tensor([
      [1, 2],
      [5, 3],
    ]);
    const [g] = grad([x.matmul(a).matmul(x)], [x], { createGraph: true });
    const [hv] = grad([g!.mul(tensor([10, 100])).sum()], [x]);
    expect(await hv!.tolist()).toEqual([2 * 10 + 7 * 100, 7 * 10 + 6 * 100]);
  });

  test("a gradient penalty reaches the weights: ∂/∂w (∂(wx²)/∂x)² = 8wx²", async () => {
    const [x, w] = [leaf([3]), leaf([0.5])];
    const [g] = grad([w.mul(x.mul(x)).sum()], [x], { createGraph: true });
    g!.mul(g!).sum().backward();
    expect(await w.grad!.tolist()).toEqual([8 * 0.5 * 9]);
  });

  test("through a network with convolution, batch norm, pooling and cross-entropy", async () => {
    const net = new nn.Sequential(
      new nn.Conv2d(1, 2, 3, { padding: 1 }),
      new nn.BatchNorm2d(2),
      new nn.Tanh(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(8, 3),
    );
    const values = Float64Array.from({ length: 32 }, (_, i) => Math.sin(i * i));
    const target = tensor(Int32Array.of(2, 0));
    const penalty = (data: Float64Array) => {
      const x = tensor(data, { shape: [2, 1, 4, 4], requiresGrad: true });
      const [g] = grad([nn.functional.crossEntropy(net.forward(x), target)], [x], { createGraph: true });
      return { x, value: g!.mul(g!).sum() };
    };
    const { x, value } = penalty(values);
    const [analytic] = grad([value], [x]);
    const at = async (by: number) =>
      (await penalty(values.map((v, i) => (i === 5 ? v + by : v))).value.readValues())[0]!;
    const numeric = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
    expect((await analytic!.readValues())[5]).toBeCloseTo(numeric, 8);
  });

  test("backward leaves gradients with a history in .grad, and adds to them", async () => {
    const x = leaf([2]);
    const y = x.pow(3);
    y.backward({ createGraph: true });
    expect(x.grad!.requiresGrad).toBe(true);
    y.backward({ createGraph: true });
    const total = x.grad!; // 2·3x²
    x.grad = null;
    total.backward();
    expect(await x.grad!.tolist()).toEqual([2 * 6 * 2]);
  });

  test("what the first gradient needs may not change before the second", () => {
    const x = leaf([2]);
    const y = x.mul(1);
    const [g] = grad([y.mul(y).mul(y).sum()], [x], { createGraph: true });
    noGrad(() => y.add_(1));
    expect(() => g!.backward()).toThrow(expect.objectContaining({ code: "modified" }));
  });

  test("an operation without a second derivative says so when asked, not before", async () => {
    // Every operation here has one; somebody's own may not.
    const { differentiable: _, ...definition } = unaryOps.sigmoid.definition;
    const own = defineOp(definition);
    const x = leaf([0, 0]);
    const [g] = grad([own({ input: x }, { alpha: 0, beta: 0 }).sum()], [x], { createGraph: true });
    expect(await g!.tolist()).toEqual([0.25, 0.25]);
    expect(() => g!.sum().backward()).toThrow(
      expect.objectContaining({ code: "no-second-derivative", message: expect.stringMatching(/gradient of sigmoid/) }),
    );
  });

  test("gradients of what is linear have no history to speak of", () => {
    const x = leaf([2]);
    const [g] = grad([x.mul(3)], [x], { createGraph: true });
    expect(g!.requiresGrad).toBe(false);
  });
});

describe("backward({ inputs })", () => {
  test("changes the .grad of these alone", async () => {
    const [x, w] = [leaf([2]), leaf([5])];
    x.mul(w).backward({ inputs: [w] });
    expect([x.grad, await w.grad!.tolist()]).toEqual([null, [2]]);
  });

  test("refuses what is not a leaf", () => {
    const x = leaf([2]);
    const y = x.mul(2);
    expect(() => y.mul(y).backward({ inputs: [y] })).toThrow(expect.objectContaining({ code: "inputs" }));
  });
});

test("inferenceMode records nothing, not even inside enableGrad, and ends with an error", () => {
  const x = leaf([1]);
  expect(inferenceMode(() => enableGrad(() => x.mul(2)).requiresGrad)).toBe(false);
  expect(() =>
    inferenceMode(() => {
      throw new RangeError("stop");
    }),
  ).toThrow("stop");
  expect(x.mul(2).requiresGrad).toBe(true);
});
