import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { tensor } from "../autograd/create.ts";
import { registerBackend, setDefaultDevice } from "../autograd/device.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { createReference } from "../backends/reference.ts";
import "../ops/methods.ts";
import { kerasInput, kerasModel } from "./keras-model.ts";
import { kerasStateDict } from "./keras-weights.ts";
import { readTfjs, tfjsPaths } from "./tfjs-weights.ts";

// Written and run by TensorFlow.js itself: scripts/golden-tfjs.mjs.
const golden = resolve(import.meta.dirname, "../../test/golden/tfjs");
const open = (name: string) => {
  const json = readFileSync(join(golden, name, "model.json"), "utf8");
  return { json, shards: tfjsPaths(json).map((path) => readFileSync(join(golden, name, path))) };
};

interface Io {
  readonly shape: [number, number, number, number];
  readonly output: { readonly shape: number[]; readonly values: number[] };
}

/** The generator's input, (N, H, W, C) there, as (N, C, H, W). */
function inputOf([n, h, w, c]: Io["shape"]): Float32Array {
  return Float32Array.from({ length: n * h * w * c }, (_, at) => {
    const [x, y, channel, picture] = [
      at % w,
      Math.floor(at / w) % h,
      Math.floor(at / (w * h)) % c,
      Math.floor(at / (w * h * c)),
    ];
    return Math.sin(1.7 * (((picture * h + y) * w + x) * c + channel) + 9);
  });
}

beforeAll(() => {
  registerBackend("reference", createReference);
  setDefaultDevice("reference");
});

describe("models that TensorFlow.js saved", () => {
  test.each([
    ["sequence", [3, 11, 9]],
    ["branches", [2, 8, 8]],
  ])("%s: the same answers", async (name, input) => {
    const { json, shards } = open(name);
    const { tensors, topology } = readTfjs(json, shards);
    expect(kerasInput(topology)).toEqual(input);
    const model = kerasModel(topology, tensors).eval();
    const io = JSON.parse(readFileSync(join(golden, name, "io.json"), "utf8")) as Io;
    const [n, h, w, c] = io.shape;
    let logits = noGrad(() => model.forward(tensor(inputOf(io.shape), { shape: [n, c, h, w] })));
    if (name === "sequence") logits = logits.softmax(1); // which the model leaves out
    expect(logits.shape).toEqual(io.output.shape);
    const found = await logits.toArray();
    // Theirs are sums in float32 of a few hundred terms around 1: 8 ε of the terms.
    for (const [i, value] of io.output.values.entries()) expect(Math.abs(Number(found[i]) - value)).toBeLessThan(1e-6);
  });

  test("its weights can be learned on, and come back by loadStateDict", () => {
    const { json, shards } = open("sequence");
    const { tensors, topology } = readTfjs(json, shards);
    const model = kerasModel(topology, tensors);
    model
      .forward(tensor(inputOf([2, 11, 9, 3]), { shape: [2, 3, 11, 9] }))
      .sum()
      .backward();
    for (const [name, parameter] of model.namedParameters()) expect(parameter.grad, name).not.toBeNull();
    expect([...model.stateDict().keys()].slice(0, 4)).toEqual([
      "layers.0.weight",
      "layers.0.bias",
      "layers.1.weight",
      "layers.1.bias",
    ]);
  });
});

describe("refusals", () => {
  const { json, shards } = open("sequence");
  const root = JSON.parse(json) as {
    modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } };
    weightsManifest: { paths: string[]; weights: { name: string; dtype: string; shape: number[] }[] }[];
  };
  const refusal = (code: string, text: RegExp) =>
    expect.objectContaining({ name: "DataError", code, file: "model.json", message: expect.stringMatching(text) });
  const changed = (edit: (copy: typeof root) => void) => {
    const copy = structuredClone(root);
    edit(copy);
    return () => {
      const { tensors, topology } = readTfjs(JSON.stringify(copy), shards, { file: "model.json" });
      kerasModel(topology, tensors, { file: "model.json" });
    };
  };

  test.each<[string, (copy: typeof root) => void, string, RegExp]>([
    ["a file that is too short", (c) => c.weightsManifest[0]!.weights[0]!.shape.push(100), "size", /needs/],
    ["bytes left over", (c) => void c.weightsManifest[0]!.weights.pop(), "size", /belong to no tensor/],
    [
      "texts for weights",
      (c) => Object.assign(c.weightsManifest[0]!.weights[0]!, { dtype: "string" }),
      "dtype",
      /"string"/,
    ],
    ["a path out of the folder", (c) => c.weightsManifest[0]!.paths.splice(0, 1, "../secret"), "manifest", /leads out/],
    ["an absolute path", (c) => c.weightsManifest[0]!.paths.splice(0, 1, "/etc/passwd"), "manifest", /leads out/],
    [
      "an unknown layer",
      (c) => Object.assign(c.modelTopology.config.layers[0]!, { class_name: "LSTM" }),
      "layer",
      /conv2d.*LSTM/i,
    ],
    [
      "an unknown activation",
      (c) => Object.assign(c.modelTopology.config.layers[0]!.config, { activation: "blurb" }),
      "activation",
      /blurb/,
    ],
    [
      "weights of another shape",
      (c) => Object.assign(c.modelTopology.config.layers[1]!.config, { name: "other" }),
      "weights",
      /moving mean/,
    ],
  ])("%s", (_what, edit, code, text) => {
    expect(changed(edit)).toThrow(refusal(code, text));
  });

  test("no JSON, no manifest, and a graph model", () => {
    const read = (text: string) => () => readTfjs(text, [], { file: "model.json" });
    expect(read("{")).toThrow(refusal("manifest", /JSON/));
    expect(read("{}")).toThrow(refusal("manifest", /weightsManifest/));
    expect(read('{"format":"graph-model"}')).toThrow(refusal("graph-model", /Keras/));
  });
});

test("quantised weights are widened by their scale and minimum", () => {
  const manifest = (dtype: string, extra: object) =>
    JSON.stringify({
      weightsManifest: [
        { paths: ["a"], weights: [{ name: "w", shape: [2], dtype: "float32", quantization: { dtype, ...extra } }] },
      ],
    });
  const read = (dtype: string, extra: object, bytes: Uint8Array) => [
    ...readTfjs(manifest(dtype, extra), [bytes]).tensors.get("w")!.data,
  ];
  expect(read("uint8", { scale: 0.5, min: -1 }, Uint8Array.of(0, 255))).toEqual([-1, 126.5]);
  expect(read("uint16", { scale: 2, min: 1 }, Uint8Array.of(1, 0, 0, 1))).toEqual([3, 513]);
  expect(read("float16", {}, Uint8Array.of(0, 0x3c, 0, 0xc0))).toEqual([1, -2]);
});

test("kernels change their axes: HWIO to OIHW, depthwise, dense", () => {
  const ramp = (shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
  });
  const state = kerasStateDict(
    new Map([
      ["a/kernel", ramp([1, 2, 3, 2])],
      ["b/depthwise_kernel", ramp([1, 2, 2, 2])],
      ["c/kernel", ramp([2, 3])],
    ]),
  );
  expect(state.get("a.weight")).toMatchObject({
    shape: [2, 3, 1, 2],
    data: Float32Array.of(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11),
  });
  expect(state.get("b.weight")).toMatchObject({ shape: [4, 1, 1, 2], data: Float32Array.of(0, 4, 1, 5, 2, 6, 3, 7) });
  expect(state.get("c.weight")).toMatchObject({ shape: [3, 2], data: Float32Array.of(0, 3, 1, 4, 2, 5) });
});
