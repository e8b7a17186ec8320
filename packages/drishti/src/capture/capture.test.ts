/**
 * @file Replays of whole training steps on the compiled backends: eager mode's bits without fused kernels; with them the
 * same bits at any number of threads, and gradients as near to doubles as eager mode's.
 */
import { loadNative } from "@drishti/native";
import { describe, expect, it } from "vitest";
import {
  type Backend,
  type BackendName,
  createReference,
  getBackend,
  manualSeed,
  nn,
  optim,
  randint,
  randn,
  setDefaultDevice,
  type Tensor,
} from "../index.ts";
import { BasicBlock, CIFAR10CNN } from "../models/index.ts";
import { capture } from "./index.ts";

function native(threads: number): Backend | string {
  const result = loadNative({ threads });
  return "backend" in result ? result.backend : result.reason;
}

function byName(name: BackendName): Backend | string {
  try {
    return getBackend(name);
  } catch (error) {
    return (error as Error).message;
  }
}

const backends: [string, Backend | string][] = [
  ["native, 1 thread", native(1)],
  ["native, 2 threads", native(2)],
  ["wasm", byName("wasm")],
];

type Make = () => { model: nn.Layer; optimizer: optim.Optimizer; shape: number[] };
const cases: [string, Make][] = [
  [
    "CIFAR10CNN and Adam",
    () => {
      const model = new CIFAR10CNN();
      return { model, optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }), shape: [3, 32, 32] };
    },
  ],
  [
    "residual blocks with batch norm and SGD",
    () => {
      const model = new nn.Sequential(
        new BasicBlock(3, 8),
        new BasicBlock(8, 16, 2),
        new nn.AdaptiveAvgPool2d(1),
        new nn.Flatten(),
        new nn.Linear(16, 10),
      );
      return { model, optimizer: new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }), shape: [3, 16, 16] };
    },
  ],
];

async function run(backend: Backend, make: Make, fuse: boolean | undefined): Promise<number[]> {
  setDefaultDevice(backend);
  manualSeed(9);
  const { model, optimizer, shape } = make();
  const criterion = new nn.CrossEntropyLoss();
  const eager = (images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = fuse === undefined ? eager : capture(eager, { fuse });
  const values: number[] = [];
  for (let i = 0; i < 20; i++) {
    const n = i % 5 === 4 ? 3 : 4;
    values.push(await step(randn([n, ...shape]), randint(0, 10, [n])).item());
    for (const group of optimizer.paramGroups) group.lr *= 0.95;
  }
  for (const t of model.stateDict().values()) for (const value of await t.toArray()) values.push(value);
  if ("replays" in step) expect(step.replays).toBe(17);
  return values;
}

/** Gradients of one batch. */
async function gradients(backend: Backend, make: Make, fuse: boolean | undefined): Promise<Float32Array[]> {
  setDefaultDevice(backend);
  manualSeed(10);
  const { model, optimizer, shape } = make();
  const criterion = new nn.CrossEntropyLoss();
  const eager = (images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(images), labels);
    loss.backward();
    return loss;
  };
  const step = fuse === undefined ? eager : capture(eager, { fuse, rehearse: true });
  step(randn([2, ...shape]), randint(0, 10, [2]));
  return Promise.all([...model.parameters()].map(async (p) => (await p.grad!.toArray()) as Float32Array));
}

const inDoubles = new Map<Make, Promise<Float32Array[]>>();
function doublesOf(make: Make): Promise<Float32Array[]> {
  const known = inDoubles.get(make) ?? gradients(createReference(), make, undefined);
  inDoubles.set(make, known);
  return known;
}

/** The largest error of each tensor over its largest value; the worst of them. */
function worst(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  const errors = expected.map((values, i) => {
    const error = values.reduce((most, value, j) => Math.max(most, Math.abs(value - actual[i]![j]!)), 0);
    return error / values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  });
  return Math.max(...errors);
}

for (const [name, backend] of backends) {
  const missing = typeof backend === "string";
  describe.skipIf(missing)(`${name}${missing ? ` (skipped: ${backend})` : ""}`, () => {
    it.each(cases)("%s: 20 steps, the same bits", async (_name, make) => {
      const eager = await run(backend as Backend, make, undefined);
      const replayed = await run(backend as Backend, make, false);
      expect(replayed.length).toBe(eager.length);
      expect(replayed.findIndex((value, i) => !Object.is(value, eager[i]))).toBe(-1);
    });

    it.each(cases)("%s, fused: gradients as near to doubles as eager mode's", async (_name, make) => {
      const doubles = await doublesOf(make);
      const eager = worst(await gradients(backend as Backend, make, undefined), doubles);
      const fused = worst(await gradients(backend as Backend, make, true), doubles);
      expect(fused).toBeLessThan(Math.max(3 * eager, 5e-6)); // docs/numerics.md, "Captured functions"
    });
  });
}

const [one, two] = [backends[0]![1], backends[1]![1]];
describe.skipIf(typeof one === "string")("fused, 1 and 2 threads", () => {
  it.each(cases)("%s: the same bits", async (_name, make) => {
    const single = await run(one as Backend, make, true);
    const double = await run(two as Backend, make, true);
    expect(double.findIndex((value, i) => !Object.is(value, single[i]))).toBe(-1);
  });
});
