import { expect, test } from "vitest";
import {
  createReference,
  manualSeed,
  nn,
  noGrad,
  optim,
  randn,
  registerBackend,
  setDefaultDevice,
  tensor,
} from "../index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

function linear(): nn.Linear {
  return new nn.Linear(1, 1, { bias: false });
}

function set(model: nn.Linear, value: number): void {
  noGrad(() => model.weight.fill_(value));
}

// torch.optim.swa_utils.AveragedModel with avg_fn 0.9·a + 0.1·p gives 2, 2.1, 2.39.
test("the first update copies, later ones blend", async () => {
  const model = linear();
  const ema = new optim.EMA(model, { decay: 0.9 });
  const seen: number[] = [];
  for (const value of [2, 3, 5]) {
    set(model, value);
    ema.update();
    seen.push(await ema.stateDict().get("weight")!.item());
  }
  expect(seen[0]).toBe(2);
  expect(seen[1]).toBeCloseTo(2.1, 6);
  expect(seen[2]).toBeCloseTo(2.39, 6);
});

// The same with its weight 1 − decay by TensorFlow's rule, min(decay, (1 + n)/(10 + n)): 2/11 keeps of 2, then 3/12 of 2.8182.
test("warmup lets the average follow at first", async () => {
  const model = linear();
  const ema = new optim.EMA(model, { decay: 0.9, warmup: true });
  const seen: number[] = [];
  for (const value of [2, 3, 5]) {
    set(model, value);
    ema.update();
    seen.push(await ema.stateDict().get("weight")!.item());
  }
  expect(seen[1]).toBeCloseTo(2 + 9 / 11, 6);
  expect(seen[2]).toBeCloseTo(0.25 * (2 + 9 / 11) + 0.75 * 5, 6);
});

test("running statistics are averaged, too, where buffers are wanted; whole numbers stay the model's", () => {
  const keys = [...new optim.EMA(new nn.BatchNorm2d(2), { useBuffers: true }).stateDict().keys()];
  expect(keys).toEqual(["weight", "bias", "running_mean", "running_var"]);
});

// PyTorch 1.13: AveragedModel(net, avg_fn=lambda a, p, n: 0.9 * a + 0.1 * p, use_buffers=True) over the same four steps.
test("weights and running statistics are those of torch's AveragedModel", async () => {
  manualSeed(0);
  const net = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.5 });
  const ema = new optim.EMA(net, { decay: 0.9, useBuffers: true });
  const x = randn([5, 4, 3]);
  for (let i = 0; i < 4; i++) {
    optimizer.zeroGrad();
    nn.functional.crossEntropy(net.forward(x.select(0, i)), tensor([0, 1, 1, 0], { dtype: "int32" })).backward();
    optimizer.step();
    ema.update();
  }
  const torch = {
    "0.weight": [
      -0.28139200806617737, 0.4657907485961914, -0.33531638979911804, -0.4985678493976593, -0.19666124880313873,
      -0.08441377431154251,
    ],
    "0.bias": [-0.011439145542681217, 0.45777472853660583],
    "1.weight": [0.6526452302932739, 0.7074299454689026],
    "1.bias": [0.012904424220323563, -0.012904434464871883],
    "1.running_mean": [-0.0022602779790759087, 0.08058192580938339],
    "1.running_var": [0.8961473703384399, 0.8822408318519592],
  };
  for (const [key, values] of Object.entries(torch))
    for (const [i, value] of [...(await ema.stateDict().get(key)!.toArray())].entries())
      expect(value).toBeCloseTo(values[i]!, 6);
});

test("withWeights evaluates the average and puts the model's own back, also after an error or a promise", async () => {
  const model = linear();
  set(model, 2);
  const ema = new optim.EMA(model, { decay: 0.5 });
  ema.update();
  set(model, 4);
  const weight = () => model.weight.item();
  expect(await ema.withWeights(weight)).toBe(2);
  expect(await weight()).toBe(4);
  expect(() =>
    ema.withWeights(() => {
      throw new Error("stop");
    }),
  ).toThrow("stop");
  expect(await weight()).toBe(4);
  await expect(ema.withWeights(async () => Promise.reject(new Error("later")))).rejects.toThrow("later");
  expect(await weight()).toBe(4);
});

test("goes on from a saved state", async () => {
  const [a, b] = [linear(), linear()];
  set(a, 1);
  const first = new optim.EMA(a, { decay: 0.5 });
  first.update();
  const saved = new Map([["weight", { shape: [1, 1], data: await first.stateDict().get("weight")!.toArray() }]]);
  const second = new optim.EMA(b, { decay: 0.5 });
  second.loadStateDict(saved, first.updates);
  set(b, 3);
  second.update();
  expect(await second.stateDict().get("weight")!.item()).toBe(2);
  expect(() => second.loadStateDict(new Map(), 1)).toThrow(expect.objectContaining({ code: "state-dict" }));
});

test("optimisers of matrices and of layers refuse what they cannot take", () => {
  const bias = new nn.Parameter(tensor([1]));
  expect(() => new optim.Muon([bias])).toThrow(expect.objectContaining({ code: "rank" }));
  expect(() => new optim.LARS([bias], {} as never)).toThrow(expect.objectContaining({ code: "lr" }));
  expect(() => new optim.NAdam([bias], { betas: [0.9, 1] })).toThrow(expect.objectContaining({ code: "betas" }));
  expect(() => new optim.Adadelta([bias], { rho: 1.1 })).toThrow(expect.objectContaining({ code: "rho" }));
  expect(() => new optim.EMA(linear(), { decay: 2 })).toThrow(expect.objectContaining({ code: "decay" }));
});
