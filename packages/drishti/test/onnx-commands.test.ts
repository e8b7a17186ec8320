/** ONNX on the command line: export, import, verify, and .onnx as MODEL. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReference, nn, setDefaultDevice } from "@drishti/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadOnnxRuntime } from "../src/onnx/check.ts";
import { exportOnnx } from "../src/onnx/export/export-onnx.ts";
import { withMetadata } from "../src/onnx/files.ts";
import { readOnnx } from "../src/onnx/read.ts";
import { modelBytes } from "./onnx-graph.ts";
import { cli } from "./run-cli.ts";
import { bars, pgm, writeMnistLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-onnx-cli-"));
const at = (name: string) => join(folder, name);
const runtime = await loadOnnxRuntime();
let data: string;

beforeAll(async () => {
  data = writeMnistLike(at("bars"));
  const settings = ["--model", "mlp-bn", "--epochs", "2", "--batch-size", "16", "--lr", "0.01"];
  expect((await cli(["train", "--data", data, ...settings, "--out", at("run"), "--quiet"])).code).toBe(0);
  expect((await cli(["export", at("run"), "--format", "onnx", "--out", at("net.onnx")])).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("export proves the file, and says whether ONNX Runtime did", async () => {
  const { code, out } = await cli(["export", at("run"), "--format", "onnx", "--out", at("net.onnx"), "--json"]);
  const { ok, maxError, checks } = JSON.parse(out);
  expect([code, ok]).toEqual([0, true]);
  expect(maxError).toBeLessThan(1e-5);
  expect(checks.map(({ where }: { where: string }) => where)).toEqual(["file", runtime?.name ?? "onnxruntime"]);
});

test("the file evaluates and predicts as the run does, and shows its nodes", async () => {
  const evaluate = async (model: string) => JSON.parse((await cli(["evaluate", model, "--json"])).out);
  const [ours, copy] = [await evaluate(at("run")), await evaluate(at("net.onnx"))];
  expect(copy).toMatchObject({ count: ours.count, accuracy: ours.accuracy, confusionMatrix: ours.confusionMatrix });
  expect(copy.loss).toBeCloseTo(ours.loss, 5);
  writeFileSync(at("bar.pgm"), pgm(bars(1, 9).pixels));
  const label = async (model: string) => JSON.parse((await cli(["predict", model, at("bar.pgm"), "--json"])).out).label;
  expect(await label(at("net.onnx"))).toBe(await label(at("run")));
  const { out } = await cli(["summary", at("net.onnx"), "--json"]);
  const { layers, parameters } = JSON.parse(out);
  expect(layers.map(({ type }: { type: string }) => type)).toEqual([
    "Flatten",
    "Gemm",
    "BatchNormalization",
    "Relu",
    "Gemm",
  ]);
  expect(parameters).toBe(JSON.parse((await cli(["summary", at("run"), "--json"])).out).parameters);
  expect((await cli(["verify", at("net.onnx"), "--device", "wasm"])).code).toBe(0);
});

describe("import", () => {
  test("a network of another program gets a card, and everything else of it stays", async () => {
    setDefaultDevice(createReference());
    const net = new nn.Sequential(new nn.Conv2d(3, 2, 3), new nn.Flatten(), new nn.Linear(72, 3));
    const bytes = withMetadata(await exportOnnx(net, { input: [3, 8, 8], batch: 2 }), { origin: "elsewhere" }, "x");
    writeFileSync(at("other.onnx"), bytes);
    const { code, err } = await cli(["import", at("other.onnx"), "--classes", "a,b,c", "--out", at("mine.onnx")]);
    expect([code, err]).toEqual([0, ""]);
    const mine = readFileSync(at("mine.onnx"));
    expect(mine.subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(readOnnx(mine).metadata.get("origin")).toBe("elsewhere");
    expect(JSON.parse(readOnnx(mine).metadata.get("drishti.card")!)).toMatchObject({ classes: ["a", "b", "c"] });
    expect((await cli(["verify", at("mine.onnx"), "--device", "wasm"])).code).toBe(0);
  });

  test("one that ends in a softmax gives its probabilities, not a softmax of them", async () => {
    const layers = [new nn.Conv2d(1, 2, 3), new nn.Flatten(), new nn.Linear(128, 10)] as const;
    const at4 = layers[2].weight;
    await at4.write(Float32Array.from({ length: at4.numel }, (_, i) => Math.sin(i) / 4));
    for (const [name, net] of [
      ["logits", new nn.Sequential(...layers)],
      ["softmax", new nn.Sequential(...layers, new nn.Softmax({ dim: 1 }))],
    ] as const) {
      writeFileSync(at(`${name}.onnx`), await exportOnnx(net, { input: [1, 10, 10] }));
      expect((await cli(["import", at(`${name}.onnx`), "--out", at(`${name}-card.onnx`)])).code).toBe(0);
    }
    const answer = async (name: string) =>
      (await cli(["predict", at(`${name}-card.onnx`), at("bar.pgm"), "--json"])).out;
    expect(await answer("softmax")).toBe(await answer("logits"));
    expect((await cli(["verify", at("softmax-card.onnx"), "--device", "wasm"])).code).toBe(0);
  });

  test("is trained on, as it is or with a new head; one of a built-in network as that network", async () => {
    const net = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.Flatten(), new nn.Linear(128, 10));
    writeFileSync(at("odd-net.onnx"), await exportOnnx(net, { input: [1, 10, 10] }));
    expect((await cli(["import", at("odd-net.onnx"), "--out", at("own.onnx")])).code).toBe(0);
    const train = (option: string, model: string) =>
      cli(["train", option, at(model), "--data", data, "--epochs", "1", "--out", at(`of${option}`), "--json"]);
    expect(await train("--model", "own.onnx")).toMatchObject({ code: 0 });
    expect((await cli(["evaluate", at("of--model"), "--json"])).code).toBe(0);
    expect(await train("--from", "net.onnx")).toMatchObject({ code: 0, err: expect.not.stringContaining("drishti:") });
    expect((await cli(["summary", at("of--from"), "--json"])).out).toContain('"type":"BatchNorm1d"');
  });

  test("operators that are not built are named, with the file", async () => {
    writeFileSync(
      at("odd.onnx"),
      modelBytes({ nodes: [{ opType: "LSTM", name: "r", input: ["x"], output: ["y"] }], outputs: ["y"] }),
    );
    const { code, err } = await cli(["import", at("odd.onnx")]);
    expect(code).toBe(1);
    expect(err).toContain("odd.onnx: it uses what Drishti cannot run:\n  LSTM: r");
  });
});
