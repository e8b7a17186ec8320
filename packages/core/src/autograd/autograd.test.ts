import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  createReference,
  enableGrad,
  grad,
  isGradEnabled,
  maxPool2d,
  mul,
  nn,
  noGrad,
  ones,
  optim,
  registerBackend,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "../index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });
const gradOf = async (t: Tensor) => t.grad && Array.from(await t.grad.toArray());
const refused = (code: string, message?: RegExp) =>
  expect.objectContaining({
    name: "AutogradError",
    code,
    ...(message ? { message: expect.stringMatching(message) } : {}),
  });

describe("backward", () => {
  test("adds to .grad until it is cleared", async () => {
    const x = leaf([1, 2]);
    mul(x, x).sum().backward();
    mul(x, 3).sum().backward();
    expect(await gradOf(x)).toEqual([2 + 3, 4 + 3]);
    x.grad = null;
    mul(x, 3).sum().backward();
    expect(await gradOf(x)).toEqual([3, 3]);
  });

  test("takes the gradient by itself, as PyTorch does, and grad() one output and one input", async () => {
    const x = leaf([1, 2]);
    mul(x, x).backward(tensor([1, 10]));
    expect(await gradOf(x)).toEqual([2, 40]);
    const [slope] = grad(mul(x, x), x, { gradOutputs: tensor([3, 1]) });
    expect(await slope!.tolist()).toEqual([6, 4]);
  });

  test("sums over every way from a leaf to the result", async () => {
    const x = leaf([3]);
    const y = x.mul(2);
    y.mul(y).add(y).add(x).sum().backward(); // 4x² + 2x + x
    expect(await gradOf(x)).toEqual([8 * 3 + 3]);
  });

  test("takes a gradient for a result of several elements", async () => {
    const x = leaf([1, 2]);
    x.mul(5).backward({ gradient: tensor([1, 10]) });
    expect(await gradOf(x)).toEqual([5, 50]);
  });

  test("refuses a result of several elements without one", () => {
    expect(() => leaf([1, 2]).mul(2).backward()).toThrow(refused("not-scalar", /2 elements \[2\].*gradient/s));
  });

  test("refuses a gradient of another shape", () => {
    const y = leaf([1, 2]).mul(2);
    expect(() => y.backward({ gradient: ones([3]) })).toThrow(
      expect.objectContaining({ name: "ShapeError", code: "grad-shape" }),
    );
  });

  test("refuses what depends on no leaf that wants a gradient", () => {
    expect(() => tensor([1]).mul(2).backward()).toThrow(refused("no-grad"));
  });

  test("a second time needs retainGraph, and the message says so", async () => {
    const x = leaf([2]);
    const y = mul(x, x).sum();
    y.backward();
    expect(() => y.backward()).toThrow(refused("freed", /retainGraph: true/));
    const z = mul(x, x).sum();
    z.backward({ retainGraph: true });
    z.backward();
    expect(await gradOf(x)).toEqual([3 * 4]);
  });

  test("what an operation noted for itself goes back as soon as nothing wants it", async () => {
    const x = tensor(
      [
        [
          [1, 2, 5, 0],
          [9, 4, 3, 3],
        ],
      ],
      { requiresGrad: true },
    );
    const free = vi.spyOn(x.backend, "free");
    const positions = () => free.mock.calls.filter(([{ type, length }]) => type === "i32" && length === 2).length;
    const y = maxPool2d(x, 2);
    expect(positions()).toBe(0);
    y.sum().backward({ retainGraph: true });
    expect(positions()).toBe(0);
    y.sum().backward();
    expect(positions()).toBe(1);
    expect(await gradOf(x)).toEqual([0, 0, 2, 0, 2, 0, 0, 0]);
    noGrad(() => maxPool2d(x, 2));
    expect(positions()).toBe(2);
    free.mockRestore();
  });

  test("its gradients have no history: differentiating twice is refused", () => {
    const x = leaf([2]);
    const [first] = grad([x.mul(x).mul(x).sum()], [x]);
    expect(first!.requiresGrad).toBe(false);
    expect(() => first!.sum().backward()).toThrow(refused("no-grad"));
  });
});

