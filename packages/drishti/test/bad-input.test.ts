import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, writeAtomic } from "../src/run/write-file.ts";
import { cli } from "./run-cli.ts";
import { bars, idx, pgm, SIDE, writeCifarLike, writeMnistLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-bad-"));
const run = join(folder, "run");
let data: string;

beforeAll(async () => {
  data = writeMnistLike(join(folder, "bars"));
  const { code } = await cli(["train", "--data", data, "--model", "mlp", "--epochs", "1", "--out", run]);
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Like writeMnistLike, with one file replaced. */
function broken(name: string, file: string, bytes: Uint8Array): string {
  const spec = writeMnistLike(join(folder, name));
  writeFileSync(join(folder, name, file), bytes);
  return spec;
}

describe("wrong usage: code 2, a sentence, nothing written", () => {
  test.each([
    ["no epochs", ["--epochs", "0"], /--epochs.*'0'.*whole number from 1/],
    ["half an epoch", ["--epochs", "1.5"], /--epochs.*'1.5'/],
    ["words for numbers", ["--batch-size", "many"], /--batch-size.*'many'/],
    ["a negative rate", ["--lr", "-1"], /--lr.*'-1'/],
    ["a rate of 0", ["--lr", "0"], /--lr must be a number above 0, got 0/],
    ["a momentum of 1", ["--momentum", "1"], /--momentum must be at least 0 and below 1, got 1/],
    [
      "an unknown model",
      ["--model", "simplecn"],
      /no model "simplecn"; did you mean "simplecnn"\? Built in are simplecnn, .*resnet18/,
    ],
    [
      "an unknown optimiser",
      ["--optimizer", "adamm"],
      /--optimizer must be one of sgd, adam, adamw, rmsprop, got "adamm"/,
    ],
    ["an unknown schedule", ["--scheduler", "cosinus"], /--scheduler must be one of none, cosine/],
    ["a schedule with too much", ["--scheduler", "cosine:3"], /"cosine" takes no number after it/],
    // Before the data are looked at, which may take minutes.
    [
      "a schedule's number of 0",
      ["--scheduler", "step:0", "--data", "nowhere"],
      /--scheduler step:0: .* numbers above 0/,
    ],
    ["a rate without number", ["--lr-of", "net.1=", "--data", "nowhere"], /--lr-of net.1=: must be PATTERN=RATE/],
    ["an unknown augmentation", ["--augment", "crop,rotate"], /--augment must be one of none, standard/],
    ["an unknown device", ["--device", "cuda"], /--device.*'cuda'.*native, wasm/],
    ["an unknown option", ["--learning-rate", "1"], /unknown option '--learning-rate'/],
    ["--resume with --out", ["--resume", "x"], /--out and --resume exclude each other/],
  ])("%s", async (_, words, message) => {
    const out = join(folder, "never");
    const { code, out: printed, err } = await cli(["train", "--data", data, "--out", out, ...words]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect(printed).toBe("");
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ["no command", [], /Usage: drishti/],
    ["an unknown command", ["trian"], /unknown command 'trian'/],
    ["evaluate without a model", ["evaluate"], /missing required argument 'model'/],
    ["predict without a picture", ["predict", "x"], /missing required argument 'file'/],
    ["evaluate of an untrained network", ["evaluate", "simplecnn"], /simplecnn is a network without trained weights/],
    ["bench of an unknown model", ["bench", "--model", "vgg"], /no model "vgg"; built in are simplecnn/],
    ["a summary of no picture", ["summary", "simplecnn", "--input", "3,32"], /channels, height and width/],
  ])("%s", async (_, argv, message) => {
    expect(await cli(argv)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
  });

  test.each([
    ["a name that is no argument", '{ "epoch": 3 }', /"epoch" is no argument; there are data, .*epochs/],
    [
      "a value of another kind",
      '{ "epochs": "3" }',
      /--config \S+wrong\.json: "epochs" must be a whole number from 1, got "3"/,
    ],
    ["no JSON", "epochs: 3", /not JSON/],
    ["a list", "[1]", /must be a JSON object/],
  ])("--config with %s", async (_, content, message) => {
    const file = join(folder, "wrong.json");
    writeFileSync(file, content);
    expect(await cli(["train", "--config", file])).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });
});

describe("data that cannot be used: code 1, the file's name, what to do", () => {
  const train = (spec: string) => cli(["train", "--data", spec, "--out", join(folder, "never")]);

  test.each([
    ["a missing path", () => `mnist:${join(folder, "nowhere")}`, /nowhere: there is no such file or folder/],
    ["an unknown name", () => "mnits", /"mnits" is no data set we know.*mnist \(built in\)/],
    [
      "a truncated idx file",
      () => broken("short", "train-images-idx3-ubyte", idx([96, SIDE, SIDE], bars(96, 1).pixels.subarray(1))),
      /train-images-idx3-ubyte/,
    ],
    [
      "a label file of another length",
      () => broken("labels", "train-labels-idx1-ubyte", idx([95], bars(95, 1).labels)),
      /95.*96|96.*95/,
    ],
    [
      "no idx file",
      () => broken("magic", "t10k-images-idx3-ubyte", Buffer.from("GIF89a, not an idx file")),
      /t10k-images-idx3-ubyte/,
    ],
    [
      "a label outside the classes",
      () =>
        broken(
          "class",
          "t10k-labels-idx1-ubyte",
          idx(
            [40],
            bars(40, 2).labels.map((label, i) => (i === 7 ? 200 : label)),
          ),
        ),
      /label 200 .*classes/,
    ],
  ])("%s", async (_, make, message) => {
    const { code, out, err } = await train(make());
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(out).toBe("");
    expect(existsSync(join(folder, "never"))).toBe(false);
  });

  test("pictures of other channels than the model's", async () => {
    const colour = writeCifarLike(join(folder, "cifar"));
    const { code, err } = await cli(["evaluate", run, "--data", colour]);
    expect(code).toBe(1);
    expect(err).toMatch(/the model takes pictures of 1 channel, those of cifar10:.* have 3/);
    const fine = await cli(["train", "--data", colour, "--model", run, "--out", join(folder, "never")]);
    expect(fine).toMatchObject({
      code: 1,
      err: expect.stringMatching(/takes 1 channels and tells 10 classes apart, the data have 3 and 10/),
    });
  });

  test("validation pictures of another size", async () => {
    const colour = writeCifarLike(join(folder, "cifar"));
    expect(await cli(["train", "--data", data, "--val", colour])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/--val cifar10:.* are 3×32×32, 10 classes, those of --data .* 1×10×10/),
    });
  });

  test("pictures too small for the network", async () => {
    expect(await cli(["train", "--data", data, "--model", "lenet5", "--out", join(folder, "never")])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/10×10 are too small.*12×12/s),
    });
  });
});

describe("models that cannot be used", () => {
  test.each([
    ["a path that is not there", () => join(folder, "no.safetensors"), /no\.safetensors: there is no such file/],
    ["a folder without a run", () => folder, /is a folder without a run/],
    [
      "a file cut short",
      () => file("cut.safetensors", readFileSync(join(run, "checkpoints", "best.safetensors")).subarray(0, 5000)),
      /claims|bytes/,
    ],
    ["a text", () => file("text.safetensors", Buffer.from("no model at all")), /claims .* bytes/],
    ["weights of another program", () => file("bare.safetensors", bare()), /do not say which network they belong to/],
  ])("%s", async (_, make, message) => {
    const { code, err } = await cli(["evaluate", make(), "--data", data]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  function file(name: string, bytes: Uint8Array): string {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  }

  function bare(): Uint8Array {
    const header = Buffer.from('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   ');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, Buffer.from([1])]);
  }

  test("a picture for a model of a run that does not exist", async () => {
    const picture = file("one.pgm", pgm(bars(1, 1).pixels));
    expect(await cli(["predict", join(folder, "nothing"), picture])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nothing: there is no such/),
    });
  });
});

