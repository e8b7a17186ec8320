/** @file The call that is written down: its kernels wait for the replay that stands for it, and nobody can tell. */
import { beforeAll, describe, expect, it } from "vitest";
import "../ops/methods.ts";
import { tensor } from "../autograd/create.ts";
import { randint, randn } from "../autograd/create-random.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { createReference } from "../backends/reference.ts";
import { manualSeed } from "../base/rng/index.ts";
import * as nn from "../nn/index.ts";
import { crossEntropy } from "../ops/index.ts";
import { Adam, EMA, type Optimizer, SGD, StepLR } from "../optim/index.ts";
import { capture } from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

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

describe("a recorded call", () => {
  interface Tools {
    readonly model: nn.Sequential;
    readonly optimizer: Optimizer;
    readonly loss: (x: Tensor, labels: Tensor) => Tensor;
  }
  type Body = (x: Tensor, labels: Tensor) => Tensor;
  const tools = (): Tools => {
    manualSeed(9);
    const model = convNet();
    const optimizer = new Adam(model.parameters(), { lr: 0.05 });
    const loss = (x: Tensor, labels: Tensor) => {
      const value = crossEntropy(model.forward(x), labels);
      value.backward();
      return value;
    };
    return { model, optimizer, loss };
  };
  const cases: [string, (given: Tools) => Body][] = [
    [
      "drops gradients behind the step",
      ({ optimizer, loss }) =>
        (x, labels) => {
          const value = loss(x, labels);
          optimizer.step();
          optimizer.zeroGrad();
          return value;
        },
    ],
    [
      "averages weights behind the step",
      ({ model, optimizer, loss }) => {
        const ema = new EMA(model, { decay: 0.9 });
        return (x, labels) => {
          optimizer.zeroGrad();
          const value = loss(x, labels);
          optimizer.step();
          ema.update();
          return value;
        };
      },
    ],
    [
      "computes with the new weights behind the step",
      ({ model, optimizer, loss }) =>
        (x, labels) => {
          optimizer.zeroGrad();
          loss(x, labels);
          optimizer.step();
          return noGrad(() => crossEntropy(model.forward(x), labels));
        },
    ],
    [
      "takes two steps, the second smaller",
      ({ optimizer, loss }) =>
        (x, labels) => {
          optimizer.zeroGrad();
          loss(x, labels);
          optimizer.step();
          optimizer.zeroGrad();
          const value = loss(x, labels);
          for (const group of optimizer.paramGroups) group.lr = 0.01;
          optimizer.step();
          return value;
        },
    ],
    [
      "moves a schedule behind the step",
      ({ optimizer, loss }) => {
        const schedule = new StepLR(optimizer, 1, { gamma: 0.5 });
        return (x, labels) => {
          optimizer.zeroGrad();
          const value = loss(x, labels);
          optimizer.step();
          schedule.step();
          return value;
        };
      },
    ],
    [
      "has an optimiser that looks at what was computed",
      ({ model, loss }) => {
        let value: Tensor | undefined;
        class Scaled extends SGD {
          protected override get keepsGradients() {
            return true;
          }
          protected override update(...[p, grad, group, state]: Parameters<SGD["update"]>): void {
            super.update(p, grad.mul(value!), group, state);
          }
        }
        const optimizer = new Scaled(model.parameters(), { lr: 0.1 });
        return (x, labels) => {
          optimizer.zeroGrad();
          value = loss(x, labels);
          optimizer.step();
          return value.detach();
        };
      },
    ],
    [
      "throws behind the step",
      ({ optimizer, loss }) => {
        let calls = 0;
        return (x, labels) => {
          optimizer.zeroGrad();
          loss(x, labels);
          optimizer.step();
          throw new RangeError(`mine, ${++calls}`);
        };
      },
    ],
    [
      "throws for data in the second call",
      ({ optimizer, loss }) => {
        let calls = 0;
        return (x, labels) => {
          if (++calls === 2) labels = labels.add(9);
          optimizer.zeroGrad();
          const value = loss(x, labels);
          optimizer.step();
          return value;
        };
      },
    ],
  ];
  it.each(cases)("gives eager mode's bits where a function %s", async (_name, make) => {
    const run = async (captured: boolean) => {
      const given = tools();
      const body = make(given);
      const step = captured ? capture(body, { fuse: false }) : body;
      const values: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        try {
          values.push(await step(randn([4, 2, 6, 6]), randint(0, 3, [4])).item());
        } catch (error) {
          values.push((error as Error).message);
        }
        for (const t of given.model.stateDict().values()) values.push(await t.toArray());
      }
      return values;
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it("runs every kernel once, as the replay that stands for it", () => {
    const { backend } = tensor([0]);
    const { run } = backend;
    let ran = 0;
    backend.run = (...call) => {
      ran++;
      run.apply(backend, call);
    };
    try {
      const { optimizer, loss } = tools();
      const whole = (x: Tensor, labels: Tensor) => {
        optimizer.zeroGrad();
        const value = loss(x, labels);
        optimizer.step();
        return value;
      };
      const counts = (step: Body) => {
        const [x, labels] = [randn([4, 2, 6, 6]), randint(0, 3, [4])];
        return [0, 1, 2].map(() => {
          ran = 0;
          step(x, labels);
          return ran;
        });
      };
      counts(whole); // what is made once is there
      expect(counts(capture(whole, { fuse: false }))).toEqual(counts(whole));
      const [first, recorded, replayed] = counts(capture(whole)) as [number, number, number];
      expect(recorded).toBe(replayed);
      expect(recorded).toBeLessThan(first);
    } finally {
      Object.assign(backend, { run });
    }
  });

  it("of data that are refused leaves gradients as they were; the next call records anew", async () => {
    const { model, loss } = tools();
    const step = capture(loss);
    const pictures = randn([4, 2, 6, 6]);
    const good = tensor(Int32Array.of(0, 1, 2, 0));
    await step(pictures, good).item();
    const before = await model.at(0).parameters().next().value!.grad!.toArray();
    expect(() => step(pictures, tensor(Int32Array.of(0, 1, 7, 0)))).toThrow(
      expect.objectContaining({ name: "TargetError" }),
    );
    expect(await model.at(0).parameters().next().value!.grad!.toArray()).toEqual(before);
    for (let i = 0; i < 2; i++) await step(pictures, good).item();
    expect(step.replays).toBe(1);
  });
});
