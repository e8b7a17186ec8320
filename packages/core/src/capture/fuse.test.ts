/** @file Fused recordings on the reference backend, in doubles: the same numbers as eager mode up to their last bits. */
import { beforeAll, describe, expect, it } from "vitest";
import "../ops/methods.ts";
import { type Case, cases } from "../../test/fuse-cases.ts";
import { randint, randn } from "../autograd/create-random.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { createReference } from "../backends/reference.ts";
import { manualSeed } from "../base/rng/index.ts";
import * as nn from "../nn/index.ts";
import { cat, crossEntropy, pad } from "../ops/index.ts";
import { SGD } from "../optim/index.ts";
import { type Captured, capture } from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

/** Three numbers for each step, then all weights; and the kernels of the last replay. */
async function train(
  { make, size, steps = 4 }: Case,
  fuse: boolean | undefined,
): Promise<{ values: number[]; kernels: string[] }> {
  manualSeed(11);
  const model = make();
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const body = (x: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = fuse === undefined ? body : capture(body, { fuse });
  const values: number[] = [];
  for (let i = 0; i < steps; i++) values.push(await step(randn([3, ...size]), randint(0, 3, [3])).item());
  for (const t of model.stateDict().values()) values.push(...(await t.readValues()));
  return { values, kernels: kernelsOf(step) };
}

/** The kernels of a captured function; none for one that is not. */
const kernelsOf = (fn: (...args: never[]) => Tensor): string[] =>
  "commands" in fn ? (fn as Captured<never[], Tensor>).commands().map(({ kernel }) => kernel) : [];

async function evaluate(
  { make, size }: Case,
  fuse: boolean | undefined,
): Promise<{ values: number[]; kernels: string[] }> {
  manualSeed(12);
  const model = make();
  for (let i = 0; i < 2; i++) model.forward(randn([3, ...size])); // running statistics that are not 0 and 1
  model.eval();
  const body = (x: Tensor) => noGrad(() => model.forward(x));
  const run = fuse === undefined ? body : capture(body, { fuse });
  const values: number[] = [];
  for (let i = 0; i < 4; i++) values.push(...(await run(randn([2, ...size])).readValues()));
  return { values, kernels: kernelsOf(run) };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  // Sums of some hundred doubles in another order, over four steps.
  expect(worst).toBeLessThan(1e-10 * largest);
}

function count(kernels: readonly string[], wanted: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.keys(wanted).map((name) => [name, kernels.filter((kernel) => kernel === name).length]),
  );
}

describe.each(cases)("$name", (example) => {
  it("trains to the same numbers", async () => {
    const eager = await train(example, undefined);
    const fused = await train(example, true);
    expect(count(fused.kernels, example.train)).toEqual(example.train);
    expectClose(fused.values, eager.values);
    expect((await train(example, false)).values).toEqual(eager.values);
  });

  it("gives the same outputs", async () => {
    const eager = await evaluate(example, undefined);
    const fused = await evaluate(example, true);
    expect(count(fused.kernels, example.evaluate)).toEqual(example.evaluate);
    expectClose(fused.values, eager.values);
  });
});

it("hidden results that are asked for are not taken away", async () => {
  const conv = new nn.Conv2d(1, 2, 3, { padding: 1 });
  const body = (x: Tensor) =>
    noGrad(() => {
      const y = conv.forward(x);
      return [y, y.relu()];
    });
  const run = capture(body);
  for (let i = 0; i < 3; i++) {
    const x = randn([1, 1, 4, 4]);
    const [a, b] = run(x);
    const [c, d] = body(x);
    expectClose(
      [...(await a!.readValues()), ...(await b!.readValues())],
      [...(await c!.readValues()), ...(await d!.readValues())],
    );
  }
});

