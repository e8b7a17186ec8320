/** @file Checkpoints of PyTorch's optimisers go on here as they go on there: scripts/golden-optimizer-state.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createReference, nn, optim, registerBackend, setDefaultDevice, type Tensor, zeros } from "../src/index.ts";
import {
  optimizerStateOf,
  optimizerStateToPyTorch,
  PyTorchTensor,
  type PyTorchValue,
  readPyTorch,
  writePyTorch,
} from "../src/io/index.ts";
import { oracleSources } from "./oracle.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

type Dict = Map<string, PyTorchValue>;
type Tensors = PyTorchTensor[];
const golden = readPyTorch(readFileSync(new URL("golden/optimizer-state.pt", import.meta.url))).value as Dict;
const made = ({ shape, data }: PyTorchTensor): Tensor => zeros(shape).write(data as Float32Array);

describe("PyTorch's optimisers go on", () => {
  const cases = golden.get("cases") as Map<string, Dict>;
  expect(cases.size).toBe(7);
  test.each([...cases])("%s", async (name, checkpoint) => {
    const params = (checkpoint.get("params") as Tensors).map((p) => new nn.Parameter(made(p)));
    const Optimizer = optim[name.split(",")[0] as "Adam"];
    const optimizer = new Optimizer([{ params: params.slice(0, 1) }, { params: params.slice(1) }], { lr: 7 });
    optimizer.loadStateDict(optimizerStateOf(checkpoint));
    const grads = checkpoint.get("grads") as Tensors[];
    for (const step of grads) {
      params.forEach((parameter, i) => {
        parameter.grad = made(step[i]!);
      });
      optimizer.step();
    }
    for (const [i, { data }] of (checkpoint.get("after") as Tensors).entries()) {
      const [actual, expected] = [await params[i]!.readValues(), data as Float32Array];
      const room = 8 * grads.length * 2 ** -23 * Math.max(...Array.from(expected, Math.abs), 1); // docs/numerics.md
      for (const [j, value] of expected.entries()) expect(Math.abs(actual[j]! - value)).toBeLessThanOrEqual(room);
    }
  });
});

describe("PyTorch finds its own state again", () => {
  test.each([...(golden.get("cases") as Map<string, Dict>)])("%s", async (name, checkpoint) => {
    const params = (checkpoint.get("params") as Tensors).map((p) => new nn.Parameter(made(p)));
    const Optimizer = optim[name.split(",")[0] as "Adam"];
    const optimizer = new Optimizer([{ params: params.slice(0, 1) }, { params: params.slice(1) }], { lr: 7 });
    optimizer.loadStateDict(optimizerStateOf(checkpoint));
    const own = readPyTorch(writePyTorch(await optimizerStateToPyTorch(optimizer))).value as Dict;
    const torch = checkpoint.get("optimizer") as Dict;
    // An int in some of PyTorch's optimisers, a tensor in others and in newer versions.
    const plain = (value: PyTorchValue | undefined) =>
      value instanceof PyTorchTensor
        ? { shape: value.numel === 1 ? [] : value.shape, data: [...value.data].map(Number) }
        : value;
    const number = (value: PyTorchValue | undefined) =>
      typeof value === "number" ? { shape: [], data: [value] } : plain(value);
    const [state, wanted] = [own.get("state"), torch.get("state")] as [Map<number, Dict>, Map<number, Dict>];
    for (const [position, entries] of wanted)
      for (const [key, value] of entries)
        if (value !== null) expect([key, number(state.get(position)?.get(key))]).toEqual([key, number(value)]);
    const how = ["foreach", "capturable", "differentiable", "fused"];
    (torch.get("param_groups") as Dict[]).forEach((group, g) => {
      const given = (own.get("param_groups") as Dict[])[g]!;
      for (const [key, value] of group)
        if (!how.includes(key)) expect([key, given.get(key)]).toEqual([key, Array.isArray(value) ? [...value] : value]);
    });
  });
});

test("a rate that a schedule lowered, and where it started from, are taken over", () => {
  const group = new Map<string, PyTorchValue>([
    ["lr", 0.001],
    ["initial_lr", 0.1],
    ["fused", null],
    ["params", [140000]],
  ]);
  const value = new Map([["opt", new Map<string, PyTorchValue>([["state", new Map()]]).set("param_groups", [group])]]);
  const { paramGroups } = optimizerStateOf(value);
  expect(paramGroups).toEqual([{ lr: 0.001, initialLr: 0.1, params: [0] }]);
});

test("refuses a file without a state, a damaged one, and another optimiser's parameters", () => {
  const file = readPyTorch(writePyTorch(new Map([["epoch", 3]]))).value;
  const noState = {
    code: "no-optimizer-state",
    message: expect.stringContaining("a.pt: there is no optimiser's state"),
  };
  expect(() => optimizerStateOf(file, { file: "a.pt" })).toThrow(expect.objectContaining(noState));
  const damaged = new Map<string, PyTorchValue>([["state", new Map()]]).set("param_groups", [new Map([["lr", 1]])]);
  expect(() => optimizerStateOf(damaged)).toThrow(expect.objectContaining({ code: "optimizer-state" }));
  const adam = new optim.Adam([new nn.Parameter(zeros([2]))]);
  const other = optimizerStateOf(golden, { key: "cases.SGD.optimizer" });
  expect(() => adam.loadStateDict(other)).toThrow(/groups of 1, 3 parameters, this optimiser 1/);
  expect(() => adam.loadStateDict(new Map() as never)).toThrow(/optimizerStateOf/);
});

for (const source of oracleSources("interop/files/checkpoint.pt").slice(1)) {
  test.skipIf(source.missing !== undefined)(`the checkpoint of torch 1.13, ${source.name}`, async () => {
    const { value } = readPyTorch(readFileSync(`${source.folder}/interop/files/checkpoint.pt`));
    const weights = [...((value as Dict).get("model_state_dict") as Map<string, PyTorchTensor>)];
    const learned = weights.filter(([name]) => !/running|batches/.test(name));
    const optimizer = new optim.Adam(learned.map(([, tensor]) => new nn.Parameter(made(tensor))));
    optimizer.loadStateDict(optimizerStateOf(value));
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.001, initialLr: 0.01, amsgrad: true });
    const { state } = await optimizer.stateDict();
    expect(Object.keys(state)).toHaveLength(12);
    expect(Object.keys(state[0]!).sort()).toEqual(["expAvg", "expAvgSq", "maxExpAvgSq", "step"]);
  });
}
