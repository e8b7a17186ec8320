import { beforeAll, describe, expect, test } from "vitest";
import { closest } from "../src/base/known-options.ts";
import { DataLoader, randomCrop } from "../src/data/index.ts";
import {
  arange,
  backward,
  bernoulli,
  createReference,
  empty,
  eye,
  full,
  Generator,
  grad,
  nn,
  ones,
  onesLike,
  optim,
  rand,
  randint,
  randn,
  randperm,
  registerBackend,
  setDefaultDevice,
  tensor,
  zeros,
  zerosLike,
} from "../src/index.ts";
import { ResNet } from "../src/models/index.ts";
import { evaluate } from "../src/train/index.ts";
import { colorJitter, mixUp } from "../src/transforms/index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const F = nn.functional;
/** What the compiler refuses, too; plain JavaScript, and options through a variable, come this far. */
const wrong = (options: object): never => options as never;
const p = () => [new nn.Parameter(tensor([1]))];
const o = { paramGroups: [{ lr: 1 }] };
const slope = () => tensor([1], { requiresGrad: true }).mul(2);
const image = () => zeros([1, 2, 4, 4]);

describe("a misspelt option is refused with the name that was meant", () => {
  const cases: [where: string, meant: string | undefined, given: string, call: () => unknown][] = [
    ["Conv2d", "padding", "pading", () => new nn.Conv2d(1, 1, 3, wrong({ pading: 1 }))],
    ["MaxPool2d", "ceilMode", "ceil_mode", () => new nn.MaxPool2d(2, 2, wrong({ ceil_mode: true }))],
    [
      "BatchNorm2d",
      "trackRunningStats",
      "trackRuningStats",
      () => new nn.BatchNorm2d(2, wrong({ trackRuningStats: false })),
    ],
    ["LeakyReLU", "negativeSlope", "negative_slope", () => new nn.LeakyReLU(wrong({ negative_slope: 0.2 }))],
    ["Linear", undefined, "device", () => new nn.Linear(1, 1, wrong({ device: "cuda" }))],
    [
      "CrossEntropyLoss",
      "labelSmoothing",
      "labelSmooting",
      () => new nn.CrossEntropyLoss(wrong({ labelSmooting: 0.1 })),
    ],
    [
      "kaimingNormal_",
      "nonlinearity",
      "nonLinearity",
      () => nn.init.kaimingNormal_(zeros([2, 2]), wrong({ nonLinearity: "relu" })),
    ],
    ["conv2d", "stride", "strides", () => F.conv2d(image(), zeros([1, 2, 1, 1]), null, wrong({ strides: 2 }))],
    [
      "crossEntropy",
      "ignoreIndex",
      "ignore_index",
      () => F.crossEntropy(zeros([1, 2]), tensor([0], { dtype: "int32" }), wrong({ ignore_index: 1 })),
    ],
    ["sum", "keepdim", "keepDims", () => image().sum(1, wrong({ keepDims: true }))],
    ["backward", "retainGraph", "retain_graph", () => slope().backward(wrong({ retain_graph: true }))],
    ["backward", undefined, "clear", () => backward(slope(), wrong({ clear: true }))],
    ["grad", "allowUnused", "allowUnsed", () => grad(slope(), [], wrong({ allowUnsed: true }))],
    ["SGD", "momentum", "momentun", () => new optim.SGD(p(), wrong({ lr: 1, momentun: 0.9 }))],
    ["AdamW", "weightDecay", "weight_decay", () => new optim.AdamW(wrong([{ params: p(), weight_decay: 0 }]))],
    ["StepLR", "gamma", "gama", () => new optim.StepLR(o, 3, wrong({ gama: 0.5 }))],
    ["OneCycleLR", "totalSteps", "totalStep", () => new optim.OneCycleLR(o, 1, wrong({ totalStep: 5 }))],
    ["DataLoader", "batchSize", "batchsize", () => new DataLoader({ length: 0 } as never, wrong({ batchsize: 8 }))],
    ["randomCrop", "padIfNeeded", "padIfNeded", () => randomCrop(8, wrong({ padIfNeded: true }))],
    ["colorJitter", "brightness", "brigthness", () => colorJitter(wrong({ brigthness: 0.1 }))],
    ["mixUp", "numClasses", "classes", () => mixUp(wrong({ classes: 3 }))],
    ["ResNet", "numClasses", "num_classes", () => new ResNet([1, 1, 1, 1], wrong({ num_classes: 3 }))],
    ["tensor", "dtype", "dtpe", () => tensor([1], wrong({ dtpe: "int32" }))],
    ["zeros", "requiresGrad", "requires_grad", () => zeros([2], wrong({ requires_grad: true }))],
    ["ones", "dtype", "dtpe", () => ones([2], wrong({ dtpe: "int32" }))],
    ["full", "device", "devise", () => full([2], 1, wrong({ devise: "reference" }))],
    ["empty", undefined, "shape", () => empty([2], wrong({ shape: [1, 2] }))],
    ["zerosLike", "dtype", "dtyp", () => zerosLike(image(), wrong({ dtyp: "int32" }))],
    ["onesLike", "dtype", "dtyp", () => onesLike(image(), wrong({ dtyp: "int32" }))],
    ["arange", "dtype", "type", () => arange(0, 5, 1, wrong({ type: "float32" }))],
    ["eye", undefined, "shape", () => eye(2, 2, wrong({ shape: [4] }))],
    ["rand", "generator", "generater", () => rand([2], wrong({ generater: new Generator(1) }))],
    ["randn", "requiresGrad", "requireGrad", () => randn([2], wrong({ requireGrad: true }))],
    ["randint", "generator", "Generator", () => randint(0, 9, [2], wrong({ Generator: new Generator(1) }))],
    ["randperm", "generator", "genrator", () => randperm(4, wrong({ genrator: new Generator(1) }))],
  ];
  test.each(cases)("%s, %s", (where, meant, given, call) => {
    const text = `there is no option "${given}": ${meant && where !== "mixUp" ? `did you mean "${meant}"? ` : ""}There are `;
    expect(call).toThrow(
      expect.objectContaining({ name: "ArgumentError", code: "option", where, facts: { option: given } }),
    );
    expect(call).toThrow(text);
  });
});

