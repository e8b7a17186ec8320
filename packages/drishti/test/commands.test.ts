import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeModelFile } from "@drishti/core/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "./run-cli.ts";
import { bars, pgm, SIDE, writeMnistLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-commands-"));
const run = join(folder, "run");
let data: string;
let trained: Awaited<ReturnType<typeof cli>>;

beforeAll(async () => {
  data = writeMnistLike(join(folder, "bars"));
  const settings = ["--model", "mlp-bn", "--epochs", "4", "--batch-size", "16", "--lr", "0.01", "--seed", "5"];
  trained = await cli(["train", "--data", data, ...settings, "--out", run, "--json"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keysOf = (value: object) => Object.keys(value).sort();

describe("train", () => {
  test("learns, and prints the contract's object", () => {
    expect(trained).toMatchObject({ code: 0 });
    const result = JSON.parse(trained.out);
    expect(keysOf(result)).toEqual([
      "accuracy",
      "device",
      "epochs",
      "f1",
      "imagesPerSecond",
      "loss",
      "precision",
      "recall",
      "run",
      "seconds",
      "seed",
    ]);
    expect(result).toMatchObject({ run, epochs: 4, device: "reference", seed: 5 });
    expect(result.accuracy).toBeGreaterThan(0.9);
    expect(result.imagesPerSecond).toBeGreaterThan(0);
  });

  test("leaves a run folder: config, metrics, checkpoints, report", () => {
    const config = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
    expect(config).toMatchObject({
      data,
      model: "mlp-bn",
      epochs: 4,
      "batch-size": 16,
      lr: 0.01,
      optimizer: "adam",
      seed: 5,
    });
    const metrics = readFileSync(join(run, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(metrics.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(Math.max(...metrics.map(({ accuracy }) => accuracy))).toBe(JSON.parse(trained.out).accuracy);
    expect(readdirSync(run).some((name) => name.startsWith("events.out.tfevents."))).toBe(true);
    const report = readFileSync(join(run, "report.html"), "utf8");
    expect(report).toContain("<svg");
    expect(report).toContain("Confusion");
    expect(report).not.toMatch(/(src|href)="(?!data:)/); // needs nothing but itself
  });

  test("the model file tells its network, classes, preprocessing and golden logits", () => {
    const { card, weights, training } = decodeModelFile(readFileSync(join(run, "checkpoints", "best.safetensors")));
    expect(training).toBeNull();
    expect([...weights.keys()].every((key) => key.startsWith("net."))).toBe(true); // PyTorch's keys and nothing else
    expect(card).toMatchObject({
      model: { name: "mlp-bn", inChannels: 1, height: SIDE, width: SIDE },
      preprocessing: { channels: 1, height: SIDE, width: SIDE, channelOrder: "L", layout: "NCHW" },
    });
    expect(card!.golden!.logits).toHaveLength(3);
    expect(decodeModelFile(readFileSync(join(run, "checkpoints", "last.safetensors"))).training!.progress.epoch).toBe(
      4,
    );
  });

  test("--config of a run repeats it bit for bit", async () => {
    const again = join(folder, "again");
    expect((await cli(["train", "--config", join(run, "config.json"), "--out", again, "--quiet"])).code).toBe(0);
    const best = (path: string) => readFileSync(join(path, "checkpoints", "best.safetensors"));
    expect(best(again).equals(best(run))).toBe(true);
  });

  // Two steps an epoch, two epochs: the rate of the last step, by each schedule's formula.
  test.each([
    ["sgd", "cosine", "crop", (0.05 * (1 + Math.cos((3 / 4) * Math.PI))) / 2],
    ["adamw", "onecycle", "crop+flip", 0.001 / 25 / 1e4],
    ["sgd", "step:1:0.5", "auto", 0.025],
    ["adam", "exponential:0.8", "none", 0.0008],
    ["rmsprop", "plateau:1", "flip,trivialAugment,erasing", 0.001],
  ])("%s with %s and augmentation %s", async (optimizer, scheduler, augment, rate) => {
    const out = join(folder, `${optimizer}-${scheduler.replace(/:/g, "-")}`);
    const argv = [
      "--epochs",
      "2",
      "--optimizer",
      optimizer,
      "--scheduler",
      scheduler,
      "--augment",
      augment,
      "--out",
      out,
    ];
    expect((await cli(["train", "--data", data, "--model", "mlp", ...argv])).code).toBe(0);
    const [, second] = readFileSync(join(out, "metrics.jsonl"), "utf8").split("\n");
    expect(JSON.parse(second!).learningRate).toBeCloseTo(rate, 12);
  });

  test("mixed batches and smoothed labels: in config.json, and the same again from there", async () => {
    const out = join(folder, "mixed");
    const argv = ["train", "--data", data, "--model", "mlp", "--epochs", "2", "--mixup", "0.2", "--cutmix", "1"];
    expect((await cli([...argv, "--label-smoothing", "0.1", "--out", out])).code).toBe(0);
    const config = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
    expect(config).toMatchObject({ mixup: 0.2, cutmix: 1, "label-smoothing": 0.1 });
    const again = join(folder, "mixed-again");
    expect((await cli(["train", "--config", join(out, "config.json"), "--out", again])).code).toBe(0);
    const lossesOf = (run: string) =>
      readFileSync(join(run, "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { trainLoss: number; loss: number });
    const [before, after] = [lossesOf(out), lossesOf(again)];
    expect(after.map(({ trainLoss, loss }) => [trainLoss, loss])).toEqual(
      before.map(({ trainLoss, loss }) => [trainLoss, loss]),
    );
  });
});

describe("Ctrl-C", () => {
  test.each([
    ["before the first step", /held out/],
    ["after an epoch", /^epoch 2/],
  ])("%s: a checkpoint, code 130, and the same bits after --resume", async (_, when) => {
    const out = join(folder, `stopped-${when.source.replace(/\W/g, "")}`);
    const argv = ["train", "--config", join(run, "config.json"), "--out", out];
    const stopped = await cli(argv, { interruptOn: (text) => when.test(text) });
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain("checkpoint saved");
    expect(stopped.err).toContain(`drishti train --resume ${out}`);
    expect(stopped.out).toBe("");
    expect(existsSync(join(out, "checkpoints", "last.safetensors"))).toBe(true);
    const resumed = await cli(["train", "--resume", out, "--json"]);
    expect(resumed.code).toBe(0);
    const best = (path: string) => readFileSync(join(path, "checkpoints", "best.safetensors"));
    expect(best(out).equals(best(run))).toBe(true);
    expect(JSON.parse(resumed.out)).toMatchObject({ epochs: 4, accuracy: JSON.parse(trained.out).accuracy });
    expect(readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n")).toHaveLength(4);
  });

  test("a finished run goes on for more epochs, and for nothing else", async () => {
    const out = join(folder, "more");
    await cli(["train", "--data", data, "--model", "mlp", "--epochs", "1", "--out", out, "--quiet"]);
    expect(await cli(["train", "--resume", out, "--lr", "0.5"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--lr 0.5 cannot be changed/),
    });
    const { code, out: text } = await cli(["train", "--resume", out, "--epochs", "2", "--json", "--quiet"]);
    expect([code, JSON.parse(text).epochs]).toEqual([0, 2]);
    const before = readFileSync(join(out, "config.json"), "utf8");
    expect(await cli(["train", "--resume", out, "--epochs", "1"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--epochs 1: .*more has done 2 epochs already\. Give 2 or more/),
    });
    const other = writeMnistLike(join(folder, "fewer"), 64);
    expect(await cli(["train", "--resume", out, "--epochs", "3", "--data", other])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/a set of 96 items, this one has 64/),
    });
    expect(readFileSync(join(out, "config.json"), "utf8")).toBe(before); // a mistake leaves the run as it was
  });
});

describe("evaluate", () => {
  test("prints the contract's object, with what training reported", async () => {
    const { code, out } = await cli(["evaluate", run, "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(out);
    expect(keysOf(result)).toEqual([
      "accuracy",
      "confusionMatrix",
      "count",
      "device",
      "f1",
      "loss",
      "perClass",
      "precision",
      "recall",
      "seconds",
      "top5",
    ]);
    const { accuracy, precision, recall, f1, loss } = JSON.parse(trained.out);
    expect(result).toMatchObject({ count: 40, accuracy, precision, recall, f1, loss });
    expect(result.perClass[0]).toEqual({
      label: "0",
      support: expect.any(Number),
      precision: expect.any(Number),
      recall: expect.any(Number),
      f1: expect.any(Number),
    });
    expect(result.confusionMatrix.flat().reduce((a: number, b: number) => a + b)).toBe(40);
  });

  test("takes a model file, and the training half", async () => {
    const { out } = await cli(["evaluate", join(run, "checkpoints", "best.safetensors"), "--split", "train", "--json"]);
    expect(JSON.parse(out).count).toBe(96);
  });

  test("without --json: a table a person can read", async () => {
    const { out } = await cli(["evaluate", run]);
    expect(out).toMatch(/accuracy \d+\.\d\d % of 40 pictures/);
    expect(out).toMatch(/class\s+precision\s+recall\s+F1\s+pictures/);
  });
});

describe("predict", () => {
  test("labels pictures of files and of idx files by the model's own preprocessing", async () => {
    const { pixels, labels } = bars(40, 2); // the test half
    const picture = join(folder, "bar.pgm");
    writeFileSync(picture, pgm(pixels.subarray(0, SIDE * SIDE)));
    const numbered = `${join(folder, "bars", "t10k-images-idx3-ubyte")}#0`;
    const { code, out } = await cli(["predict", run, picture, numbered, "--json"]);
    expect(code).toBe(0);
    const [one, two] = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(keysOf(one)).toEqual(["file", "label", "probability", "top"]);
    expect(one).toMatchObject({ file: picture, label: String(labels[0]) });
    expect(one.top[0]).toEqual({ label: one.label, probability: one.probability });
    expect({ ...two, file: picture }).toEqual(one);
  });

  test("a bad file is named, the others are labelled all the same, code 1", async () => {
    const [good, bad] = [join(folder, "good.pgm"), join(folder, "bad.pgm")];
    writeFileSync(good, pgm(bars(1, 4).pixels));
    writeFileSync(bad, "P5\n10 10\n255\nshort");
    const { code, out } = await cli(["predict", run, bad, join(folder, "none.png"), good, "--json"]);
    expect(code).toBe(1);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.error?.code)).toEqual(["truncated", "missing", undefined]);
    expect(lines[0].error.message).toContain(bad);
  });
});

describe("summary", () => {
  test("simplecnn gives the notes' table 32×32×3 → … → 10 (N8)", async () => {
    const { out } = await cli(["summary", "simplecnn"]);
    const sizes = out
      .split("\n")
      .flatMap((line) =>
        /ReLU/.test(line) ? [] : (/(?:input|Conv2d|MaxPool2d|Flatten|Linear)\s+(\S+)/.exec(line)?.[1] ?? []),
      );
    expect(sizes).toEqual(["32×32×3", "32×32×16", "16×16×16", "16×16×32", "8×8×32", "2048", "128", "10"]);
    expect(out).toContain("268,650 parameters");
  });

  test("of a run: its own sizes, as the contract's object", async () => {
    const result = JSON.parse((await cli(["summary", run, "--json"])).out);
    expect(keysOf(result)).toEqual(["layers", "macs", "parameters", "trainable"]);
    expect(keysOf(result.layers[0])).toEqual(["macs", "name", "outputShape", "parameters", "type"]);
    expect(result.layers[1]).toMatchObject({
      name: "net.1",
      type: "Linear",
      outputShape: [1, 64],
      parameters: 6464,
      macs: 6400,
    });
  });

  test("of another input", async () => {
    const { layers } = JSON.parse(
      (await cli(["summary", "lenet5", "--input", "3,20,24", "--classes", "7", "--json"])).out,
    );
    expect(layers[0].outputShape).toEqual([1, 6, 20, 24]);
    expect(layers.at(-1).outputShape).toEqual([1, 7]);
  });
});

test("a network of one's own, from a module: trained, then found again from the run", async () => {
  const out = join(folder, "own");
  const module = fileURLToPath(new URL("./own-net.ts", import.meta.url));
  const { code, out: text } = await cli([
    "train",
    "--data",
    data,
    "--model",
    module,
    "--lr",
    "0.02",
    "--epochs",
    "3",
    "--out",
    out,
    "--json",
  ]);
  expect(code).toBe(0);
  const { accuracy } = JSON.parse(text);
  expect(JSON.parse((await cli(["evaluate", out, "--json"])).out).accuracy).toBe(accuracy);
  expect((await cli(["summary", out])).out).toContain("body.2  AdaptiveAvgPool2d  5×5×4");
});

describe("streams", () => {
  const argv = () => [
    "train",
    "--data",
    data,
    "--model",
    "mlp",
    "--epochs",
    "1",
    "--out",
    join(folder, `streams-${Math.random()}`),
  ];

  test("plain lines without a terminal; results only on stdout", async () => {
    const { out, err } = await cli(argv());
    expect(err).toMatch(/^epoch 1\/1 {2}loss/m);
    expect(err).not.toContain("\r");
    expect(out).toMatch(/^accuracy/);
  });

  test("--quiet: nothing on stderr", async () => {
    expect((await cli([...argv(), "--quiet"])).err).toBe("");
  });

  test("a bar on a terminal, colours unless NO_COLOR", async () => {
    const coloured = await cli(argv(), { terminal: true });
    expect(coloured.err).toContain("\r");
    expect(coloured.err).toContain("\x1b[1m");
    const plain = await cli(argv(), { terminal: true, env: { NO_COLOR: "1" } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours begin with
    expect(plain.err + plain.out).not.toMatch(/\x1b\[[0-9;]*m/);
  });
});

test("data pack of a folder without one good picture leaves nothing behind", async () => {
  const bad = mkdtempSync(join(tmpdir(), "drishti-bad-"));
  for (const name of ["a", "b"]) {
    mkdirSync(join(bad, "in", name), { recursive: true });
    writeFileSync(join(bad, "in", name, "x.jpg"), "hello");
  }
  const { code, err } = await cli(["data", "pack", join(bad, "in"), "--out", join(bad, "out")]);
  expect([code, err]).toEqual([1, expect.stringMatching(/in: none of 2 pictures could be read\.\n$/)]);
  expect(readdirSync(join(bad, "out"))).toEqual([]);
  rmSync(bad, { recursive: true });
});
