import { beforeAll, describe, expect, it } from "vitest";
import "../ops/methods.ts";
import { tensor } from "../autograd/create.ts";
import { rand, randint, randn } from "../autograd/create-random.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { createReference } from "../backends/reference.ts";
import { manualSeed } from "../base/rng/index.ts";
import * as nn from "../nn/index.ts";
import { crossEntropy } from "../ops/index.ts";
import {
  Adam,
  AdamW,
  clipGradNorm_,
  EMA,
  LARS,
  Muon,
  NAdam,
  type Optimizer,
  RMSprop,
  SGD,
  StepLR,
} from "../optim/index.ts";
import { type Captured, capture } from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

type Step = (images: Tensor, labels: Tensor) => Tensor;
interface Trained {
  readonly values: number[];
  readonly step: Step;
}

const convNet = () =>
  new nn.Sequential(
    new nn.Conv2d(2, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Dropout(0.3),
    new nn.Flatten(),
    new nn.Linear(36, 3),
  );

/** Trains for some steps, batches of 4 and now and then 3; every number that came out, bit for bit. */
async function trained(
  makeModel: () => nn.Layer,
  makeOptimizer: (model: nn.Layer) => Optimizer,
  captured: boolean,
  options: { inside?: boolean; steps?: number; each?: (i: number, model: nn.Layer, optimizer: Optimizer) => void } = {},
): Promise<Trained> {
  manualSeed(5);
  const model = makeModel();
  const optimizer = makeOptimizer(model);
  const { inside = true, steps = 10, each } = options;
  const whole: Step = (images, labels) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(images), labels);
    loss.backward();
    if (inside) optimizer.step();
    return loss;
  };
  const step = captured ? capture(whole, { fuse: false }) : whole;
  const values: number[] = [];
  for (let i = 0; i < steps; i++) {
    each?.(i, model, optimizer);
    const n = i % 4 === 3 ? 3 : 4;
    const loss = step(randn([n, 2, 6, 6]), randint(0, 3, [n]));
    if (!inside) optimizer.step();
    values.push(await loss.item());
  }
  for (const t of model.stateDict().values()) values.push(...(await t.readValues()));
  const { state } = await optimizer.stateDict();
  for (const entry of Object.values(state))
    for (const value of Object.values(entry)) values.push(...(typeof value === "number" ? [value] : value.data));
  return { values, step };
}

