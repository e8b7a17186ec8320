import { beforeAll, expect, test } from "vitest";
import { createReference, grad, nn, noGrad, registerBackend, setDefaultDevice, type Tensor, tensor } from "../index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

class Product extends nn.Module {
  forward(a: Tensor, b: Tensor): Tensor {
    return a.mul(b).mul(2);
  }
}

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });
const list = async (grads: readonly (Tensor | null)[]) => Promise.all(grads.map((g) => g?.tolist() ?? null));

test("a full backward hook sees the gradients of all inputs and of the output, once", async () => {
  const module = new Product();
  const calls: Promise<unknown>[] = [];
  module.registerFullBackwardHook((which, gradInput, gradOutput) => {
    expect(which).toBe(module);
    calls.push(list(gradInput), list(gradOutput));
    return undefined;
  });
  const [a, b] = [leaf([3, 4]), leaf([5, 6])];
  module.forward(a, b).mul(10).sum().backward();
  expect(await Promise.all(calls)).toEqual([
    [
      [100, 120],
      [60, 80],
    ],
    [[10, 10]],
  ]);
  expect([await a.grad!.tolist(), await b.grad!.tolist()]).toEqual([
    [100, 120],
    [60, 80],
  ]);
});

test("what it returns goes on instead, hook after hook, until they are removed", async () => {
  const module = new Product();
  const first = module.registerFullBackwardHook((_m, [ga, gb]) => [ga!.mul(-1), gb!]);
  const second = module.registerFullBackwardHook((_m, [ga, gb]) => [ga!.add(1), gb!]);
  const [a, b] = [leaf([3]), leaf([5])];
  const backward = async () => {
    a.grad = null;
    module.forward(a, b).backward();
    return (await a.grad!.tolist()) as unknown;
  };
  expect(await backward()).toEqual([-9]);
  first.remove();
  expect(await backward()).toEqual([11]);
  second.remove();
  expect(module.hasHooks).toBe(false);
  expect(await backward()).toEqual([10]);
});

test("an input that wants no gradient has none; with none at all the output's is there", async () => {
  const calls: unknown[] = [];
  const module = new Product();
  module.registerFullBackwardHook((_m, gradInput, gradOutput) => {
    calls.push(
      gradInput.map((g) => g !== null),
      gradOutput.map((g) => g !== null),
    );
    return undefined;
  });
  module.forward(leaf([3]), tensor([5])).backward();
  const layer = new nn.Linear(1, 1);
  layer.registerFullBackwardHook((_m, gradInput, gradOutput) => {
    calls.push(
      gradInput.map((g) => g !== null),
      gradOutput.map((g) => g !== null),
    );
    return undefined;
  });
  layer
    .forward(tensor([[2]]))
    .sum()
    .backward();
  expect(calls).toEqual([[true, false], [true], [false], [true]]);
  expect(layer.weight.grad).not.toBeNull();
});

test("in the middle of a network what is seen stays what it was, and second derivatives pass", async () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
  const seen: Tensor[] = [];
  net.at(1).registerFullBackwardHook((_m, gradInput, gradOutput) => void seen.push(gradInput[0]!, gradOutput[0]!));
  const x = tensor([[0.5, -1]], { requiresGrad: true });
  net.forward(x).sum().backward();
  const hidden = noGrad(() => (net.at(0) as nn.Linear).forward(x as Tensor).tanh());
  const upstream = (net.at(2) as nn.Linear).weight;
  expect(await seen[1]!.tolist()).toEqual(await upstream.tolist());
  const inner = noGrad(() => upstream.mul(hidden.mul(hidden).neg().add(1)));
  const [got, want] = [await seen[0]!.readValues(), await inner.readValues()];
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 14);

  const second = async (hooked: boolean) => {
    const hook = hooked ? net.registerFullBackwardHook(() => undefined) : null;
    const [g] = grad([net.forward(x).sum()], [x], { createGraph: true });
    const [h] = grad([g!.sum()], [x]);
    hook?.remove();
    return h!.readValues();
  };
  expect(await second(true)).toEqual(await second(false));
});

test("an output that is not one tensor is refused", () => {
  class Pair extends nn.Module {
    forward(x: Tensor): Tensor[] {
      return [x, x];
    }
  }
  const pair = new Pair();
  pair.registerFullBackwardHook(() => undefined);
  expect(() => pair.forward(leaf([1]))).toThrow(expect.objectContaining({ code: "hook-output" }));
});