describe("writing", () => {
  test("a run folder that holds a run is left alone", async () => {
    const before = readFileSync(join(run, "metrics.jsonl"), "utf8");
    expect(await cli(["train", "--data", data, "--out", run])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/holds a run already.*--resume/),
    });
    expect(readFileSync(join(run, "metrics.jsonl"), "utf8")).toBe(before);
  });

  test("a run that ended before its first checkpoint may begin again, and cannot be gone on with", async () => {
    const place = join(folder, "unborn");
    mkdirSync(join(place, "checkpoints"), { recursive: true });
    writeFileSync(join(place, "config.json"), readFileSync(join(run, "config.json")));
    expect(await cli(["train", "--resume", place])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/unborn has no checkpoint to go on with.*drishti train --config .*config\.json/),
    });
    expect(await cli(["train", "--resume", folder])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/there is no run \(no config\.json\)/),
    });
    const again = ["train", "--config", join(place, "config.json"), "--epochs", "1", "--out", place];
    expect(await cli(again)).toMatchObject({ code: 0 });
  });

  test("a file where the run folder should be", async () => {
    const file = join(folder, "occupied");
    writeFileSync(file, "mine");
    expect(await cli(["train", "--data", data, "--model", "mlp", "--out", file])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/occupied.*cannot be written: a file stands where a folder is needed/),
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test.skipIf(process.platform !== "linux")("where nobody may write (a part of Linux; skipped elsewhere)", async () => {
    const place = "/proc/self/net/a/run";
    const { code, err } = await cli(["train", "--data", data, "--model", "mlp", "--out", place]);
    expect([code, err]).toEqual([1, expect.stringContaining(`${place}/checkpoints cannot be written: `)]);
    await expect(makeFolder(place)).rejects.toMatchObject({ name: "DataError", file: place });
  });

  test.each([
    ["ENOSPC", "no-space", /the disk is full/],
    ["EROFS", "not-writable", /read-only/],
    ["EIO", "write", /EIO/],
  ])(
    "%s in the middle of a checkpoint: the one before is intact, nothing half-written stays",
    async (code, name, message) => {
      const place = join(folder, `disk-${code}`);
      mkdirSync(place);
      const path = join(place, "last.safetensors");
      await writeAtomic(path, "the one before");
      const { open, rename, rm } = await import("node:fs/promises");
      const full = {
        rename,
        rm,
        async open(file: string, flags: string) {
          const handle = await open(file, flags);
          return {
            async writeFile(content: string | Uint8Array) {
              await handle.writeFile(content.slice(0, 5)); // what still fits
              throw Object.assign(new Error(`${code}: the system's words`), { code });
            },
            sync: () => handle.sync(),
            close: () => handle.close(),
          } as unknown as Awaited<ReturnType<typeof open>>;
        },
      };
      await expect(writeAtomic(path, "the one that does not fit", full)).rejects.toMatchObject({
        name: "DataError",
        code: name,
        file: path,
        message: expect.stringMatching(message),
      });
      expect(readFileSync(path, "utf8")).toBe("the one before");
      expect(readdirSync(place)).toEqual(["last.safetensors"]);
    },
  );
});

