/** @file `train --from model.onnx`: graphs of other programs learn, are kept, and go on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  createReference,
  crossEntropy,
  manualSeed,
  nn,
  optim,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "@drishti/core";
import type { StateValue } from "@drishti/core/nn";
import { decodeModelFile } from "@drishti/core/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tensorProto } from "../src/onnx/export/builder.ts";
import { exportOnnx } from "../src/onnx/export/export-onnx.ts";
import { OnnxModel } from "../src/onnx/onnx-model.ts";
import { decodeModel, encodeModel } from "../src/onnx/proto.ts";
import { readOnnx } from "../src/onnx/read.ts";
import { trainableGraph } from "../src/onnx/trainable.ts";
import { modelBytes } from "./onnx-graph.ts";
import { cli } from "./run-cli.ts";
import { writePictures } from "./tiny-pictures.ts";

const shared = join(process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../shared"), "oracle/interop");
const there = existsSync(join(shared, "models"));
const why = there ? "" : " (skipped: no oracle/interop; set DRISHTI_SHARED)";
const torchs = (name: string) => join(shared, "models", `${name}.onnx`);

const folder = mkdtempSync(join(tmpdir(), "drishti-onnx-train-"));
const at = (name: string) => join(folder, name);
const bytesOf = (path: string) => new Uint8Array(readFileSync(path));
const numbers = (value: StateValue) => ("data" in value ? Array.from(value.data as ArrayLike<number>) : []);
const stateOf = (run: string) => decodeModelFile(bytesOf(join(run, "checkpoints/last.safetensors")));
let photos: string;

beforeAll(() => {
  setDefaultDevice(createReference());
  photos = writePictures(at("photos"), 12);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const common = ["--image-size", "8", "--batch-size", "8", "--workers", "0", "--device", "wasm", "--json"];
const train = (out: string, ...args: string[]) =>
  cli(["train", "--data", photos, "--epochs", "2", "--lr", "0.05", ...common, ...args, "--out", at(out)]);

/** (N, 3, 8, 8) to 10 classes, with everything that an exporter may leave in. */
const small = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16, 10),
  );