test("functions that wait refuse it by a rejection", async () => {
  const call = evaluate(new nn.Linear(1, 1), [] as never, wrong({ classes: 2, onbatch: () => {} }));
  await expect(call).rejects.toThrow('did you mean "onBatch"');
  await expect(bernoulli(ones([2]), wrong({ generater: new Generator(1) }))).rejects.toThrow('mean "generator"');
});

test("what is known goes through layers and functions that hand their options on; undefined is no option", () => {
  const target = tensor([0], { dtype: "int32" });
  const all = { labelSmoothing: 0, weight: ones([2]), ignoreIndex: 5, reduction: "sum" } as const;
  expect(F.crossEntropy(zeros([1, 2]), target, all).shape).toEqual([]);
  expect(
    new nn.CrossEntropyLoss({ ...all, ...({ nothing: undefined } as object) }).forward(zeros([1, 2]), target).ndim,
  ).toBe(0);
  const conv = { stride: 1, padding: 1, dilation: 1, groups: 1, bias: false } as const;
  for (const paddingMode of ["zeros", "circular"] as const)
    expect(new nn.Conv2d(2, 2, 3, { ...conv, paddingMode }).forward(image()).shape).toEqual([1, 2, 4, 4]);
  for (const paddingMode of ["zeros", "reflect"] as const)
    expect(new nn.Conv1d(2, 2, 3, { ...conv, paddingMode }).forward(zeros([1, 2, 4])).shape).toEqual([1, 2, 4]);
  const back = { stride: 1, padding: 1, outputPadding: 0, groups: 1, bias: false, dilation: 1 } as const;
  expect(new nn.ConvTranspose2d(2, 2, 3, { ...back, paddingMode: "zeros" }).forward(image()).shape).toEqual([
    1, 2, 4, 4,
  ]);
  expect(new nn.ConvTranspose1d(2, 2, 3, back).forward(zeros([1, 2, 4])).shape).toEqual([1, 2, 4]);
  const windows = { padding: 0, dilation: 1, ceilMode: false, returnIndices: false } as const;
  expect(new nn.MaxPool2d(2, 2, windows).forward(image()).shape).toEqual([1, 2, 2, 2]);
  const means = { padding: 0, ceilMode: false, countIncludePad: true, divisorOverride: 3 };
  expect(new nn.AvgPool2d(2, 2, means).forward(image()).shape).toEqual([1, 2, 2, 2]);
});

test("every function that makes a tensor takes the options it names", () => {
  const options = { dtype: "float32", device: "reference", requiresGrad: true } as const;
  const random = { ...options, generator: new Generator(1) };
  const made = [
    tensor([1], { ...options, shape: [1, 1] }),
    zeros([2], options),
    ones([2], options),
    full([2], 3, options),
  ];
  const others = [empty([2], options), zerosLike(ones([1], { dtype: "int32" }), options), onesLike(ones([1]), options)];
  const counted = [arange(0, 3, 1, options), eye(2, 2, options)];
  const drawn = [rand([2], random), randn([2], random), randint(0, 9, [2], random), randperm(3, random)];
  for (const t of [...made, ...others, ...counted, ...drawn])
    expect([t.dtype, t.requiresGrad]).toEqual(["float32", true]);
  expect(randperm(3, { generator: new Generator(1) }).dtype).toBe("int32");
});

test("arange refuses a step that is none, such as options in its place", () => {
  expect(() => arange(0, 5, wrong({ dtype: "float32" }))).toThrow(expect.objectContaining({ code: "step" }));
});

test("a group of an optimiser may have a name", () => {
  const groups = [{ params: p(), name: "head", lr: 3 }];
  expect(new optim.Adam(groups).paramGroups[0]).toMatchObject({ name: "head", lr: 3 });
});

test("closest by letters inserted, lost or replaced; nothing where the words differ", () => {
  const known = ["stride", "padding", "dilation", "groups"];
  expect(["sride", "pading", "dilatoin", "group", "Padding", "pad_ding"].map((name) => closest(name, known))).toEqual([
    "stride",
    "padding",
    "dilation",
    "groups",
    "padding",
    "padding",
  ]);
  expect(["device", "x", "", "inChannels"].map((name) => closest(name, known))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