describe("grad", () => {
  test("returns gradients and leaves .grad alone", async () => {
    const [x, y] = [leaf([2]), leaf([5])];
    const [dx, dy] = grad([x.mul(y).sum()], [x, y]);
    expect([await dx!.item(), await dy!.item()]).toEqual([5, 2]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  test("refuses an input that the result does not depend on, unless that is allowed", () => {
    const [x, y] = [leaf([2]), leaf([5])];
    expect(() => grad([x.mul(2).sum()], [x, y])).toThrow(refused("unused", /input 1/));
    expect(grad([x.mul(2).sum()], [x, y], { allowUnused: true })[1]).toBeNull();
  });

  test("reaches tensors inside the graph", async () => {
    const x = leaf([3]);
    const y = x.mul(2);
    const [dy] = grad([mul(y, y).sum()], [y]);
    expect(await dy!.item()).toBe(12);
  });
});

describe("noGrad", () => {
  test("records nothing, and enableGrad records inside it", () => {
    const x = leaf([1]);
    noGrad(() => {
      expect(isGradEnabled()).toBe(false);
      expect(x.mul(2).requiresGrad).toBe(false);
      expect(enableGrad(() => x.mul(2)).requiresGrad).toBe(true);
    });
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test("ends with an error and with a promise", async () => {
    expect(() =>
      noGrad(() => {
        throw new RangeError("stop");
      }),
    ).toThrow("stop");
    expect(isGradEnabled()).toBe(true);
    const waiting = noGrad(async () => {
      await Promise.resolve();
      return isGradEnabled();
    });
    expect(await waiting).toBe(false);
    expect(isGradEnabled()).toBe(true);
  });
});

describe("hooks", () => {
  test("see the gradient, may replace it, and can be removed", async () => {
    const x = leaf([1, 2]);
    const seen: Tensor[] = [];
    const removeFirst = x.registerHook((g) => void seen.push(g));
    x.registerHook((g) => g.mul(10));
    x.mul(3).sum().backward();
    expect(await seen[0]!.tolist()).toEqual([3, 3]);
    expect(await gradOf(x)).toEqual([30, 30]);
    removeFirst();
    x.mul(3).sum().backward();
    expect(seen).toHaveLength(1);
  });

  test("inside the graph see the whole gradient once", async () => {
    const x = leaf([2]);
    const y = x.mul(3);
    const seen: number[][] = [];
    y.registerHook((g) => {
      void g.toArray().then((values) => seen.push(Array.from(values)));
      return undefined;
    });
    y.add(y.mul(4)).sum().backward();
    await Promise.resolve();
    expect(await gradOf(x)).toEqual([15]);
    expect(seen).toEqual([[5]]);
  });

  test("retainGrad keeps what a computed tensor got", async () => {
    const x = leaf([2]);
    const y = x.mul(3);
    y.retainGrad();
    mul(y, y).sum().backward();
    expect(await gradOf(y)).toEqual([12]);
  });
});

describe("changes in place", () => {
  test("of a value that a gradient needs are refused, naming the operation", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const z = mul(y, y).sum();
    noGrad(() => y.add_(1));
    expect(() => z.backward()).toThrow(refused("modified", /mul needs.*version 1, saved at 0/s));
  });

  test("of a value that no gradient needs are fine", async () => {
    const x = leaf([1, 2]);
    const y = x.add(1);
    noGrad(() => y.mul_(0));
    y.sum().backward();
    expect(await gradOf(x)).toEqual([1, 1]);
  });

  test("through a view count for the base", () => {
    const x = leaf([1, 2, 3, 4]);
    const y = x.mul(1);
    const z = mul(y, y).sum();
    noGrad(() => y.reshape([2, 2]).fill_(0));
    expect(() => z.backward()).toThrow(refused("modified"));
  });

  test("of a leaf that wants a gradient need noGrad", async () => {
    const x = leaf([1, 2]);
    expect(() => x.add_(1)).toThrow(refused("leaf", /noGrad/));
    noGrad(() => x.add_(1));
    expect(await x.tolist()).toEqual([2, 3]);
  });

  test("are recorded: the history goes on from the new value", async () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    y.mul_(x.detach().add(1)); // 2x·(c + 1)
    y.sum().backward();
    expect(await gradOf(x)).toEqual([4, 6]);
  });

  test("cannot make the target grow", () => {
    expect(() => tensor([1, 2]).add_(zeros([3, 2]))).toThrow(expect.objectContaining({ code: "in-place-shape" }));
  });
});

describe("leaves", () => {
  test("only float32 tensors have gradients", () => {
    expect(() => tensor(Int32Array.of(1), { requiresGrad: true })).toThrow(
      expect.objectContaining({ name: "DTypeError" }),
    );
  });

  test("detach cuts the graph and shares memory", async () => {
    const x = leaf([1, 2]);
    const y = x.detach();
    expect(y.requiresGrad).toBe(false);
    noGrad(() => x.fill_(7));
    expect(await y.tolist()).toEqual([7, 7]);
  });

  test("a computed tensor cannot be told to want no gradient", () => {
    const y = leaf([1]).mul(2);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(refused("not-a-leaf", /detach/));
  });
});

test("a parameter in two places gets both gradients and one step", async () => {
  const shared = new nn.Linear(1, 1, { bias: false });
  const net = new nn.Sequential(shared, shared);
  noGrad(() => shared.weight.fill_(3));
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  net
    .forward(tensor([[1]]))
    .sum()
    .backward(); // w²
  expect(await gradOf(shared.weight)).toEqual([6]);
  expect([...net.namedParameters()].map(([name]) => name)).toEqual(["0.weight"]);
  expect([...net.stateDict().keys()]).toEqual(["0.weight", "1.weight"]);
  optimizer.step();
  expect((await shared.weight.toArray())[0]).toBeCloseTo(3 - 0.6, 6);
});
