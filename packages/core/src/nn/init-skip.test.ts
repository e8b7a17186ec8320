import { beforeAll, describe, expect, test } from "vitest";
import "../ops/methods.ts";
import { empty } from "../autograd/create.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { createReference } from "../backends/reference.ts";
import { defaultGenerator, manualSeed } from "../base/rng/index.ts";
import * as nn from "./index.ts";

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

const makers: Record<string, () => nn.Module> = {
  Linear: () => new nn.Linear(30, 21),
  Conv2d: () => new nn.Conv2d(3, 7, [3, 5]),
  Embedding: () => new nn.Embedding(11, 3),
  "one number": () => new nn.Linear(1, 1),
};
for (const size of [1, 15, 16, 17, 160, 1000]) {
  const made = (fill: (t: nn.Parameter) => unknown) => () => {
    const weight = new nn.Parameter(empty([size]));
    fill(weight);
    return new nn.ParameterList([weight]);
  };
  makers[`${size} normal`] = made((t) => nn.init.normal_(t));
  makers[`${size} uniform`] = made((t) => nn.init.uniform_(t));
  makers[`${size} truncated normal`] = made((t) => nn.init.truncNormal_(t, 0, 0.02));
}

describe("skipInit", () => {
  test.each(Object.entries(makers))("%s: the generator is where drawing leaves it", (_name, make) => {
    manualSeed(3);
    make();
    const drawn = defaultGenerator.getState();
    manualSeed(3);
    nn.init.skipInit(make);
    expect(defaultGenerator.getState()).toEqual(drawn);
  });

  test("leaves 0, and only inside", async () => {
    const { weight } = nn.init.skipInit(() => new nn.Linear(30, 21));
    expect(new Set(await weight.readValues())).toEqual(new Set([0]));
    expect(() =>
      nn.init.skipInit(() => {
        throw new RangeError("no");
      }),
    ).toThrow("no");
    expect(new Set(await new nn.Linear(30, 21).weight.readValues()).size).toBeGreaterThan(500);
  });
});
