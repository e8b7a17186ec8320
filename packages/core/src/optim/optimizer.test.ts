import { beforeAll, describe, expect, test, vi } from "vitest";
import { capture } from "../capture/index.ts";
import {
  createReference,
  Generator,
  nn,
  ones,
  optim,
  randn,
  registerBackend,
  setDefaultDevice,
  type Tensor,
  zeros,
} from "../index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

type Optimizer = optim.Optimizer;
const makers: Record<string, (parameters: nn.Parameter[]) => Optimizer> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.1 }) as unknown as Optimizer,
  "SGD, Nesterov": (p) =>
    new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }) as unknown as Optimizer,
  Adam: (p) => new optim.Adam(p, { lr: 0.01 }),
  "Adam, amsgrad": (p) => new optim.Adam(p, { lr: 0.01, amsgrad: true, weightDecay: 0.1 }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.01 }),
  RMSprop: (p) => new optim.RMSprop(p, { lr: 0.01 }),
  "RMSprop, centered": (p) => new optim.RMSprop(p, { lr: 0.01, centered: true, momentum: 0.5 }),
  Adagrad: (p) => new optim.Adagrad(p, { lr: 0.1, lrDecay: 0.1 }),
};

const shapes = [[3, 2], [4]];

/** Two parameters, the same for one seed. */
function parameters(): nn.Parameter[] {
  const generator = new Generator(1);
  return shapes.map((shape) => new nn.Parameter(randn(shape, { generator })));
}

/** Takes steps `from` up to `to` with gradients that depend on the step alone. */
function walk(optimizer: Optimizer, own: readonly nn.Parameter[], from: number, to: number): void {
  for (let step = from; step < to; step++) {
    const generator = new Generator(100 + step);
    for (const parameter of own) parameter.grad = randn(parameter.shape, { generator });
    optimizer.step();
  }
}

const values = (own: readonly nn.Parameter[]) => Promise.all(own.map(async (p) => Array.from(await p.readValues())));

describe.each(Object.entries(makers))("%s", (_name, make) => {
  test("goes on from its state as if it had not stopped, bit for bit", async () => {
    const whole = parameters();
    walk(make(whole), whole, 0, 7);

    const first = parameters();
    const stopped = make(first);
    walk(stopped, first, 0, 4);
    const state = structuredClone(await stopped.stateDict());
    const kept = await values(first);
    const second = shapes.map((shape, i) => new nn.Parameter(zeros(shape).write(Float64Array.from(kept[i]!))));
    const resumed = make(second);
    resumed.loadStateDict(state);
    walk(resumed, second, 4, 7);
    expect(await values(second)).toEqual(await values(whole));
  });

  test("leaves parameters without a gradient alone", async () => {
    const own = parameters();
    const before = await values(own);
    const optimizer = make(own);
    own[1]!.grad = randn([4], { generator: new Generator(5) });
    optimizer.step();
    const after = await values(own);
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    optimizer.zeroGrad();
    expect(own[1]!.grad).toBeNull();
  });

  test("refuses a state of other groups, no parameters, one twice, and a negative rate", async () => {
    const own = parameters();
    const state = await make(own).stateDict();
    expect(() => make([own[0]!]).loadStateDict(state)).toThrow(expect.objectContaining({ code: "state-dict" }));
    expect(() => make([])).toThrow(expect.objectContaining({ code: "empty" }));
    expect(() => make([own[0]!, own[0]!])).toThrow(expect.objectContaining({ code: "duplicate" }));
    const Class = make(own).constructor as new (p: nn.Parameter[], o: { lr: number }) => Optimizer;
    expect(() => new Class(own, { lr: -1 })).toThrow(expect.objectContaining({ code: "lr" }));
  });
});

test("groups have options of their own", async () => {
  const own = parameters();
  const before = await values(own);
  const optimizer = new optim.SGD([{ params: [own[0]!] }, { params: [own[1]!], lr: 0 }], { lr: 0.5 });
  walk(optimizer as unknown as Optimizer, own, 0, 1);
  const after = await values(own);
  expect(after[0]).not.toEqual(before[0]);
  expect(after[1]).toEqual(before[1]);
});

