import { describe, expect, expectTypeOf, test } from "vitest";
import {
  arange,
  createReference,
  manualSeed,
  nn,
  ones,
  randint,
  randn,
  registerBackend,
  setDefaultDevice,
  Tensor,
  tensor,
  traceOps,
} from "../index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

const keys = (module: nn.Module) => [...module.stateDict().keys()];

test("ModuleList keeps its order past ten, as torch's keys do", () => {
  const list = new nn.ModuleList(Array.from({ length: 11 }, () => new nn.Linear(1, 1, { bias: false })));
  expect(keys(list)).toEqual(Array.from({ length: 11 }, (_, i) => `${i}.weight`));
  expect(list.at(-1)).toBe([...list][10]);
  expect(() => list.at(11)).toThrow(expect.objectContaining({ code: "index" }));
  expect(() => list.forward(ones([1]))).toThrow(expect.objectContaining({ code: "forward" }));
});

test("ModuleDict keeps the order of insertion, numbers among its names", () => {
  const dict = new nn.ModuleDict<nn.Module>([
    ["b", new nn.Linear(1, 1)],
    ["2", new nn.Linear(1, 1)],
    ["a", new nn.ReLU()],
  ]);
  expect(keys(dict)).toEqual(["b.weight", "b.bias", "2.weight", "2.bias"]);
  expect(dict.delete("2")).toBe(true);
  expect(keys(dict)).toEqual(["b.weight", "b.bias"]);
  for (const name of ["", "a.b", "forward"])
    expect(() => dict.set(name, new nn.ReLU())).toThrow(expect.objectContaining({ code: "name" }));
});

test("parameters in a list are found, and moved with the module", async () => {
  class Net extends nn.Module {
    list = new nn.ParameterList([new nn.Parameter(ones([1])), new nn.Parameter(ones([2]))]);
    act = new nn.PReLU();
    forward(x: Tensor): Tensor {
      return this.act.forward(x.mul(this.list.at(0)));
    }
  }
  const net = new Net();
  expect(keys(net)).toEqual(["list.0", "list.1", "act.weight"]);
  net.forward(tensor([-2])).backward();
  expect(await net.list.at(0).grad!.item()).toBe(-0.5);
  await net.to(createReference());
  expect([...net.parameters()]).toContain(net.list.at(1));
});

test("pooling layers give indices when asked to, in their types, too", async () => {
  const x = tensor([
    [
      [
        [1, 5],
        [3, 2],
      ],
    ],
  ]);
  const plain = new nn.MaxPool2d(2).forward(x);
  expectTypeOf(plain).toEqualTypeOf<Tensor>();
  const both = new nn.MaxPool2d(2, { returnIndices: true }).forward(x);
  expectTypeOf(both).toEqualTypeOf<{ output: Tensor; indices: Tensor }>();
  expect(await both.indices.tolist()).toEqual([[[[1]]]]);
  const adaptive = new nn.AdaptiveMaxPool2d(1, { returnIndices: true }).forward(x);
  expect(await adaptive.indices.tolist()).toEqual([[[[1]]]]);
  const back = new nn.MaxUnpool2d(2).forward(both.output, both.indices);
  expect(await back.tolist()).toEqual([
    [
      [
        [0, 5],
        [0, 0],
      ],
    ],
  ]);
});

// What torch 1.13.1 gives after torch.manual_seed(0).
test("Dropout2d drops torch's channels and leaves the stream where torch does", async () => {
  manualSeed(0);
  const dropped = new nn.Dropout2d(0.4).forward(ones([2, 5, 2, 3]));
  const s = Math.fround(1 / Math.fround(0.6));
  const first = dropped.narrow(2, 0, 1).narrow(3, 0, 1).reshape([2, 5]);
  expect(await first.tolist()).toEqual([
    [0, 0, s, 0, 0],
    [0, s, s, s, s],
  ]);
  expect(await dropped.sum().item()).toBeCloseTo(5 * 6 * s, 4);
  expect(await randint(0, 2 ** 31, [1]).item()).toBe(1252949478);
});

test("Embedding and ConvTranspose1d start as torch's", async () => {
  manualSeed(0);
  const table = new nn.Embedding(3, 2, { paddingIdx: 1 }).weight;
  expect([...(await table.toArray())]).toEqual(
    [1.54099607, -0.293428898, 0, 0, -1.08452237, -1.39859545].map(Math.fround),
  );
  manualSeed(0);
  const { weight, bias } = new nn.ConvTranspose1d(2, 3, 2);
  expect((await weight.toArray()).slice(0, 3)).toEqual(Float32Array.of(-0.00305648171, 0.219002187, -0.33600679));
  expect(await bias!.toArray()).toEqual(
    Float32Array.of(-0.39001941680908203, -0.2703755497932434, -0.16828937828540802),
  );
});