describe(`PyTorch's files${why}`, () => {
  test.skipIf(!there)("a graph with batch norm gets a new head, learns, and is kept whole", async () => {
    const source = torchs("tiny_cnn_bn.training.opset13");
    const made = await train("bn", "--from", source);
    expect(made).toMatchObject({ code: 0 });
    expect(made.err).toContain("does not say what its pictures are like");
    expect(JSON.parse(made.out).accuracy).toBeGreaterThan(0.9);
    const { card, weights } = stateOf(at("bn"));
    expect(card!.model).toMatchObject({ numClasses: 2, height: 8 });
    const before = new OnnxModel(bytesOf(source));
    expect([...weights.keys()].sort()).toEqual([...before.stateDict().keys()].sort());
    const values = async (key: string) => Array.from((await before.stateDict().get(key)!.toArray()) as Float32Array);
    const mean = [...weights.keys()].find((key) => key.endsWith("running_mean"))!;
    expect(numbers(weights.get(mean)!)).not.toEqual(await values(mean));

    // As good as any other run: measured, exported, proved, and gone on with.
    const accuracy = async (model: string) =>
      JSON.parse((await cli(["evaluate", model, "--data", photos, "--device", "wasm", "--json"])).out).accuracy;
    for (const format of ["onnx", "safetensors"]) {
      const file = at(`bn-${format}`);
      expect(await cli(["export", at("bn"), "--format", format, "--out", file, "--device", "wasm"])).toMatchObject({
        code: 0,
      });
      expect(await accuracy(file)).toBe(await accuracy(at("bn")));
    }
    expect(readOnnx(bytesOf(at("bn-onnx"))).metadata.get("drishti.card")).not.toContain('"topology"');
    expect((await cli(["train", "--resume", at("bn"), "--epochs", "3", "--device", "wasm"])).code).toBe(0);
  });

  test.skipIf(!there)("what is held stays to the bit, statistics included", async () => {
    const source = torchs("tiny_cnn_bn.training.opset13");
    expect(await train("held", "--from", source, "--freeze", "backbone", "--epochs", "1")).toMatchObject({ code: 0 });
    const before = new OnnxModel(bytesOf(source)).stateDict();
    const moved: string[] = [];
    for (const [key, value] of stateOf(at("held")).weights)
      if (numbers(value).join() !== Array.from(await before.get(key)!.toArray()).join()) moved.push(key);
    expect(moved.sort()).toEqual(["fc2.bias", "fc2.weight"]);
    const wrong = await train("none", "--from", source, "--freeze", "features.*");
    expect(wrong.err).toMatch(/no parameter fits "features\.\*". The model's parameters: conv1\.weight/);
  });

  // Layers that end in a convolution, a pooled map, a residual sum, group and layer norms.
  test
    .skipIf(!there)
    .each(["fire.opset13", "residual.opset15", "norms.opset16", "mlp_bn.opset16", "dropout.training.opset13"])(
    "%s takes a new head and any batch",
    async (name) => {
      const bytes = bytesOf(torchs(name));
      const { inputs, outputs } = readOnnx(bytes);
      const [, channels, height, width] = inputs[0]!.shape as number[];
      const shape = { inChannels: channels!, height: height!, width: width!, numClasses: 7 };
      const classes = outputs[0]!.shape![1] as number;
      const { model } = await trainableGraph(decodeModel(bytes), { shape, classes, newHead: true });
      expect(
        model.forward(
          tensor(new Float32Array(3 * channels! * height! * width!), { shape: [3, channels!, height!, width!] }),
        ).shape,
      ).toEqual([3, 7]);
    },
  );
});

test("a step of a graph is the same step as that of the layers it was made of", async () => {
  manualSeed(3);
  const net = small();
  const bytes = await exportOnnx(net, { input: [3, 8, 8], batch: 1 });
  const shape = { inChannels: 3, height: 8, width: 8, numClasses: 10 };
  const { model } = await trainableGraph(decodeModel(bytes), { shape, classes: 10, newHead: false });
  const images = tensor(
    Float32Array.from({ length: 4 * 192 }, (_, i) => Math.sin(i)),
    { shape: [4, 3, 8, 8] },
  );
  const labels = tensor([1, 4, 9, 0], { dtype: "int32" });
  for (const each of [net, model]) {
    each.train();
    const sgd = new optim.SGD(each.parameters(), { lr: 0.1 });
    crossEntropy(each.forward(images) as Tensor, labels).backward();
    sgd.step();
  }
  const mine = model.stateDict();
  for (const [key, value] of net.stateDict())
    if (!key.endsWith("num_batches_tracked")) expect(await mine.get(key)!.toArray()).toEqual(await value.toArray());
});

test("a softmax at the end is left out, batches of one are opened, and a head of MatMul and Add is found", async () => {
  const bytes = modelBytes({
    nodes: [
      { opType: "Reshape", input: ["x", "sizes"], output: ["rows"] },
      { opType: "MatMul", input: ["rows", "w"], output: ["product"] },
      { opType: "Add", input: ["product", "b"], output: ["logits"] },
      { opType: "Softmax", input: ["logits"], output: ["y"] },
    ],
    initializers: [
      tensorProto("sizes", [2], "int64", [1, 12]),
      tensorProto("w", [12, 4], "float", new Float32Array(48).fill(0.5)),
      tensorProto("b", [1, 4], "float", [1, 2, 3, 4]),
    ],
    outputs: ["y"],
  });
  const proto = decodeModel(bytes);
  proto.graph!.input[0]!.type!.tensorType!.shape = { dim: [1, 3, 2, 2].map((dimValue) => ({ dimValue })) };
  const shape = { inChannels: 3, height: 2, width: 2, numClasses: 4 };
  const { model } = await trainableGraph(decodeModel(encodeModel(proto)), { shape, classes: 4, newHead: false });
  const logits = await model.forward(tensor(new Float32Array(24), { shape: [2, 3, 2, 2] })).toArray();
  expect(Array.from(logits)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  const other = await trainableGraph(proto, { shape: { ...shape, numClasses: 6 }, classes: 4, newHead: true });
  expect(other.model.stateDict().get("w")!.shape).toEqual([12, 6]);
  expect(other.model.stateDict().get("b")!.shape).toEqual([1, 6]);
});

describe("what cannot be trained is refused before the run, by its reason", () => {
  const refused = async (file: string, ...args: string[]) => {
    const { code, err } = await train("refused", "--from", file, ...args);
    expect(code).toBe(1);
    expect(existsSync(at("refused"))).toBe(false);
    return err;
  };

  test("no weights, no last layer, another kind of pictures, damage", async () => {
    const nodes = [
      { opType: "Sigmoid", input: ["x"], output: ["s"] },
      { opType: "GlobalAveragePool", input: ["s"], output: ["p"] },
      { opType: "Flatten", input: ["p"], output: ["y"] },
    ];
    const write = (name: string, bytes: Uint8Array) => {
      writeFileSync(at(name), bytes);
      return at(name);
    };
    const bare = write("bare.onnx", modelBytes({ nodes, outputs: ["y"] }));
    expect(await refused(bare)).toMatch(/does not say how large its pictures are/);
    const given = ["import", bare, "--input", "3,8,8", "--out", at("bare-card.onnx")];
    expect((await cli(given)).code).toBe(0);
    expect(await refused(at("bare-card.onnx"))).toMatch(
      /no last layer of 3 outputs was found.*a Gemm, a MatMul or a Conv.*Sigmoid "#0" is in the way/s,
    );
    const bytes = await exportOnnx(small(), { input: [3, 8, 8] });
    expect(
      await refused(
        write(
          "grey.onnx",
          await exportOnnx(new nn.Sequential(new nn.Flatten(), new nn.Linear(64, 2)), { input: [1, 8, 8] }),
        ),
      ),
    ).toMatch(/pictures of 1 channel, the data have 3/);
    expect(await refused(write("cut.onnx", bytes.subarray(0, 300)))).toMatch(/cut\.onnx/);
    const flat = write(
      "flat.onnx",
      await exportOnnx(new nn.Sequential(new nn.Flatten(), new nn.Linear(192, 2)), { input: [3, 8, 8] }),
    );
    expect(await refused(flat, "--image-size", "12")).toMatch(/batches of 3×12×12 do not go through it/);
  });
});
