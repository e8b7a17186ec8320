import { beforeAll, describe, expect, test } from "vitest";
import {
  createReference,
  manualSeed,
  nn,
  noGrad,
  ones,
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

class Block extends nn.Module {
  conv1 = new nn.Conv2d(2, 3, 3, { padding: 1, bias: false });
  bn1 = new nn.BatchNorm2d(3);

  forward(x: Tensor): Tensor {
    return nn.functional.relu(this.bn1.forward(this.conv1.forward(x)));
  }
}

class Net extends nn.Module {
  features = new nn.Sequential(new Block(), new nn.MaxPool2d(2), new nn.Flatten());
  fc = new nn.Linear(12, 2);

  forward(x: Tensor): Tensor {
    return this.fc.forward(this.features.forward(x));
  }
}

const keys = [
  "features.0.conv1.weight",
  "features.0.bn1.weight",
  "features.0.bn1.bias",
  "features.0.bn1.running_mean",
  "features.0.bn1.running_var",
  "features.0.bn1.num_batches_tracked",
  "fc.weight",
  "fc.bias",
];

describe("state", () => {
  test("has PyTorch's keys in PyTorch's order, without buffers among the parameters", () => {
    const net = new Net();
    expect([...net.stateDict().keys()]).toEqual(keys);
    expect([...net.namedParameters()].map(([name]) => name)).toEqual(keys.filter((key) => !/running|num_/.test(key)));
    expect([...net.namedBuffers()].map(([name]) => name)).toEqual(keys.filter((key) => /running|num_/.test(key)));
  });

  test("goes from one network to another", async () => {
    manualSeed(1);
    const [from, to] = [new Net(), new Net()];
    from.forward(randn([2, 2, 4, 4])); // moves the running statistics
    to.loadStateDict(from.stateDict());
    const x = randn([1, 2, 4, 4]);
    expect(await to.eval().forward(x).tolist()).toEqual(await from.eval().forward(x).tolist());
    expect(await to.stateDict().get("features.0.bn1.num_batches_tracked")!.item()).toBe(1);
  });

  test("that does not fit is refused whole: every fault named, nothing changed", async () => {
    const net = new Net();
    const before = await net.fc.bias!.tolist();
    const state = new Map(net.stateDict());
    state.set("fc.weight", ones([3, 12]));
    state.set("fc.bias", ones([2]));
    state.set("head.weight", ones([1]));
    state.delete("features.0.conv1.weight");
    const load = () => net.loadStateDict(state);
    expect(load).toThrow(expect.objectContaining({ name: "ArgumentError", code: "state-dict" }));
    for (const part of [
      /fc\.weight.*\[3, 12\].*\[2, 12\]/,
      /missing: features\.0\.conv1\.weight/,
      /unexpected: head\.weight/,
    ])
      expect(load).toThrow(part);
    expect(await net.fc.bias!.tolist()).toEqual(before);
  });

  test("strict: false loads what fits and says what does not", async () => {
    const net = new Net();
    const result = net.loadStateDict({ "fc.bias": { shape: [2], data: [5, 6] }, extra: ones([1]) }, { strict: false });
    expect(await net.fc.bias!.tolist()).toEqual([5, 6]);
    expect(result.unexpected).toEqual(["extra"]);
    expect(result.missing).toEqual(keys.filter((key) => key !== "fc.bias"));
  });

  test("strict: false still refuses another shape", () => {
    expect(() => new Net().loadStateDict({ "fc.bias": ones([3]) }, { strict: false })).toThrow(/fc\.bias/);
  });
});

describe("modes", () => {
  test("train and eval reach every module", () => {
    const net = new Net();
    const modes = () => new Set([...net.modules()].map((module) => module.training));
    expect(modes()).toEqual(new Set([true]));
    expect(net.eval()).toBe(net);
    expect(modes()).toEqual(new Set([false]));
    net.train();
    expect(modes()).toEqual(new Set([true]));
  });

  test("dropout drops only in training; batch norm learns only in training", async () => {
    manualSeed(0);
    const dropout = new nn.Dropout(0.5);
    const x = ones([1000]);
    const dropped = await dropout.forward(x).toArray();
    expect(new Set(dropped)).toEqual(new Set([0, 2]));
    expect(dropout.eval().forward(x)).toBe(x);

    const norm = new nn.BatchNorm1d(1);
    norm.eval().forward(randn([4, 1]));
    expect(await norm.runningMean!.tolist()).toEqual([0]);
    norm.train().forward(ones([4, 1]));
    expect((await norm.runningMean!.toArray())[0]).toBeCloseTo(0.1, 7);
  });

  test("frozen parameters get no gradient", () => {
    const net = new Net();
    net.features.requiresGrad_(false);
    net
      .forward(randn([2, 2, 4, 4]))
      .sum()
      .backward();
    expect([...net.namedParameters()].filter(([, p]) => p.grad).map(([name]) => name)).toEqual([
      "fc.weight",
      "fc.bias",
    ]);
    net.zeroGrad();
    expect(net.fc.weight.grad).toBeNull();
  });
});

describe("errors name the place", () => {
  test("through containers and fields", () => {
    const net = new Net();
    const wrong = () => net.forward(zeros([1, 3, 4, 4]));
    expect(wrong).toThrow(expect.objectContaining({ code: "channels", path: ["features", "0", "conv1"] }));
    expect(wrong).toThrow(/input has 3 channels, weight wants 2 × groups 1 = 2\.[\s\S]*in: features\.0\.conv1$/);
  });

  test("by number in a Sequential", () => {
    const net = new nn.Sequential(new nn.Flatten(), new nn.ReLU(), new nn.ReLU(), new nn.Linear(4, 2));
    expect(() => net.forward(zeros([1, 5]))).toThrow(/in: 3$/);
  });
});

describe("hooks", () => {
  test("run before and after forward, may replace, and can be removed", async () => {
    const layer = new nn.Linear(2, 2, { bias: false });
    noGrad(() => nn.init.eye_(layer.weight));
    const calls: string[] = [];
    const removePre = layer.registerForwardPreHook((_module, [x]) => {
      calls.push("before");
      return [(x as Tensor).mul(2)];
    });
    const remove = layer.registerForwardHook((_module, inputs, output) => {
      calls.push("after");
      expect(inputs).toHaveLength(1);
      return (output as Tensor).add(1);
    });
    expect(await layer.forward(ones([1, 2])).tolist()).toEqual([[3, 3]]);
    expect(calls).toEqual(["before", "after"]);
    removePre();
    remove();
    expect(await layer.forward(ones([1, 2])).tolist()).toEqual([[1, 1]]);
  });

  test("on a layer of a Sequential see values that stay what they were", async () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 2), new nn.ReLU());
    const seen: Tensor[] = [];
    net.at(0).registerForwardHook((_module, _inputs, output) => void seen.push(output as Tensor));
    noGrad(() => net.forward(ones([1, 2])));
    const first = net.at(0) as nn.Linear;
    const again = noGrad(() => nn.functional.linear(ones([1, 2]), first.weight, first.bias));
    expect(await seen[0]!.tolist()).toEqual(await again.tolist());
  });
});

describe("Sequential", () => {
  test("takes names, appends, counts from the end", () => {
    const net = new nn.Sequential({ fc: new nn.Linear(2, 3), act: new nn.ReLU() });
    net.append(new nn.Linear(3, 1), "out");
    expect([...net.stateDict().keys()]).toEqual(["fc.weight", "fc.bias", "out.weight", "out.bias"]);
    expect(net).toHaveLength(3);
    expect(net.at(-1)).toBe(net.getSubmodule("out"));
    expect(() => net.at(3)).toThrow(expect.objectContaining({ code: "index" }));
    expect(() => net.append(new nn.ReLU(), "fc")).toThrow(expect.objectContaining({ code: "name" }));
    expect(() => net.getSubmodule("fc2")).toThrow(/fc, act, out/);
  });
});

test("apply visits children first", () => {
  const seen: string[] = [];
  new Net().apply((module) => seen.push(module.constructor.name));
  expect(seen).toEqual(["Conv2d", "BatchNorm2d", "Block", "MaxPool2d", "Flatten", "Sequential", "Linear", "Net"]);
});