test("a step counts as a change in place", () => {
  const [weight] = parameters() as [nn.Parameter, nn.Parameter];
  const loss = weight.mul(weight).sum();
  weight.grad = zeros([3, 2]);
  new optim.SGD([weight], { lr: 0.1 }).step();
  expect(() => loss.backward()).toThrow(expect.objectContaining({ code: "modified" }));
});

test("a group added later has the optimiser's options, and no parameter twice", async () => {
  const own = parameters();
  const optimizer = new optim.SGD([own[0]!], { lr: 0.1, momentum: 0.9 });
  expect(() => optimizer.addParamGroup({ params: [own[0]!] })).toThrow(expect.objectContaining({ code: "duplicate" }));
  expect(() => optimizer.addParamGroup({ params: [own[1]!], lr: -1 })).toThrow(expect.objectContaining({ code: "lr" }));
  optimizer.addParamGroup({ params: [own[1]!], lr: 0.5 });
  expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
    [0.1, 0.9],
    [0.5, 0.9],
  ]);
  const before = await values(own);
  walk(optimizer as unknown as Optimizer, own, 0, 1);
  expect((await values(own)).every((now, i) => now.every((value, j) => value !== before[i]![j]))).toBe(true);
});

describe("the memory of gradients", () => {
  const forget: Record<string, (p: nn.Parameter, optimizer: Optimizer) => void> = {
    "optimizer.zeroGrad()": (_p, optimizer) => optimizer.zeroGrad(),
    "module.zeroGrad()": (p) => {
      class Holder extends nn.Module {
        p = p;
        forward(): void {}
      }
      new Holder().zeroGrad();
    },
  };
  const trained = (make: (p: nn.Parameter) => Optimizer) => {
    const p = new nn.Parameter(ones([2]));
    const optimizer = make(p);
    const freed = vi.spyOn(p.backend, "free");
    const backward = (hook?: (grad: Tensor) => undefined) => {
      const twice = p.mul(2);
      if (hook) p.registerHook(hook);
      twice.sum().backward();
      const { buffer } = p.peekGrad()!.storage;
      return () => freed.mock.calls.some(([given]) => given === buffer);
    };
    return { p, optimizer, backward, freed };
  };
  const sgd = (p: nn.Parameter) => new optim.SGD([p], { lr: 0.5, momentum: 0.9 }) as unknown as Optimizer;

  test.each(Object.keys(forget))("goes back at %s, when nobody looked at them", async (how) => {
    const { p, optimizer, backward, freed } = trained(sgd);
    for (let step = 0; step < 3; step++) {
      const isFree = backward();
      nn.utils.clipGradNorm_([p], 100);
      optimizer.step();
      forget[how]!(p, optimizer);
      expect(isFree()).toBe(true);
      expect(p.grad).toBeNull();
    }
    const value = 1 - 0.5 * (2 + 3.8 + 5.42); // the moments of the gradient 2
    expect(await p.tolist()).toEqual([value, value].map((each) => expect.closeTo(each, 5)));
    freed.mockRestore();
  });

  test("stays where it was handed out: read, taken by a hook, by an optimiser of one's own, by a captured function", async () => {
    const kept: Tensor[] = [];
    class Own extends optim.SGD {
      protected override update(...[p, grad, group, state]: Parameters<optim.SGD["update"]>): void {
        kept.push(grad);
        super.update(p, grad, group, state);
      }
    }
    const read = trained(sgd);
    read.backward();
    kept.push(read.p.grad!);
    read.optimizer.zeroGrad();
    const hooked = trained(sgd);
    hooked.backward((grad) => void kept.push(grad));
    hooked.optimizer.zeroGrad();
    const own = trained((p) => new Own([p], { lr: 1 }) as unknown as Optimizer);
    own.backward();
    own.optimizer.step();
    own.optimizer.zeroGrad();
    const { p, optimizer, backward } = trained(sgd);
    const step = capture(() => {
      optimizer.zeroGrad();
      backward();
    });
    for (let i = 0; i < 3; i++) step();
    expect(step.replays).toBe(1);
    kept.push(p.peekGrad()!);
    optimizer.zeroGrad();
    for (const grad of kept) expect(await grad.tolist()).toEqual([2, 2]);
    expect(kept).toHaveLength(4);
  });
});
