import { createRequire } from "node:module";
import * as core from "@drishti/core";
import * as coreModels from "@drishti/core/models";
import * as coreOptim from "@drishti/core/optim";
import * as drishti from "drishti";
import * as data from "drishti/data";
import * as io from "drishti/io";
import * as models from "drishti/models";
import * as nn from "drishti/nn";
import * as optim from "drishti/optim";
import * as testing from "drishti/testing";
import * as train from "drishti/train";
import { expect, test } from "vitest";

test("the package gives everything of core, under the names of the design", () => {
  for (const [name, value] of Object.entries(core)) expect(drishti).toHaveProperty(name, value);
  expect(optim.SGD).toBe(coreOptim.SGD);
  expect(models.createModel).toBe(coreModels.createModel);
  expect(
    [nn.Conv2d, data.DataLoader, data.openData, io.readSafetensors, train.train, testing.compareKernel].every(
      (value) => typeof value === "function",
    ),
  ).toBe(true);
});

test("a tensor finds a device by itself", async () => {
  const { tensor } = drishti;
  expect(["native", "wasm", "reference"]).toContain(tensor([1]).device);
  expect(await tensor([1, 2]).add(1).tolist()).toEqual([2, 3]);
});

test("an unknown or missing device is refused with what there is", () => {
  expect(() => drishti.setDefaultDevice("webgpu")).toThrow(/no WebGPU backend for Node/);
});

test("the command of the package is there before a build", () => {
  const { bin } = createRequire(import.meta.url)("../package.json") as { bin: { drishti: string } };
  expect(bin.drishti).toBe("bin/drishti.js");
});