describe("replays give eager mode's bits", () => {
  const cases: [string, () => nn.Layer, (model: nn.Layer) => Optimizer][] = [
    ["Adam", convNet, (m) => new Adam(m.parameters(), { lr: 0.01, amsgrad: true })],
    ["AdamW", convNet, (m) => new AdamW(m.parameters(), { lr: 0.01 })],
    ["SGD with momentum", convNet, (m) => new SGD(m.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true })],
    ["RMSprop, made of operations", convNet, (m) => new RMSprop(m.parameters(), { lr: 0.01, centered: true })],
    ["NAdam, which counts steps", convNet, (m) => new NAdam(m.parameters(), { lr: 0.01 })],
    ["LARS", convNet, (m) => new LARS(m.parameters(), { lr: 0.1 })],
    [
      "Muon",
      () => new nn.Sequential(new nn.Flatten(), new nn.Linear(72, 3, { bias: false })),
      (m) => new Muon(m.parameters(), { lr: 0.01 }),
    ],
  ];
  it.each(cases)("%s", async (_name, model, optimizer) => {
    const eager = await trained(model, optimizer, false);
    const replayed = await trained(model, optimizer, true);
    expect(replayed.values).toEqual(eager.values);
    expect((replayed.step as Captured<[Tensor, Tensor], Tensor>).replays).toBe(7); // all but 1 warm and 2 recorded
  });

  it.each([true, false])(
    "while rates, modes, frozen layers and probabilities change (optimiser inside: %s)",
    async (inside) => {
      const each = (i: number, model: nn.Layer, optimizer: Optimizer) => {
        for (const group of optimizer.paramGroups) group.lr = 0.02 / (i + 1);
        model.train(i % 6 !== 4);
        const layers = [...model.modules()];
        const dropout = layers.find((m) => m instanceof nn.Dropout)! as { p: number };
        if (i === 7) dropout.p = 0.6;
        const first = layers.find((m) => m instanceof nn.Conv2d)!;
        first.weight.requiresGrad = i < 9;
      };
      const optimizer = (m: nn.Layer) => new Adam(m.parameters(), { lr: 0.01 });
      const options = { inside, each, steps: 14 };
      const eager = await trained(convNet, optimizer, false, options);
      const replayed = await trained(convNet, optimizer, true, options);
      expect(replayed.values).toEqual(eager.values);
      expect((replayed.step as Captured<[Tensor, Tensor], Tensor>).replays).toBeGreaterThan(3);
    },
  );

  it("with a running average over all batches, gradient clipping and an average of the weights", async () => {
    const run = async (captured: boolean) => {
      manualSeed(6);
      const model = new nn.Sequential(
        new nn.Linear(4, 5),
        new nn.BatchNorm1d(5, { momentum: null }),
        new nn.Linear(5, 2),
      );
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const ema = new EMA(model, { decay: 0.9 });
      const body = (x: Tensor, labels: Tensor) => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), labels);
        loss.backward();
        const norm = clipGradNorm_(model.parameters(), 0.1);
        optimizer.step();
        ema.update();
        return { loss, norm, batch: x.size(0) };
      };
      const step = captured ? capture(body) : body;
      const values: number[] = [];
      for (let i = 0; i < 6; i++) {
        const { loss, norm, batch } = step(rand([6, 4]), randint(0, 2, [6]));
        values.push(await loss.item(), await norm.item(), batch);
      }
      for (const t of [...model.stateDict().values(), ...ema.stateDict().values()])
        values.push(...(await t.readValues()));
      return { values, ema: ema.updates, replays: "replays" in step ? step.replays : 0 };
    };
    const eager = await run(false);
    const replayed = await run(true);
    expect(replayed.values).toEqual(eager.values);
    expect(replayed.ema).toBe(6);
    expect(replayed.replays).toBe(4);
  });

  it("when gradients add up over calls", async () => {
    const run = async (captured: boolean) => {
      manualSeed(7);
      const model = new nn.Linear(3, 2);
      const body = (x: Tensor) => {
        const loss = model.forward(x).sum();
        loss.backward();
        return loss;
      };
      const step = captured ? capture(body) : body;
      const values: number[] = [];
      for (let i = 0; i < 8; i++) {
        if (i % 4 === 0) model.zeroGrad();
        await step(randn([2, 3])).item();
        values.push(...(await model.weight.grad!.readValues()));
      }
      return values;
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it("for arguments that are views of others, at any offset", async () => {
    const all = randn([6, 2, 3]);
    const body = (x: Tensor, scale: number) => noGrad(() => x.mul(scale).add(x).sum(1));
    const captured = capture(body);
    for (let i = 0; i < 5; i++) {
      const x = all.narrow(0, i, 2);
      expect(await captured(x, i < 3 ? 2 : 3).toArray()).toEqual(await body(x, i < 3 ? 2 : 3).toArray());
    }
    expect(captured.replays).toBe(2); // 1 warm, 1 recorded for each scale
  });
});

describe("a rehearsal", () => {
  it("changes nothing, so that every call is a replay", async () => {
    const run = async (rehearse: boolean | undefined) => {
      manualSeed(8);
      const model = convNet();
      const optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const body = (x: Tensor, labels: Tensor) => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), labels);
        loss.backward();
        return loss;
      };
      const step = rehearse === undefined ? body : capture(body, { rehearse, fuse: false });
      const values: number[] = [];
      for (let i = 0; i < 5; i++) {
        const n = i === 3 ? 3 : 4;
        values.push(await step(randn([n, 2, 6, 6]), randint(0, 3, [n])).item());
        optimizer.step();
      }
      for (const t of model.stateDict().values()) values.push(...(await t.readValues()));
      return { values, replays: "replays" in step ? step.replays : 0 };
    };
    const eager = await run(undefined);
    const rehearsed = await run(true);
    expect(rehearsed.values).toEqual(eager.values);
    expect(rehearsed.replays).toBe(5);
  });

  it("of what cannot be captured changes nothing either", async () => {
    const total = tensor([0]);
    const add = capture((x: Tensor) => noGrad(() => total.add_(x).mul(tensor([2]))), { rehearse: true });
    for (let i = 1; i <= 3; i++) await add(tensor([i])).item();
    expect(add.eagerReason).toMatch(/values of the host/);
    expect(await total.item()).toBe(6);
  });
});

