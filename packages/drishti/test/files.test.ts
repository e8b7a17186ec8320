/** Model files in and out of the program: import, export, verify. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { manualSeed, nn, sort, type Tensor } from "@drishti/core";
import { readPyTorch, stateDictOf, writePyTorch, writeSafetensors } from "@drishti/core/io";
import { createModel, modelNames } from "@drishti/core/models";
import { decodeModelFile, encodeModel } from "@drishti/core/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { web } from "../src/run/formats/web.ts";
import { makeGolden } from "../src/run/golden.ts";
import { tensorCounts } from "../src/run/guess-model.ts";
import { testPictures } from "../src/run/import-model.ts";
import { OwnNet } from "./own-net.ts";
import { cli } from "./run-cli.ts";
import { bars, pgm, writeMnistLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-files-"));
const at = (name: string) => join(folder, name);
const best = at("run/checkpoints/best.safetensors");
let data: string;

beforeAll(async () => {
  data = writeMnistLike(at("bars"));
  const settings = ["--model", "mlp-bn", "--epochs", "2", "--batch-size", "16", "--lr", "0.01"];
  expect((await cli(["train", "--data", data, ...settings, "--out", at("run"), "--quiet"])).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = async (...argv: string[]) => {
  const { code, out, err } = await cli([...argv, "--json"]);
  expect(err).toBe("");
  return { code, ...(JSON.parse(out) as { file: string; maxError: number; ok: boolean }) };
};

describe("export", () => {
  test.each([
    ["pytorch", "net.pt"],
    ["safetensors", "net.safetensors"],
  ])("%s: read back, the same answers, the same accuracy", async (format, name) => {
    const result = await json("export", at("run"), "--format", format, "--out", at(name));
    expect(result).toMatchObject({ code: 0, file: at(name), ok: true });
    expect(result.maxError).toBeLessThan(1e-6); // the run was in doubles
    const evaluate = async (model: string) => JSON.parse((await cli(["evaluate", model, "--json"])).out);
    const [ours, copy] = [await evaluate(at("run")), await evaluate(at(name))];
    expect({ ...copy, seconds: 0 }).toEqual({ ...ours, seconds: 0 });
    writeFileSync(at("bar.pgm"), pgm(bars(1, 9).pixels));
    const predict = async (model: string) => (await cli(["predict", model, at("bar.pgm"), "--json"])).out;
    expect(await predict(at(name))).toBe(await predict(at("run")));
    expect((await cli(["summary", at(name)])).out).toContain("mlp-bn");
  });

  test("PyTorch gets a plain state dict, counters as int64", () => {
    const { weights, path } = stateDictOf(readPyTorch(readFileSync(at("net.pt"))).value);
    expect(path).toEqual([]);
    expect(weights.get("net.2.num_batches_tracked")).toMatchObject({ dtype: "int64", shape: [] });
    expect([...weights.values()].filter(({ dtype }) => dtype === "float32")).toHaveLength(8);
  });

  test.each([
    ["export", ["--format", "pytorch"]],
    ["import", []],
  ])("%s never takes the place of the file it reads", async (command, words) => {
    const copy = at(`${command}-me.safetensors`);
    writeFileSync(copy, readFileSync(best));
    const { code, err } = await cli([command, copy, ...words, "--out", copy]);
    expect([code, err]).toEqual([2, expect.stringMatching(/is the model that is read, which would be lost/)]);
    expect(readFileSync(copy).equals(readFileSync(best))).toBe(true);
  });

  // Bundles the runtime from the sources; a browser is started where there is one.
  test("web: predict.mjs and the page give the golden logits; predict.mjs labels pictures without any package", async () => {
    const { code, out, err } = await cli(["export", at("run"), "--format", "web", "--out", at("site"), "--json"]);
    expect([code, err]).toEqual([0, ""]);
    const { checks } = JSON.parse(out) as {
      checks: { where: string; ok: boolean; maxError: number | null; skipped?: boolean }[];
    };
    expect(checks.map(({ where, ok }) => [where, ok])).toEqual([
      ["predict.mjs", true],
      ["browser", true],
    ]);
    for (const { maxError, skipped } of checks) if (!skipped) expect(maxError).toBeLessThan(1e-5);
    expect(readFileSync(at("site/index.html"), "utf8").trimEnd().split("\n")).toHaveLength(10);
    writeFileSync(at("bar.pgm"), pgm(bars(1, 9).pixels));
    const { stdout } = spawnSync(process.execPath, [at("site/predict.mjs"), at("bar.pgm")], { encoding: "utf8" });
    const ours = JSON.parse((await cli(["predict", at("run"), at("bar.pgm"), "--json"])).out);
    expect(JSON.parse(stdout).top[0].label).toBe(ours.label);
    expect(JSON.parse(stdout).top[0].probability).toBeCloseTo(ours.probability, 5);
    expect(await json("verify", at("site"), "--device", "wasm")).toMatchObject({ ok: true });
  });

  test("web: a network of one's own goes as a graph, in place of what was there; a page of one's own stays", async () => {
    const { card } = decodeModelFile(readFileSync(best));
    manualSeed(3);
    const model = new OwnNet({ inChannels: 1, numClasses: 10 });
    const own = { ...card!, model: { ...card!.model, name: resolve(import.meta.dirname, "own-net.ts") } };
    const golden = await makeGolden(model, own, testPictures(own));
    writeFileSync(at("site/index.html"), "mine");
    await web.write!({ model, card: { ...own, golden } }, at("site"));
    expect(readdirSync(at("site")).filter((name) => name.startsWith("model."))).toEqual(["model.onnx"]);
    expect(readFileSync(at("site/index.html"), "utf8")).toBe("mine");
    const { stdout } = spawnSync(process.execPath, [at("site/predict.mjs"), "--verify"], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toMatchObject({ where: "predict.mjs", ok: true });
    expect(JSON.parse(stdout).maxError).toBeLessThan(1e-5);
    const pictures = spawnSync(process.execPath, [at("site/predict.mjs"), at("site"), at("none"), at("bar.pgm")], {
      encoding: "utf8",
    });
    expect([pictures.status, pictures.stderr.split("\n")]).toEqual([
      1,
      [expect.stringContaining("no ordinary file"), `${at("none")}: there is no such file. Check the path.`, ""],
    ]);
    expect(JSON.parse(pictures.stdout).top).toHaveLength(5);
    expect(await json("verify", at("site"), "--device", "wasm")).toMatchObject({ ok: true });
  });

  test("web: a network without words in ONNX is refused by the operation's name, and nothing is written", async () => {
    const { card } = decodeModelFile(readFileSync(best));
    class Sorted extends nn.Module {
      forward(input: Tensor): Tensor {
        return sort(input.flatten(1)).values;
      }
    }
    const own = { ...card!, model: { ...card!.model, name: "sorted.ts" } };
    await expect(web.write!({ model: new Sorted(), card: own }, at("no-site"))).rejects.toThrow(/sort/);
    expect(existsSync(at("no-site"))).toBe(false);
  });

  test("the formats there are, when none or a wrong one is named", async () => {
    expect(await cli(["export", at("run")])).toMatchObject({ code: 2, err: expect.stringContaining("--format") });
    const wrong = await cli(["export", at("run"), "--format", "keras"]);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("safetensors, pytorch") });
  });

  test("a folder that is not there", async () => {
    const { code, err } = await cli(["export", at("run"), "--format", "pytorch", "--out", at("no/such/x.pt")]);
    expect([code, err]).toEqual([1, expect.stringMatching(/x\.pt cannot be written/)]);
  });
});

describe("verify", () => {
  test("every backend that runs here agrees, and ONNX Runtime, and a browser; --device takes one", async () => {
    const { code, out } = await cli(["verify", at("run"), "--device", "auto"]);
    expect(code).toBe(0);
    for (const device of ["wasm", "reference"]) expect(out).toMatch(new RegExp(`ok {4}${device}: error`));
    for (const place of ["onnxruntime", "browser"])
      expect(out).toMatch(new RegExp(`ok {4}${place}.*: error|-- {4}${place}: not run, `));
    expect(await json("verify", at("run"), "--device", "wasm")).toMatchObject({ code: 0, ok: true });
  });

  test("wrong preprocessing, wrong weights, and NaN are seen", async () => {
    const { card, weights } = decodeModelFile(readFileSync(best));
    const state = new Map([...weights].map(([key, value]) => [key, value as { shape: number[]; data: Float32Array }]));
    const spoil = async (name: string, changed: typeof card, key?: string, value = 0.01) => {
      const copy = new Map(state);
      if (key) {
        const { shape, data: values } = copy.get(key)!;
        copy.set(key, { shape, data: Float32Array.from(values, (x, i) => (i === 0 ? x + value : x)) });
      }
      writeFileSync(at(name), encodeModel(copy, changed!));
      return cli(["verify", at(name), "--device", "wasm"]);
    };
    const transforms = JSON.parse(
      JSON.stringify(card!.preprocessing.transforms).replace(/"mean":\[[^\]]*\]/, '"mean":[0]'),
    );
    const shifted = { ...card!, preprocessing: { ...card!.preprocessing, transforms } };
    for (const result of [
      await spoil("mean.safetensors", shifted),
      await spoil("weight.safetensors", card, "net.4.bias"),
      await spoil("nan.safetensors", card, "net.4.bias", Number.NaN),
    ])
      expect(result).toMatchObject({ code: 1, out: expect.stringContaining("does NOT give its golden logits") });
    expect((await spoil("same.safetensors", card)).code).toBe(0);
  });

  test("a file without golden pictures says so", async () => {
    const { card, weights } = decodeModelFile(readFileSync(best));
    writeFileSync(at("plain.safetensors"), encodeModel(weights as never, { ...card!, golden: null }));
    expect(await cli(["verify", at("plain.safetensors")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("golden"),
    });
  });
});

describe("import", () => {
  test("refuses options for what a file says itself", async () => {
    for (const option of [
      ["--model", "nosuch"],
      ["--classes", "a,b"],
      ["--channel-order", "BGR"],
      ["--preprocessing", "tf"],
    ])
      expect(await cli(["import", best, ...option, "--out", at("none.safetensors")])).toMatchObject({
        code: 2,
        err: expect.stringMatching(new RegExp(`has a card .*Leave out ${option[0]}\\.`)),
      });
    expect(existsSync(at("none.safetensors"))).toBe(false);
  });

  const weights = (name: string, shape?: Parameters<typeof createModel>[1]) =>
    new Map(
      [...createModel(name, shape).stateDict()].map(([key, value]) => [
        key,
        { shape: value.shape, data: Float32Array.from({ length: value.numel }, (_, i) => Math.abs(Math.sin(i)) / 10) },
      ]),
    );

  test("a checkpoint of DataParallel: the network is found, channels and classes by the weights", async () => {
    const state = weights("resnet20", { inChannels: 1, numClasses: 4 });
    const wrapped = new Map([...state].map(([key, value]) => [`module.${key}`, value]));
    writeFileSync(
      at("r20.pth"),
      writePyTorch(
        new Map<string, Parameters<typeof writePyTorch>[0]>([
          ["epoch", 3],
          ["state_dict", wrapped],
        ]),
      ),
    );
    const options = ["--device", "wasm", "--classes", "a,b,c,d", "--mean", "0.5", "--std", "0.25"];
    const result = await json("import", at("r20.pth"), ...options);
    expect(result).toMatchObject({ code: 0, file: at("r20.safetensors"), maxError: 0, ok: true });
    const { card } = decodeModelFile(readFileSync(result.file));
    expect(card).toMatchObject({
      model: { name: "resnet20", inChannels: 1, numClasses: 4, height: 32, width: 32 },
      classes: ["a", "b", "c", "d"],
      preprocessing: { channelOrder: "L", mean: [0.5], std: [0.25] },
    });
    expect(card!.golden!.logits).toHaveLength(3);
    // A second import does not write over the first.
    expect((await json("import", at("r20.pth"), ...options)).file).toBe(at("r20.drishti.safetensors"));
    const third = await cli(["import", at("r20.pth"), ...options]);
    expect([third.code, third.err]).toEqual([1, expect.stringContaining("--out")]);
  });

  test("--channel-order BGR turns the channels round", async () => {
    const state = weights("lenet5", { inChannels: 3 });
    writeFileSync(at("lenet.safetensors"), writeSafetensors(state));
    const importAs = async (order: string) => {
      const out = at(`${order}.safetensors`);
      const argv = [
        "import",
        at("lenet.safetensors"),
        "--input",
        "3,28,28",
        "--channel-order",
        order,
        "--preprocessing",
        "unit",
      ];
      expect((await json(...argv, "--out", out)).ok).toBe(true);
      return decodeModelFile(readFileSync(out)).card!;
    };
    const [rgb, bgr] = [await importAs("RGB"), await importAs("BGR")];
    expect([rgb.preprocessing.channelOrder, bgr.preprocessing.channelOrder]).toEqual(["RGB", "BGR"]);
    expect(bgr.golden!.logits).not.toEqual(rgb.golden!.logits);
    expect(bgr.golden!.pixels).toEqual(rgb.golden!.pixels);
  });

  // Models that TensorFlow.js saved (scripts/golden-tfjs.mjs); a network with layers of its own is kept in the card.
  test.each([
    ["sequence", "3,11,9", 4],
    ["branches", "2,8,8", 3],
  ] as const)("TensorFlow.js, %s", async (name, input, classes) => {
    const source = resolve(import.meta.dirname, "../../core/test/golden/tfjs", name, "model.json");
    const out = at(`${name}.safetensors`);
    expect(await json("import", source, "--out", out)).toMatchObject({ code: 0, ok: true });
    const { model } = decodeModelFile(readFileSync(out)).card!;
    const [inChannels, height, width] = input.split(",").map(Number);
    expect(model).toEqual({ name: "model.json", inChannels, numClasses: classes, height, width });
    expect(await json("verify", out, "--device", "wasm")).toMatchObject({ ok: true });
    expect((await cli(["summary", out])).out).toContain("Conv2d");
  });

  test.each([
    [
      "weights of no network",
      writeSafetensors([["w", { shape: [1], data: Float32Array.of(1) }]]),
      /fit none.*--model/s,
    ],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), /no model file/],
    ["nothing", new Uint8Array(0), /no model file/],
  ])("refuses %s", async (_what, bytes, text) => {
    writeFileSync(at("wrong"), bytes);
    const { code, err } = await cli(["import", at("wrong")]);
    expect([code, err]).toEqual([1, expect.stringMatching(text)]);
  });

  test("as MODEL, weights without a card say what to do", async () => {
    const { code, err } = await cli(["predict", at("r20.pth"), at("bar.pgm")]);
    expect([code, err]).toEqual([1, expect.stringContaining("drishti import")]);
  });

  test("the wrong number of classes or means is wrong usage", async () => {
    for (const option of ["--classes=a,b", "--mean=1,2", "--std=1,2,3"])
      expect(await cli(["import", at("r20.pth"), option, "--out", at("x.safetensors")]), option).toMatchObject({
        code: 2,
      });
  });

  test("the number of tensors of the small networks is what the table says", () => {
    expect(Object.keys(tensorCounts).sort()).toEqual([...modelNames].sort());
    for (const name of [
      "lenet5",
      "mlp-bn",
      "simplecnn",
      "cifar10cnn-bn",
      "resnet20",
      "resnet56",
      "squeezenet1_1",
      "mobilenet_v1_0.25",
    ]) {
      const keys = [...createModel(name).stateDict().keys()].filter((key) => !key.endsWith("num_batches_tracked"));
      expect(keys.length, name).toBe(tensorCounts[name]);
    }
  });
});