test("ConvTranspose1d refuses bad options when it is made, not only when it runs", () => {
  const wrong = (options: nn.ConvTranspose1dOptions) => () => new nn.ConvTranspose1d(2, 2, 3, options);
  expect(wrong({ stride: 0 })).toThrow("stride must be whole numbers ≥ 1");
  expect(wrong({ stride: 2, outputPadding: 2 })).toThrow("must be below stride");
  expect(wrong({ stride: [1, 1] })).toThrow("stride must be one number, got 2");
  expect(wrong({ stride: 2, outputPadding: 1 })).not.toThrow();
});

test("new activations in a Sequential recycle nothing that backward needs", async () => {
  const net = new nn.Sequential(new nn.ELU(), new nn.Hardswish(), new nn.Mish(), new nn.PReLU(), new nn.Softplus());
  const x = randn([3, 4]).requiresGrad_();
  net.forward(x).sum().backward();
  const separate = x.detach().clone().requiresGrad_();
  let y: Tensor = separate;
  for (const layer of net) y = layer.forward(y);
  y.sum().backward();
  expect(await x.grad!.tolist()).toEqual(await separate.grad!.tolist());
  expect(x.grad).toBeInstanceOf(Tensor);
});

describe("ReLU before a pool is taken after it", () => {
  const all = (values: readonly number[]) => tensor(Float32Array.from(values), { shape: [1, 2, 3, 4] });
  const inputs: Record<string, () => Tensor> = {
    random: () => randn([2, 3, 7, 6]),
    "equal values, zeros and nothing above 0": () =>
      all([2, 2, -1, -1, 2, 2, -3, -0, 0, 0, -5, -6, 1, 0, -0, -0, 0, 1, -1, -2, 4, -4, -1, -1]),
    "NaN and infinities": () =>
      all([NaN, 1, -Infinity, -1, 2, NaN, -2, -3, Infinity, Infinity, 1, 2, -1, NaN, NaN, -1, 0, 0, 0, 0, -1, 5, 5, 5]),
  };
  const pools = {
    plain: [2],
    overlapping: [3, { stride: 2, padding: 1 }],
    ceiling: [3, { stride: 2, ceilMode: true }],
  };
  const cases = Object.keys(inputs).flatMap((x) => Object.keys(pools).map((pool) => [x, pool] as const));

  test.each(cases)("%s, %s: the same bits, and gradients", async (name, how) => {
    manualSeed(3);
    const x = inputs[name]!();
    const options = pools[how as keyof typeof pools] as [number, object?];
    const pool = new nn.MaxPool2d(...options);
    const results = async (forward: (input: Tensor) => Tensor) => {
      const input = x.clone().requiresGrad_();
      const out = forward(input);
      out.mul(arange(out.numel).sub(7).reshape(out.shape)).sum().backward();
      return [await out.tolist(), await input.grad!.tolist()];
    };
    const chain = new nn.Sequential(new nn.Identity(), new nn.Flatten(1, 1), new nn.ReLU(), pool);
    expect(await results((input) => chain.forward(input))).toEqual(
      await results((input) => pool.forward(input.clone().relu())),
    );
  });

  test("but not where a hook, a tracer or padding alone would notice", async () => {
    const order = (net: nn.Sequential) => {
      const names: string[] = [];
      traceOps(
        ({ name }) => names.push(name),
        () => net.forward(ones([1, 1, 4, 4])),
      );
      return names;
    };
    const conv = new nn.Conv2d(1, 1, 1);
    expect(order(new nn.Sequential(conv, new nn.ReLU(), new nn.MaxPool2d(2)))).toEqual(["conv2d", "relu", "maxPool2d"]);
    const watched = new nn.Sequential(conv, new nn.ReLU(), new nn.MaxPool2d(2));
    const seen: unknown[] = [];
    watched.at(1).registerForwardHook((_module, _inputs, output) => void seen.push((output as Tensor).shape));
    watched.forward(ones([1, 1, 4, 4]));
    expect(seen).toEqual([[1, 1, 4, 4]]);
    const nothing = new nn.Sequential(conv, new nn.ReLU(), new nn.MaxPool2d(2, { dilation: 2, padding: 1 }));
    const dilated = nothing.forward(ones([1, 1, 1, 1]));
    expect(await dilated.tolist()).toEqual([[[[-Infinity]]]]);
  });
});