describe("a rehearsal's recording", () => {
  /** Names of the kernels that run until stop(). */
  const counted = () => {
    const { backend } = tensor([0]);
    const ran: string[] = [];
    const { run } = backend;
    backend.run = (kernel, params, reads, writes) => {
      ran.push(kernel);
      run.call(backend, kernel, params, reads, writes);
    };
    const stop = () => Object.assign(backend, { run });
    return { ran, stop };
  };
  const body = (x: Tensor, scale: Tensor) => noGrad(() => x.mul(scale).relu().sum());

  it("runs no kernel: trial, then replay", async () => {
    const [x, scale] = [randn([4, 3]), tensor([-2])];
    const expected = await body(x, scale).item();
    const { ran, stop } = counted();
    body(x, scale);
    const once = ran.splice(0).length;
    const captured = capture(body, { rehearse: true, fuse: false });
    const result = captured(x, scale);
    stop();
    expect(ran).toHaveLength(2 * once);
    expect(await result.item()).toBe(expected);
  });

  it("is tried with less where there is less", async () => {
    const rows: number[] = [];
    const sizes = (x: Tensor, scale: Tensor) => {
      rows.push(x.shape[0]!);
      if (x.shape[0] === 2) throw new RangeError("never two");
      return body(x, scale);
    };
    for (const [few, tried] of [
      [1, [1, 4]],
      [2, [2, 4, 4]], // the first failed: tried with all
    ] as const) {
      const captured = capture(sizes, {
        rehearse: true,
        tryWith: ([x, scale]) => [(x as Tensor).narrow(0, 0, few), scale],
      });
      const [x, scale] = [randn([4, 3]), tensor([3])];
      rows.length = 0;
      expect(await captured(x, scale).item()).toBe(await body(x, scale).item());
      expect(rows).toEqual(tried);
      expect(captured.replays).toBe(1);
    }
  });

  it("never goes on from values that were not computed", async () => {
    const seen: number[] = [];
    const captured = capture(
      (x: Tensor) => {
        const y = noGrad(() => x.mul(2));
        seen.push(...y.storage.backend.readSync!({ buffer: y.storage.buffer, offset: 0 }, 1));
        return y;
      },
      { rehearse: true },
    );
    expect(await captured(tensor([3])).item()).toBe(6);
    expect(captured.eagerReason).toMatch(/reads values back/);
    expect(seen.every((value) => value === 6)).toBe(true);
  });
});

describe("results", () => {
  it("are fresh tensors: an earlier one keeps its values", async () => {
    const double = capture((x: Tensor) => noGrad(() => x.mul(2)));
    const results = [1, 2, 3, 4].map((value) => double(tensor([value])));
    expect(await Promise.all(results.map((t) => t.item()))).toEqual([2, 4, 6, 8]);
  });

  it("count changes in place, so that gradients computed outside notice them", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const change = capture(() => noGrad(() => void x.add_(1)));
    for (let i = 0; i < 3; i++) change();
    const y = x.mul(x).sum();
    change();
    expect(change.replays).toBe(2);
    expect(() => y.backward()).toThrow(expect.objectContaining({ code: "modified" }));
  });

  it("of what was made inside and not returned, reading says why it cannot be", async () => {
    let kept: Tensor | undefined;
    const body = capture((x: Tensor) =>
      noGrad(() => {
        kept = x.mul(3);
        return kept.sum();
      }),
    );
    for (let i = 0; i < 3; i++) body(tensor([1, 2]));
    await expect(kept!.toArray()).rejects.toThrow(/made inside a captured function.*return it/);
  });
});