test("a file in pieces is put together in their order", async () => {
  const path = join(folder, "pieces");
  await writeAtomic(path, [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]);
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
});

describe("a loss that is not finite", () => {
  test("in the first epoch: code 1, step and layer, no checkpoint", async () => {
    const out = join(folder, "diverged");
    // The reference backend counts in doubles: only a huge rate leaves their range.
    const {
      code,
      err,
      out: printed,
    } = await cli([
      "train",
      "--data",
      data,
      "--model",
      "mlp",
      "--optimizer",
      "sgd",
      "--lr",
      "1e300",
      "--batch-size",
      "16",
      "--out",
      out,
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /training stopped at step \d+ \(epoch 1\): .*net\.\d \(Linear\).*Lower the learning rate.*there is no checkpoint/,
    );
    expect(printed).toBe("");
    // Only what it began with, which is no model to use.
    expect(readdirSync(join(out, "checkpoints"))).toEqual(["last.safetensors"]);
    const { err: unlearned } = await cli(["evaluate", out]);
    expect(unlearned).toMatch(/has learned nothing yet.*drishti train --resume/);
  });

  test("later: the last good checkpoint stays and can be used", async () => {
    const out = join(folder, "later");
    await cli([
      "train",
      "--data",
      data,
      "--model",
      "mlp",
      "--optimizer",
      "sgd",
      "--scheduler",
      "exponential:1e305",
      "--epochs",
      "3",
      "--out",
      out,
    ]).then(({ code, err }) => {
      expect(code).toBe(1);
      expect(err).toMatch(/epoch [23]\).*The last good checkpoint is kept: .*last\.safetensors/);
    });
    expect((await cli(["evaluate", out, "--json"])).code).toBe(0);
    expect(readdirSync(join(out, "checkpoints")).sort()).toEqual(["best.safetensors", "last.safetensors"]);
  });
});

test("a stack trace only with DEBUG=drishti", async () => {
  const argv = ["evaluate", join(folder, "no.safetensors")];
  expect((await cli(argv)).err).not.toMatch(/\n\s+at /);
  expect((await cli(argv, { env: { DEBUG: "drishti" } })).err).toMatch(/\n\s+at /);
});
