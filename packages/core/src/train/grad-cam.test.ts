import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { farthest } from "../../test/golden-pictures.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { randn, type Tensor, tensor } from "../autograd/index.ts";
import { createReference } from "../backends/reference.ts";
import { manualSeed } from "../base/rng/index.ts";
import { createModel } from "../models/index.ts";
import * as nn from "../nn/index.ts";
import { gradCam } from "./grad-cam.ts";

const golden = JSON.parse(readFileSync(new URL("../../test/golden/grad-cam.json", import.meta.url), "utf8")) as {
  source: string;
  cases: { layer: string; classes: number[]; maps: number[][]; logits: number[] }[];
};

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

function network(): nn.Sequential {
  manualSeed(0);
  return new nn.Sequential(
    new nn.Conv2d(3, 6, 3, { padding: 1 }),
    new nn.BatchNorm2d(6),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 9, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(180, 12),
    new nn.ReLU(),
    new nn.Linear(12, 4),
  );
}

function pictures(): Tensor {
  const values = Float32Array.from({ length: 2 * 3 * 12 * 14 }, (_, i) => ((i * 7919 + 13) % 256) / 255);
  return tensor(values, { shape: [2, 3, 12, 14] });
}

describe(`gradCam gives the maps of ${golden.source}`, () => {
  test.each(golden.cases)("layer $layer, classes $classes", async ({ layer, classes, maps, logits }) => {
    const cam = await gradCam(network(), pictures(), { layer, classes });
    expect(cam.layer).toBe(layer);
    expect(farthest(cam.logits, logits)).toBeLessThan(1e-6);
    // Maps are 0 … 1; torch's float32 sums of a few hundred terms.
    maps.forEach((map, n) => {
      expect(farthest(cam.maps[n]!, map)).toBeLessThan(1e-5);
    });
  });
});

test("the layer by itself, the class by the largest logit; the model stays as it was", async () => {
  const model = network();
  model.train();
  for (const parameter of model.parameters()) parameter.requiresGrad = false; // as a frozen network
  const cam = await gradCam(model, pictures());
  expect(cam.layer).toBe("5");
  expect([...cam.classes]).toEqual(
    [0, 1].map((n) => {
      const row = cam.logits.subarray(4 * n, 4 * n + 4);
      return row.indexOf(Math.max(...row));
    }),
  );
  expect(cam.maps.map((map) => map.length)).toEqual([168, 168]);
  expect(model.training).toBe(true);
  for (const parameter of model.parameters()) expect(parameter.grad).toBeNull();
});

test("behind a global mean it is the class activation map: the last layer's weights times the channels", async () => {
  manualSeed(3);
  const body = new nn.Sequential(new nn.Conv2d(1, 5, 3, { padding: 1 }), new nn.ReLU());
  const head = new nn.Linear(5, 3);
  const model = new nn.Sequential(body, new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), head);
  const input = randn([1, 1, 6, 6]);
  const [channels, weights] = [await body.forward(input).toArray(), await head.weight.toArray()];
  const expected = Array.from({ length: 36 }, (_, i) =>
    Math.max(
      0,
      [0, 1, 2, 3, 4].reduce((sum, c) => sum + weights[5 + c]! * channels[36 * c + i]!, 0),
    ),
  );
  const most = Math.max(...expected);
  const cam = await gradCam(model, input, { classes: [1] });
  expect(cam.layer).toBe("0");
  expect(most).toBeGreaterThan(0);
  expect(
    farthest(
      cam.maps[0]!,
      expected.map((value) => value / most),
    ),
  ).toBeLessThan(1e-6);
});

test.each([
  ["resnet20", "layer3"],
  ["cifar10cnn", "net.5"],
])("%s: the last map of more than one place is %s", async (name, layer) => {
  const model = createModel(name);
  const cam = await gradCam(model, randn([1, 3, 32, 32]));
  expect([...model.namedModules()].map(([path]) => path)).toContain(cam.layer);
  expect(cam.layer).toBe(layer);
});

test("refuses what has no map", async () => {
  await expect(gradCam(network(), pictures(), { layer: "7" })).rejects.toThrow(
    /"7" is no layer .* there are: 0, 1, 2, 3, 4, 5\./,
  );
  await expect(gradCam(network(), pictures(), { layer: "conv9" })).rejects.toThrow(/"conv9" is no layer/);
  await expect(gradCam(network(), pictures(), { classes: [0, 4] })).rejects.toThrow(
    /class 4 of picture 1 .* 4 classes/,
  );
  await expect(gradCam(network(), pictures(), { classes: [0] })).rejects.toThrow(/1 classes for 2 pictures/);
  await expect(gradCam(createModel("mlp"), randn([1, 1, 28, 28]))).rejects.toThrow(/nothing to map/);
});