describe("what cannot be captured says why, once, and runs eagerly", () => {
  const model = () => new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
  const cases: [string, RegExp, () => (x: Tensor) => unknown][] = [
    ["an async function", /async/, () => async (x) => await x.mul(2).toArray()],
    ["reading a value back", /reads values back/, () => (x) => void x.backend.readSync!(x.mul(2).memory, 1)],
    ["values of the host", /writes values of the host/, () => (x) => x.mul(tensor([2, 3]))],
    [
      "a live graph",
      /backward\(\) has yet/,
      () => {
        const m = model();
        return (x) => m.forward(x);
      },
    ],
    ["a result of another class", /returns a Map/, () => (x) => new Map([["x", x]])],
    [
      "a module that counts",
      /Counting.calls changes/,
      () => {
        class Counting extends nn.Module {
          calls = 0;
          forward(x: Tensor) {
            this.calls++;
            return x.mul(this.calls);
          }
        }
        const m = new Counting();
        return (x) => m.forward(x);
      },
    ],
    [
      "a schedule",
      /schedule moves inside/,
      () => {
        const m = model();
        const schedule = new StepLR(new SGD(m.parameters(), { lr: 1 }), 1);
        return (x) =>
          noGrad(() => {
            schedule.step();
            return m.forward(x);
          });
      },
    ],
    [
      "hooks",
      /has forward hooks/,
      () => {
        const m = model();
        m.registerForwardHook((_, __, y) => y);
        return (x) => noGrad(() => m.forward(x));
      },
    ],
    [
      "a history from outside",
      /computed outside with gradients/,
      () => {
        const w = tensor([1, 2], { requiresGrad: true }).mul(2);
        return (x) => x.mul(w).sum().detach();
      },
    ],
  ];
  it.each(cases)("%s", async (_name, reason, make) => {
    manualSeed(1);
    const plain = make();
    manualSeed(1);
    const reasons: string[] = [];
    const captured = capture(make(), { onEager: (why) => reasons.push(why) });
    const read = async (result: unknown) => {
      const value = await result;
      return value && typeof value === "object" && "toArray" in value ? await (value as Tensor).toArray() : value;
    };
    for (let i = 0; i < 4; i++) {
      const x = tensor([i, -i]);
      expect(await read(captured(x))).toEqual(await read(plain(x)));
    }
    expect(reasons).toEqual([expect.stringMatching(reason)]);
    expect(captured.eagerReason).toMatch(reason);
  });

  it("a function that differs in every call", () => {
    const drop = new nn.Dropout(0.1) as nn.Dropout & { p: number };
    const captured = capture((x: Tensor) => drop.forward(x).detach());
    for (let i = 0; i < 20; i++) {
      drop.p = 0.1 + i / 100;
      captured(tensor([1, 2]));
    }
    expect(captured.eagerReason).toMatch(/Dropout\.p differs in every call/);
  });
});

describe("errors", () => {
  it("of the data come in the operation's words and leave it usable", async () => {
    const loss = capture((x: Tensor, labels: Tensor) => noGrad(() => crossEntropy(x, labels)));
    const good = () => loss(tensor([[1, 2, 3]]), tensor(Int32Array.of(2)));
    for (let i = 0; i < 3; i++) good();
    expect(() => loss(tensor([[1, 2, 3]]), tensor(Int32Array.of(7)))).toThrow(
      expect.objectContaining({ name: "TargetError", code: "target-range" }),
    );
    expect(await good().item()).toBeCloseTo(0.4076059644, 9);
    expect(loss.replays).toBe(2);
  });

  it("thrown while recording pass through; the next call records anew", async () => {
    let fail = false;
    const body = capture((x: Tensor) => {
      const y = x.mul(2);
      if (fail) throw new Error("mine");
      return y;
    });
    body(tensor([1]));
    fail = true;
    expect(() => body(tensor([1]))).toThrow("mine");
    fail = false;
    for (let i = 0; i < 3; i++) expect(await body(tensor([i])).item()).toBe(2 * i);
    expect(body.replays).toBe(2);
  });
});

it("works inside another captured function, and uses one working memory again and again", () => {
  const inner = capture((x: Tensor) => x.mul(2).add(1).mul(3).add(1).mul(5));
  const outer = capture((x: Tensor) => inner(x).add(1));
  for (let i = 0; i < 4; i++) outer(randn([1000]));
  expect(outer.replays).toBe(2);
  expect(inner.replays).toBe(0);
  expect(outer.arenaBytes).toBeLessThan(4 * 1000 * 4); // of 9 tensors, two or three at a time
  outer.release();
  expect(outer.arenaBytes).toBe(0);
});

it("profiles a replay call by call", () => {
  const body = capture((x: Tensor) => x.mul(2).exp());
  const x = randn([10]);
  expect(body.profile(x)).toEqual([]);
  body(x);
  const times = body.profile(x);
  expect(times.map(({ kernel }) => kernel)).toEqual(["affine_f32", "exp_f32"]);
  expect(times.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
});
