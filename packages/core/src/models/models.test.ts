import { beforeAll, describe, expect, test } from "vitest";
import { zeros } from "../autograd/create.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { createReference } from "../backends/reference.ts";
import "../ops/methods.ts";
import {
  CIFAR10CNN,
  createModel,
  LeNet5,
  MLP,
  modelNames,
  ResNet,
  ShuffleNetV2,
  SimpleCNN,
  SqueezeNet,
  summarize,
  VGG,
} from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const count = (model: { parameters(): Iterable<{ numel: number }> }) =>
  [...model.parameters()].reduce((sum, parameter) => sum + parameter.numel, 0);

describe("the notes' networks", () => {
  test("CIFAR10CNN has the 545,098 parameters and PyTorch's keys (N4)", () => {
    const model = new CIFAR10CNN();
    expect(count(model)).toBe(545_098);
    expect([...model.stateDict().keys()]).toEqual([0, 3, 7, 9].flatMap((i) => [`net.${i}.weight`, `net.${i}.bias`]));
  });

  test("SimpleCNN has PyTorch's keys (N9)", () => {
    expect([...new SimpleCNN().stateDict().keys()]).toEqual(
      ["conv_layers.0", "conv_layers.3", "fc_layers.1", "fc_layers.3"].flatMap((key) => [
        `${key}.weight`,
        `${key}.bias`,
      ]),
    );
  });

  test("SimpleCNN's shapes are the notes' table (N8)", () => {
    const { layers, parameters, trainable, macs } = summarize(new SimpleCNN(), [3, 32, 32]);
    const changes = layers.filter(({ type }) => type !== "ReLU").map(({ outputShape }) => outputShape.slice(1));
    expect(changes).toEqual([[16, 32, 32], [16, 16, 16], [32, 16, 16], [32, 8, 8], [2048], [128], [10]]);
    expect(layers.map(({ type }) => type).join(" ")).toBe(
      "Conv2d ReLU MaxPool2d Conv2d ReLU MaxPool2d Flatten Linear ReLU Linear",
    );
    // 3·3·3·16 + 16, 3·3·16·32 + 32, 2048·128 + 128, 128·10 + 10
    expect(layers.map((layer) => layer.parameters).filter((n) => n > 0)).toEqual([448, 4640, 262_272, 1290]);
    expect([parameters, trainable]).toEqual([268_650, 268_650]);
    expect(macs).toBe(32 * 32 * 16 * 27 + 16 * 16 * 32 * 144 + 2048 * 128 + 128 * 10);
  });

  test("the batch-normalised MLP is the notes' 128 → 64 → 10 (N12)", () => {
    const types = summarize(new MLP({ inputSize: [8, 16] }), [1, 8, 16]).layers.map(({ type }) => type);
    expect(types).toEqual(["Flatten", "Linear", "BatchNorm1d", "ReLU", "Linear"]);
  });
});

describe("networks of the literature", () => {
  test("LeNet-5 has 61,706 parameters", () => expect(count(new LeNet5())).toBe(61_706));

  test("LeNet-5 takes 28×28 and 32×32 with the same weights", () => {
    const shapes = (size: number) => [...new LeNet5({ inputSize: size }).stateDict().values()].map((t) => t.shape);
    expect(shapes(28)).toEqual(shapes(32));
  });

  test.each([
    ["resnet20", 269_722],
    ["resnet32", 464_154],
    ["resnet44", 658_586],
    ["resnet56", 853_018],
    ["wrn-16-4", 2_748_890],
    ["mobilenet_v1_0.25", 470_072],
  ])("%s has %i parameters", (name, parameters) => expect(count(createModel(name))).toBe(parameters));

  test("ResNet-18 has torchvision's 11,689,512 parameters and keys", () => {
    const model = new ResNet([2, 2, 2, 2], { numClasses: 1000, inputSize: 224 });
    expect(count(model)).toBe(11_689_512);
    const keys = [...model.stateDict().keys()];
    expect(keys).toHaveLength(122);
    expect(keys.slice(0, 6)).toEqual([
      "conv1.weight",
      "bn1.weight",
      "bn1.bias",
      "bn1.running_mean",
      "bn1.running_var",
      "bn1.num_batches_tracked",
    ]);
    expect(keys).toContain("layer4.0.downsample.1.num_batches_tracked");
    expect(keys.slice(-2)).toEqual(["fc.weight", "fc.bias"]);
  }, 120_000);
});

describe("the registry", () => {
  // The reference computes in plain loops: the small ones only.
  const small = modelNames.filter((name) => /^(simplecnn|cifar10cnn|lenet5|mlp|resnet20|mobilenet_v1_0)/.test(name));
  test.each(small)("%s fits the data it is given", (name) => {
    const side = name.startsWith("mobilenet") ? 32 : 20;
    const model = createModel(name, { inChannels: 2, numClasses: 7, height: side, width: side + 4 });
    model.eval();
    expect(noGrad(() => model.forward(zeros([2, 2, side, side + 4]))).shape).toEqual([2, 7]);
  });

  test("an unknown name is refused with the list", () => {
    expect(() => createModel("simplecn")).toThrow(
      /no model "simplecn"; did you mean "simplecnn"\? Built in are simplecnn, /,
    );
    expect(() => createModel("constructor")).toThrow(expect.objectContaining({ code: "unknown-model" }));
  });

  test("variants that there are none of are refused with those there are", () => {
    expect(() => new VGG(13 as 11)).toThrow(/depth must be 11 or 16, got 13/);
    expect(() => new SqueezeNet("1.2" as "1.1")).toThrow(/version must be 1.0 or 1.1, got "1.2"/);
    expect(() => new ShuffleNetV2("2.0" as "1.0")).toThrow(/width must be 0.5 or 1.0, got "2.0"/);
  });

  test("pictures that pooling would shrink to nothing are refused with their size", () => {
    expect(() => createModel("cifar10cnn", { height: 3, width: 32 })).toThrow(/3×32 are too small.*at least 4×4/s);
    expect(() => createModel("lenet5", { height: 11, width: 28 })).toThrow(/too small/);
  });

  test("a summary leaves the model's mode and hooks as they were", () => {
    const model = createModel("mlp-bn", { height: 4, width: 4 });
    model.getSubmodule("net.2").eval();
    summarize(model, [1, 4, 4]);
    expect([...model.modules()].map((m) => m.training)).toEqual([true, true, true, true, false, true, true]);
    expect([...model.modules()].some((m) => m.hasHooks)).toBe(false);
  });
});
