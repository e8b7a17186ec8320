import { expect, test } from "vitest";
import { createReference, nn, noGrad, optim, registerBackend, setDefaultDevice, tensor } from "../index.ts";

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
