/** @file `train --from`: a new head on old weights. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "@drishti/core";
import { decodeModelFile } from "@drishti/core/train";
import { encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "./run-cli.ts";
import { writeCifarLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-finetune-"));
const run = join(folder, "base");
const photos = join(folder, "photos");
const colours = ["red", "green", "blue"];

/** Pictures of one colour each, with noise: a PNG a file. */
function writePhotos(): void {
  const random = new Generator(4);
  for (const half of ["train", "val"])
    for (const [channel, name] of colours.entries()) {
      mkdirSync(join(photos, half, name), { recursive: true });
      for (let i = 0; i < 8; i++) {
        const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) =>
          at % 3 === channel ? 150 + (random.random() % 100) : random.random() % 100,
        );
        writeFileSync(join(photos, half, name, `${i}.png`), encode({ width: 32, height: 32, channels: 3, data }));
      }
    }
}

const weightsOf = (path: string) =>
  decodeModelFile(new Uint8Array(readFileSync(join(path, "checkpoints/last.safetensors"))));
const settings = [
  "--device",
  "wasm",
  "--image-size",
  "32",
  "--epochs",
  "3",
  "--batch-size",
  "8",
  "--lr",
  "0.01",
  "--workers",
  "0",
  "--json",
];

beforeAll(async () => {
  writePhotos();
  const data = writeCifarLike(join(folder, "cifar"));
  const base = await cli([
    "train",
    "--data",
    data,
    "--model",
    "simplecnn-bn",
    "--epochs",
    "1",
    "--device",
    "wasm",
    "--out",
    run,
    "--json",
  ]);
  expect(base).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("train --from", () => {
  test("a new head learns, what is held stays to the bit, and the preprocessing is the old one", async () => {
    const out = join(folder, "tuned");
    const tuned = await cli([
      "train",
      "--from",
      run,
      "--data",
      photos,
      "--freeze",
      "backbone",
      ...settings,
      "--out",
      out,
    ]);
    expect(tuned).toMatchObject({ code: 0 });
    expect(JSON.parse(tuned.out).accuracy).toBeGreaterThan(0.9);
    const [before, after] = [weightsOf(run), weightsOf(out)];
    expect(after.card!.model).toMatchObject({ name: "simplecnn-bn", numClasses: 3 });
    expect(after.card!.classes).toEqual([...colours].sort());
    expect(after.card!.preprocessing.mean).toEqual(before.card!.preprocessing.mean);
    const moved = [...before.weights].filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(after.weights.get(key)),
    );
    const head = [...before.weights.keys()].filter((key) => key.startsWith("fc_layers.")).slice(-2);
    expect(moved.map(([key]) => key)).toEqual(head);
  });

  test("patterns and rates by name; the configuration says them, and repeats the run", async () => {
    const out = join(folder, "patterns");
    const rates = ["--freeze", "conv_layers.0.*", "--lr-of", "conv_layers.*=0.0001", "--scheduler", "onecycle"];
    const tuned = await cli(["train", "--from", run, "--data", photos, ...rates, ...settings, "--out", out]);
    expect(tuned).toMatchObject({ code: 0 });
    const config = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
    expect(config).toMatchObject({ from: run, freeze: "conv_layers.0.*", "lr-of": "conv_layers.*=0.0001" });
    const again = join(folder, "again");
    await cli(["train", "--config", join(out, "config.json"), "--out", again, "--json", "--device", "wasm"]);
    expect(JSON.stringify([...weightsOf(again).weights])).toBe(JSON.stringify([...weightsOf(out).weights]));
  });

  test.each([
    [["--from", run, "--model", "mlp"], /--model and --from exclude each other/],
    [["--from", "simplecnn"], /network without trained weights/],
    [["--from", run, "--freeze", "conv.*"], /no parameter fits "conv\.\*".*conv_layers/s],
    [["--from", run, "--freeze", "*"], /holds every parameter/],
    [["--from", run, "--lr-of", "conv_layers.*"], /PATTERN=RATE/],
  ])("%j is refused", async (args, message) => {
    const refused = await cli(["train", ...args, "--data", photos, ...settings, "--out", join(folder, "none")]);
    expect(refused.code).toBeGreaterThan(0);
    expect(refused.err).toMatch(message);
  });

  test("a Keras network of TensorFlow.js gets a new head, and is made again from its checkpoint", async () => {
    const layer = (className: string, config: object) => ({
      class_name: className,
      config: { name: className, ...config },
    });
    const layers = [
      layer("Conv2D", { kernel_size: [3, 3], filters: 4, activation: "relu", batch_input_shape: [null, 32, 32, 3] }),
      layer("GlobalAveragePooling2D", {}),
      layer("Dense", { units: 5, activation: "softmax" }),
    ];
    const shapes = { "Conv2D/kernel": [3, 3, 3, 4], "Conv2D/bias": [4], "Dense/kernel": [4, 5], "Dense/bias": [5] };
    const weights = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: "float32" }));
    const source = join(folder, "model.json");
    const modelTopology = { class_name: "Sequential", config: { layers } };
    const weightsManifest = [{ paths: ["weights.bin"], weights }];
    writeFileSync(source, JSON.stringify({ format: "layers-model", modelTopology, weightsManifest }));
    const numbers = Float32Array.from({ length: 108 + 4 + 20 + 5 }, (_, i) => Math.sin(i) / 4);
    writeFileSync(join(folder, "weights.bin"), new Uint8Array(numbers.buffer));
    const out = join(folder, "keras");
    const tuned = await cli(["train", "--from", source, "--data", photos, ...settings, "--out", out]);
    expect(tuned).toMatchObject({ code: 0 });
    expect(weightsOf(out).card).toMatchObject({ model: { numClasses: 3 }, topology: { format: "keras" } });
    const again = await cli(["evaluate", out, "--data", photos, "--device", "wasm", "--json"]);
    expect(JSON.parse(again.out).accuracy).toBe(JSON.parse(tuned.out).accuracy);
  });

  test("a model file that is cut off is refused by its name", async () => {
    const cut = join(folder, "cut.safetensors");
    writeFileSync(cut, readFileSync(join(run, "checkpoints/best.safetensors")).subarray(0, 2000));
    const refused = await cli(["train", "--from", cut, "--data", photos, ...settings, "--out", join(folder, "none")]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain(`drishti: ${cut}: `);
  });

  test("pictures of another kind are refused", async () => {
    const other = settings.filter((_, i) => i !== settings.indexOf("--image-size") && i !== settings.indexOf("32")); // that is for photos
    const refused = await cli(["train", "--from", run, "--data", "mnist", ...other, "--out", join(folder, "grey")]);
    expect(refused.err).toMatch(/takes pictures of 3 channels, the data have 1/);
  });
});