it("packed weights and folded batch norms follow every change of what they were made of", async () => {
  manualSeed(5);
  const model = new nn.Sequential(
    new nn.Conv2d(3, 9, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(9),
    new nn.ReLU(),
  );
  const [conv, norm] = [model.at(0) as nn.Conv2d, model.at(1) as nn.BatchNorm2d];
  model.train().forward(randn([4, 3, 5, 5]));
  model.eval();
  const body = (x: Tensor) => noGrad(() => model.forward(x));
  const run = capture(body);
  const x = randn([2, 3, 5, 5]);
  const agrees = async () => expectClose([...(await run(x).readValues())], [...(await body(x).readValues())]);
  for (let i = 0; i < 3; i++) await agrees();
  const packed = run.commands().filter(({ params }) => "panel" in params && Number(params.panel) > 0);
  expect(packed.map(({ kernel }) => kernel)).toEqual(["conv2d_fused_f32"]);
  expect(kernelsOf(run)).toHaveLength(1);

  noGrad(() => conv.weight.mul_(2));
  await agrees();
  norm.runningMean!.add_(0.5);
  await agrees();
  model.loadStateDict(new Map([...model.stateDict()].map(([key, t]) => [key, t.clone()])));
  await agrees();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  model.forward(x).sum().backward();
  optimizer.step();
  await agrees();
  conv.weight.write(Float32Array.from({ length: conv.weight.numel }, (_, i) => Math.sin(i)));
  await agrees();
});

it("3x3 convolutions of many channels go by Winograd where weights hold still, unless told not to", async () => {
  manualSeed(8);
  const model = new nn.Sequential(
    new nn.Conv2d(32, 32, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(32, 33, 3, { padding: 1 }),
    new nn.Conv2d(33, 31, 3),
    new nn.Conv2d(31, 32, 3, { stride: 2, padding: 1 }),
  );
  model.train().forward(randn([1, 32, 8, 9]));
  model.eval();
  const body = (x: Tensor) => noGrad(() => model.forward(x));
  const [run, plain] = [capture(body), capture(body, { winograd: false })];
  const x = randn([1, 32, 8, 9]);
  const agree = async () => {
    const expected = [...(await body(x).readValues())];
    for (const captured of [run, plain]) expectClose([...(await captured(x).readValues())], expected);
  };
  for (let i = 0; i < 3; i++) await agree();
  const convolutions = (captured: typeof run) => kernelsOf(captured).filter((kernel) => kernel.startsWith("conv2d"));
  const [direct, fast] = ["conv2d_fused_f32", "conv2d_winograd_f32"];
  expect(convolutions(run)).toEqual([fast, fast, direct, direct]);
  expect(convolutions(plain)).toEqual([direct, direct, direct, direct]);
  noGrad(() => (model.at(0) as nn.Conv2d).weight.mul_(2));
  await agree();
});

it("Winograd's tiles are of 4x4 outputs where there are many, forward and in both gradients", async () => {
  manualSeed(10);
  const model = new nn.Sequential(new nn.Conv2d(2, 32, 1), new nn.Conv2d(32, 32, 3, { padding: 1 }));
  const optimizer = new SGD(model.parameters(), { lr: 0 }); // weights that are written to in every step
  const body = (x: Tensor) => {
    optimizer.zeroGrad();
    const y = model.forward(x);
    const loss = y.mul(y).mean();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const run = capture(body);
  const tiles = async (images: number) => {
    const x = randn([images, 2, 3, 3]);
    const numbers = async (step: typeof body) => {
      const values = [await step(x).item()];
      for (const { grad } of model.parameters()) values.push(...(await grad!.readValues()));
      return values;
    };
    const expected = await numbers(body);
    for (let i = 0; i < 2; i++) expectClose(await numbers(run), expected);
    return run.commands().flatMap(({ kernel, params }) => ("tile" in params ? [[kernel, params.tile]] : []));
  };
  const all = (tile: number, ofWeight = tile) => [
    ["conv2d_winograd_pack_f32", tile],
    ["conv2d_winograd_f32", tile],
    ["conv2d_winograd_backward_weight_f32", ofWeight],
    ["conv2d_winograd_pack_f32", tile],
    ["conv2d_winograd_f32", tile],
  ];
  expect(await tiles(29)).toEqual(all(2));
  expect(await tiles(32)).toEqual(all(2, 4)); // its weights are not transformed
  expect(await tiles(128)).toEqual(all(4));
});

it.each([0, 1])("3x3 convolutions with stride 2 and their gradients go by Winograd, padding %i", async (padding) => {
  manualSeed(11);
  const model = new nn.Sequential(
    new nn.Conv2d(2, 32, 1),
    new nn.ReLU(),
    new nn.Conv2d(32, 33, 3, { stride: 2, padding }),
  );
  const body = (x: Tensor) => {
    model.zeroGrad();
    const y = model.forward(x);
    y.mul(y).mean().backward();
    return [y, ...[...model.parameters()].map((p) => p.grad!)];
  };
  const run = capture(body);
  const inputs = Array.from({ length: 3 }, () => randn([11, 2, 11, 12]));
  const results = inputs.map((x) => run(x).map((t) => t.clone()));
  for (const [i, expected] of body(inputs[2]!).entries())
    expectClose([...(await results[2]![i]!.readValues())], [...(await expected.readValues())]);
  const kernels = run.commands().map(({ kernel }) => kernel);
  const count = (kernel: string) => kernels.filter((each) => each === kernel).length;
  expect([count("conv2d_winograd_f32"), count("conv2d_winograd_backward_weight_f32")]).toEqual([2, 1]);
});

it("zeros around a picture become the padding of the convolutions behind it, where they are all that reads them", async () => {
  manualSeed(9);
  const [first, second] = [new nn.Conv2d(2, 3, 3, { stride: 2 }), new nn.Conv2d(2, 2, 2, { padding: 1, groups: 2 })];
  const cases: readonly [(x: Tensor) => Tensor, number][] = [
    [(x) => first.forward(pad(x, [0, 1, 0, 1])), 0],
    [(x) => cat([first.forward(pad(x, [2, 1, 0, 3])).flatten(), second.forward(pad(x, [1, 0, 2, 0])).flatten()]), 0],
    [(x) => first.forward(pad(x, [0, 1, 0, 1], { value: 0.5 })), 1],
    [(x) => first.forward(pad(x, [-1, 1, 0, 1])), 1],
    [(x) => first.forward(pad(x, [1, 1, 1, 1], { mode: "reflect" })), 1],
    [(x) => second.forward(pad(x, [0, 1, 0, 1]).relu()), 1],
  ];
  for (const [body, pads] of cases) {
    const run = capture((x: Tensor) => noGrad(() => body(x)));
    for (let i = 0; i < 3; i++) {
      const x = randn([2, 2, 7, 6]);
      expectClose([...(await run(x).readValues())], [...(await noGrad(() => body(x)).readValues())]);
    }
    expect(kernelsOf(run).filter((kernel) => kernel === "pad2d_f32")).toHaveLength(pads);
  }
});

it("weights that the same call trains are not taken for constant", async () => {
  manualSeed(6);
  const make = () => {
    manualSeed(7);
    const conv = new nn.Conv2d(2, 4, 3);
    const optimizer = new SGD(conv.parameters(), { lr: 0.1 });
    return (x: Tensor) => {
      const before = noGrad(() => conv.forward(x).sum());
      optimizer.zeroGrad();
      conv.forward(x).pow(2).mean().backward();
      optimizer.step();
      return before;
    };
  };
  const [eager, fused] = [make(), capture(make())];
  for (let i = 0; i < 4; i++) {
    const x = randn([2, 2, 5, 5]);
    expectClose([await fused(x).item()], [await eager(x).item()]);
  }
});
