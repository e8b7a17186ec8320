import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  checkpoint,
  createReference,
  defaultGenerator,
  grad,
  manualSeed,
  nn,
  noGrad,
  randn,
  registerBackend,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});
beforeEach(() => void manualSeed(7));

function model() {
  return new nn.Sequential(
    new nn.Conv2d(2, 3, 3, { padding: 1 }),
    new nn.BatchNorm2d(3),
    new nn.ReLU(),
    new nn.Dropout(0.4),
    new nn.Flatten(),
    new nn.Linear(48, 2),
  );
}

/** Loss, gradients, running statistics and the next random number of one step. */
async function step(call: (net: nn.Sequential, x: Tensor) => Tensor) {
  const net = model();
  const x = randn([3, 2, 4, 4], { requiresGrad: true });
  const loss = call(net, x.mul(2)).pow(2).sum();
  const drawn = defaultGenerator.clone().random64();
  loss.backward();
  expect(defaultGenerator.clone().random64()).toBe(drawn);
  const gradients = await Promise.all([x, ...net.parameters()].map((t) => t.grad!.readValues()));
  const buffers = await Promise.all([...net.namedBuffers()].map(([, t]) => t.readValues()));
  return { loss: (await loss.readValues())[0], gradients, buffers, drawn };
}

test("gives the same bits: gradients, dropout's mask, batch norm's statistics, the stream of random numbers", async () => {
  const plain = await step((net, x) => net.forward(x));
  manualSeed(7);
  expect(await step((net, x) => checkpoint((t: Tensor) => net.forward(t), x))).toEqual(plain);
});

test("within another one, and layer by layer", async () => {
  const plain = await step((net, x) => net.forward(x));
  manualSeed(7);
  const nested = await step((net, x) =>
    checkpoint((t: Tensor) => {
      const middle = checkpoint((u: Tensor) => (net.at(1) as nn.Layer).forward((net.at(0) as nn.Layer).forward(u)), t);
      return [2, 3, 4, 5].reduce((u, i) => (net.at(i) as nn.Layer).forward(u), middle);
    }, x),
  );
  expect(nested).toEqual(plain);
});

describe("what is inside", () => {
  const wave = (x: Tensor) => x.mul(x).tanh().mul(x);

  test("runs once forwards and once more backwards", () => {
    let calls = 0;
    const x = tensor([1, 2], { requiresGrad: true });
    const y = checkpoint((t: Tensor) => {
      calls++;
      return wave(t);
    }, x);
    expect(calls).toBe(1);
    y.sum().backward();
    expect(calls).toBe(2);
  });

  test("has second derivatives, and takes retainGraph", async () => {
    const x = tensor([0.3, -1.2], { requiresGrad: true });
    const second = async (y: Tensor) => {
      const [g] = grad([y.sum()], [x], { createGraph: true });
      const [h] = grad([g!.sum()], [x], { retainGraph: true });
      const [again] = grad([g!.sum()], [x]);
      expect(await again!.readValues()).toEqual(await h!.readValues());
      return h!.readValues();
    };
    expect(await second(checkpoint(wave, x))).toEqual(await second(wave(x)));
  });

  test("works for grad() without touching .grad of parameters", async () => {
    const layer = new nn.Linear(2, 2);
    const x = randn([1, 2], { requiresGrad: true });
    const [g] = grad([checkpoint((t: Tensor) => layer.forward(t).tanh(), x).sum()], [x]);
    const [plain] = grad([layer.forward(x).tanh().sum()], [x]);
    expect(await g!.readValues()).toEqual(await plain!.readValues());
    expect(layer.weight.grad).toBeNull();
  });

  test("records nothing inside noGrad", () => {
    const x = tensor([1], { requiresGrad: true });
    expect(noGrad(() => checkpoint(wave, x)).requiresGrad).toBe(false);
  });

  test("must do the same twice", () => {
    let calls = 0;
    const x = tensor([1], { requiresGrad: true });
    const y = checkpoint((t: Tensor) => (calls++ === 0 ? wave(t) : t.exp()), x);
    expect(() => y.backward()).toThrow(expect.objectContaining({ code: "changed" }));
  });

  test("may not have its inputs or parameters changed in between", () => {
    const [x, w] = [tensor([1], { requiresGrad: true }), tensor([3], { requiresGrad: true })];
    const input = x.mul(1);
    const y = checkpoint((t: Tensor) => wave(t), input);
    noGrad(() => input.add_(1));
    expect(() => y.backward()).toThrow(expect.objectContaining({ code: "modified" }));
    const z = checkpoint((t: Tensor) => t.mul(w), x);
    noGrad(() => w.add_(1));
    expect(() => z.backward()).toThrow(expect.objectContaining({ code: "modified" }));
  });
});
