import { beforeAll, describe, expect, test } from "vitest";
import { tensor } from "../autograd/create.ts";
import { randn } from "../autograd/create-random.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { createReference } from "../backends/reference.ts";
import { BatchNorm2d, type StateValue } from "../nn/index.ts";
import { crossEntropy } from "../ops/index.ts";
import "../ops/methods.ts";
import { SGD } from "../optim/index.ts";
import { createModel, freeze, headOf, loadWeights, modelNames, paramGroups, replaceHead, unfreeze } from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const values = async (state: ReadonlyMap<string, { readValues(): Promise<ArrayLike<number>> }>) =>
  Object.fromEntries(
    await Promise.all([...state].map(async ([key, t]) => [key, Array.from(await t.readValues())] as const)),
  );

describe("freeze", () => {
  test("what is held does not move in a step, running statistics included; the rest does", async () => {
    const model = createModel("resnet20", { numClasses: 3, height: 8, width: 8 }).train();
    freeze(model, "conv1.*|bn1.*", "layer1");
    const before = await values(model.stateDict());
    const optimizer = new SGD(paramGroups(model, [{ match: "linear", lr: 0.5 }]), { lr: 0.1 });
    crossEntropy(model.forward(randn([4, 3, 8, 8])), tensor([0, 1, 2, 0], { dtype: "int32" })).backward();
    optimizer.step();
    const after = await values(model.stateDict());
    const moved = Object.keys(before).filter((key) => before[key]!.join() !== after[key]!.join());
    expect(moved.filter((key) => /^(conv1|bn1|layer1)\./.test(key))).toEqual([]);
    expect(moved).toContain("layer2.0.bn1.running_mean");
    expect(moved).toContain("linear.weight");
    unfreeze(model);
    expect([...model.modules()].some((m) => m instanceof BatchNorm2d && m.frozen)).toBe(false);
  });

  test("a pattern that fits nothing is refused with the names there are", () => {
    expect(() => freeze(createModel("simplecnn"), "feature.*")).toThrow(
      /no parameter fits "feature\.\*".*conv_layers/s,
    );
    expect(() => paramGroups(createModel("simplecnn"), [{ match: "fc", lr: 1 }])).toThrow(/fits "fc"/);
  });
});

describe("the head", () => {
  // Drawing the weights of the large ones would take most of the time.
  const small = modelNames.filter((name) => /cnn|lenet|mlp|resnet20|_v1_|zenet1_1|_x0_5|net_b0/.test(name));
  test.each(small)("of %s is the layer of numClasses outputs", (name) => {
    const { layer } = headOf(createModel(name, { numClasses: 7 }));
    expect(layer.weight.shape[0]).toBe(7);
  });

  test("a new one keeps everything else", () => {
    const model = createModel("squeezenet1_1", { numClasses: 1000 }).eval();
    const { name, layer } = replaceHead(model, 5);
    expect(name).toBe("classifier.1");
    expect(layer.training).toBe(false);
    expect(noGrad(() => model.forward(randn([1, 3, 32, 32]))).shape).toEqual([1, 5]);
    expect(() => replaceHead(model, 0)).toThrow(/whole number from 1, got 0/);
  });
});

test("a new head lies where the old one lay", async () => {
  const elsewhere = createReference();
  const model = await createModel("mlp").to(elsewhere);
  const { layer } = replaceHead(model, 3);
  expect(layer.weight.backend).toBe(elsewhere);
  expect(layer.bias?.backend).toBe(elsewhere);
  expect(createModel("mlp").parameters().next().value?.backend).not.toBe(elsewhere);
});

describe("loadWeights", () => {
  const plain = (state: ReadonlyMap<string, { shape: readonly number[]; numel: number }>) =>
    new Map<string, StateValue>(
      [...state].map(([k, t]) => [k, { shape: t.shape, data: new Float32Array(t.numel).fill(2) }]),
    );

  test("takes DataParallel's prefix and files without num_batches_tracked", () => {
    const model = createModel("resnet20");
    const old = new Map(
      [...plain(model.stateDict())]
        .filter(([key]) => !key.endsWith("num_batches_tracked"))
        .map(([key, value]) => [`module.${key}`, value]),
    );
    expect(loadWeights(model, old)).toEqual({ skipped: [] });
    expect(model.stateDict().get("conv1.weight")!.backend.name).toBe("reference");
    old.delete("module.conv1.weight");
    expect(() => loadWeights(model, old)).toThrow(/missing: conv1\.weight/);
  });

  test("another number of classes is refused, or the head is left alone", () => {
    const model = createModel("simplecnn", { numClasses: 4 });
    const other = plain(createModel("simplecnn", { numClasses: 10 }).stateDict());
    expect(() => loadWeights(model, other)).toThrow(
      /fc_layers\.3\.weight: the file has \[10, 128\], the model \[4, 128\]/,
    );
    expect(loadWeights(model, other, { head: "skip" }).skipped).toEqual(["fc_layers.3.weight", "fc_layers.3.bias"]);
  });
});
