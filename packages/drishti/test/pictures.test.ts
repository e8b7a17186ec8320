/** Photos of one's own, from a folder to predictions, by the command line. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decodeModelFile } from "@drishti/core/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { glob } from "../src/data/glob.ts";
import { cli } from "./run-cli.ts";
import { picture, writeFiles, writePictures } from "./tiny-pictures.ts";

const root = mkdtempSync(join(tmpdir(), "drishti-photos-"));
const photos = join(root, "photos");
const run = join(root, "run");
const train = ["--model", "mlp", "--image-size", "8", "--batch-size", "8", "--lr", "0.01", "--workers", "0"];
let trained: Awaited<ReturnType<typeof cli>>;

beforeAll(async () => {
  writePictures(photos, 20);
  writeFiles(photos, { "red/bad.png": "no picture" });
  trained = await cli(["train", "--data", photos, ...train, "--epochs", "6", "--out", run, "--json"]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map(
      (line) =>
        JSON.parse(line) as {
          file: string;
          label?: string;
          probability?: number;
          error?: { code: string; message: string };
        },
    );
const predict = async (args: readonly string[], stdin?: string | Uint8Array) => {
  const result = await cli(["predict", run, ...args, "--json"], { stdin });
  return { ...result, answers: lines(result.out) };
};

describe("train on a folder", () => {
  test("learns; a bad file is named, once, and left out", () => {
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.out).accuracy).toBeGreaterThan(0.9);
    expect(trained.err.match(/left out: .*bad\.png/g)).toHaveLength(1);
  });
  test("with --val all of a folder is learned from, which otherwise lends a fifth", async () => {
    const whole = writePictures(join(root, "whole"), 5);
    const [with_, without] = [join(root, "with-val"), join(root, "without-val")];
    const argv = ["train", "--data", whole, ...train, "--epochs", "1", "--out"];
    expect((await cli([...argv, without])).err).toContain("8 pictures to learn from, 2 held out");
    const other = writePictures(join(root, "other"), 3, "", 500);
    expect((await cli([...argv, with_, "--val", other])).err).toContain("10 pictures to learn from, 6 held out");
    for (const [path, part, count] of [
      [without, "train", 8],
      [with_, "train", 10],
      [with_, "val", 6],
    ] as const)
      expect(JSON.parse((await cli(["evaluate", path, "--split", part, "--json"])).out).count).toBe(count);
  });
  test("a set that nothing can be held out of is refused before it is learned from", async () => {
    const one = writePictures(join(root, "one"), 1);
    const { code, err } = await cli(["train", "--data", one, ...train, "--out", join(root, "never")]);
    expect([code, err]).toEqual([1, expect.stringMatching(/one has no class with two pictures.*by --val\.\n$/)]);
    expect(existsSync(join(root, "never"))).toBe(false);
  });
  test("the model carries what predicting needs", () => {
    const { card } = decodeModelFile(readFileSync(join(run, "checkpoints/best.safetensors")), "best");
    expect(card).toMatchObject({
      classes: ["green", "red"],
      preprocessing: { channels: 3, height: 8, width: 8, channelOrder: "RGB" },
      golden: { shape: [3, 8, 8] },
      config: { "image-size": 8, "on-bad-file": "skip" },
    });
    expect(card!.golden!.logits).toHaveLength(3);
    expect(existsSync(join(run, "report.html"))).toBe(true);
  });
  test("the same configuration gives the same model, with threads, too", async () => {
    const again = join(root, "again");
    const threads = ["--config", join(run, "config.json"), "--workers", "2", "--quiet"];
    expect(await cli(["train", ...threads, "--out", again])).toMatchObject({ code: 0, err: "" });
    const weights = (folder: string) =>
      decodeModelFile(readFileSync(join(folder, "checkpoints/last.safetensors")), folder).weights;
    expect(weights(again)).toEqual(weights(run));
  });
  test("--train-size: smaller pictures while learning, the model's own afterwards", async () => {
    const sizes = ["--model", "resnet20", "--image-size", "10", "--train-size", "6", "--epochs", "1"];
    const out = join(root, "sizes");
    const { code } = await cli(["train", "--data", photos, ...train, ...sizes, "--device", "wasm", "--out", out]);
    const { card } = decodeModelFile(readFileSync(join(out, "checkpoints/best.safetensors")), "best");
    expect(code).toBe(0);
    expect(card).toMatchObject({ preprocessing: { height: 10, width: 10 }, golden: { shape: [3, 10, 10] } });
  });
  test.each([
    [["--data", photos, ...train, "--train-size", "6"], /--train-size 6: .* made for 8×8, .* 6×6 \(.*108.*192/],
    [["--data", "mnist", "--train-size", "20"], /--train-size 20 is for photos: the pictures of mnist are all 28×28/],
    [["--data", "mnist", "--image-size", "20"], /--image-size 20 is for photos/],
    [["--data", photos, "--image-size", "100000"], /--image-size must be a whole number from 1 to 4096, got 100000/],
    [["--data", photos, "--train-size", "100000"], /--train-size must be a whole number from 1 to 4096, got 100000/],
  ])("a size that nothing comes of: %j", async (args, message) => {
    const { code, err } = await cli(["train", ...args, "--out", join(root, "no")]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(join(root, "no"))).toBe(false);
  });
  test("a bad file is fatal when asked for", async () => {
    const { code, err } = await cli([
      "train",
      "--data",
      photos,
      ...train,
      "--on-bad-file",
      "fail",
      "--out",
      join(root, "f"),
    ]);
    expect([code, err]).toEqual([1, expect.stringMatching(/red\/bad\.png: a file of 10 bytes .* is no picture/)]);
  });
  test("evaluate: the part held out, or other pictures with the same classes", async () => {
    const own = await cli(["evaluate", run, "--json", "--workers", "0"]);
    expect([own.code, JSON.parse(own.out).count]).toEqual([0, 7]); // 8 of 41 are held out, the bad one among them
    const other = writePictures(join(root, "other"), 3, "", 7000);
    const { out } = await cli(["evaluate", run, "--data", other, "--json", "--workers", "0"]);
    expect(JSON.parse(out)).toMatchObject({ count: 6, accuracy: 1 });
    writeFiles(join(root, "strange"), { "blue/1.png": picture(0, 1), "red/1.png": picture(1, 2) });
    const strange = await cli(["evaluate", run, "--data", join(root, "strange"), "--json"]);
    expect(strange).toMatchObject({ code: 1, err: expect.stringContaining("blue, which the model does not know") });
  });
});

describe("predict", () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === "/red.png") response.end(picture(1, 3000));
      else if (request.url === "/turn") response.writeHead(302, { location: "/red.png" }).end();
      else if (request.url === "/away") response.writeHead(302, { location: "http://192.0.2.1/x.png" }).end();
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test("a thousand files, ten of them bad: 990 answers and ten named errors", async () => {
    const many = join(root, "many");
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 1000; i++)
      files[`${String(i).padStart(4, "0")}.png`] = i % 100 === 7 ? Buffer.from("bad") : picture(i % 2, i, [9, 9]);
    writeFiles(many, files);
    const { code, answers, err } = await predict([many]);
    expect(code).toBe(1);
    expect(answers.map(({ file }) => file)).toEqual(Object.keys(files).map((name) => join(many, name)));
    const wrong = answers.filter(({ error }) => error);
    expect(wrong.map(({ file }) => file)).toEqual(Array.from({ length: 10 }, (_, k) => join(many, `0${k}07.png`)));
    for (const { file, error } of wrong)
      expect(error).toEqual({ code: "format", message: expect.stringContaining(file) });
    expect(answers.filter(({ label }, i) => label === ["green", "red"][i % 2])).toHaveLength(990);
    expect(err).toContain("10 of 1000 pictures could not be read");
  });
  test("an answer is the same wherever it stands among others, and as if it were alone", async () => {
    const photo = join(photos, "green/001.png");
    const [alone] = (await predict([photo])).answers;
    const { answers } = await predict(Array(19).fill(photo)); // a batch, and three
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[18]).toMatchObject({ label: "green", probability: expect.closeTo(alone!.probability!, 5) });
  });
  test("folders, patterns, file: and http: URLs, in the order given", async () => {
    const file = pathToFileURL(join(photos, "green/001.png")).href;
    const pattern = join(photos, "{red,green}/00[23].png");
    const { code, answers } = await predict([`${base}/turn`, file, pattern, join(photos, "green")]);
    expect(code).toBe(0);
    expect(answers.map(({ label }) => label)).toEqual([
      "red",
      "green",
      "green",
      "green",
      "red",
      "red",
      ...Array(20).fill("green"),
    ]);
    expect(answers.slice(0, 3).map((answer) => answer.file)).toEqual([
      `${base}/turn`,
      file,
      join(photos, "green/002.png"),
    ]);
  });
  test("names and labels of any letters take one line on a terminal", async () => {
    const odd = join(root, "फूल\n\u001b[2J.png");
    writeFiles(root, { "फूल\n\u001b[2J.png": picture(1, 4100), "x\ny.png": "bad" });
    const { out, err } = await cli(["predict", run, odd, join(root, "x\ny.png"), "--top", "1"]);
    expect(out).toBe(`${root}/फूल\\n\\u{1b}[2J.png  red  ${/[\d.]+ %/.exec(out)![0]}\n`);
    expect(err.split("\n")[0]).toContain("x\\ny.png: a file of 3 bytes");
  });
  test("rubbish on standard input is one bad picture, not many names", async () => {
    const { code, answers } = await predict(["-"], Uint8Array.of(7, 200, 10, 65, 10, 3));
    expect([code, answers.map(({ file, error }) => [file, error?.code])]).toEqual([1, [["-", "format"]]]);
  });
  test("standard input: a picture, or names", async () => {
    expect((await predict(["-"], picture(1, 4000))).answers).toMatchObject([{ file: "-", label: "red" }]);
    const names = [join(photos, "red/001.png"), join(root, "none.png"), join(photos, "green/001.png")];
    for (const list of [`${names.join("\n")}\n`, names.join("\0")]) {
      const { code, answers } = await predict(["-"], list);
      expect([code, ...answers.map(({ label, error }) => label ?? error?.code)]).toEqual([
        1,
        "red",
        "missing",
        "green",
      ]);
    }
  });
  test.each([
    { name: "another machine", arg: () => "http://192.0.2.1/x.png", code: "url" },
    { name: "a way to another machine", arg: () => `${base}/away`, code: "url" },
    { name: "what the server lacks", arg: () => `${base}/none`, code: "fetch" },
    { name: "a server that is not there", arg: () => "http://127.0.0.1:1/x.png", code: "fetch" },
    { name: "a pattern that fits nothing", arg: () => join(root, "no*such"), code: "missing" },
    { name: "a folder without pictures", arg: () => writeFiles(join(root, "bare"), { "a.txt": "" }), code: "empty" },
    {
      name: "a pipe",
      arg: () => {
        execFileSync("mkfifo", [join(root, "pipe.png")]);
        return join(root, "pipe.png");
      },
      code: "special",
    },
    { name: "nothing on standard input", arg: () => "-", code: "empty" },
  ])("says of $name what is wrong", async ({ arg, code }) => {
    const result = await predict([arg()]);
    expect([result.code, result.answers.length, result.answers[0]!.error?.code]).toEqual([1, 1, code]);
  });
});

test("patterns", async () => {
  const folder = join(root, "glob");
  writeFiles(folder, { "a.png": "", "b.jpg": "", "x/c.png": "", "x/y/d.png": "", ".h/e.png": "", ".f.png": "" });
  const fits = async (pattern: string) =>
    (await glob(join(folder, pattern))).map((path) => path.slice(folder.length + 1));
  expect(await fits("*.png")).toEqual(["a.png"]);
  expect(await fits("**/*.png")).toEqual(["a.png", "x/c.png", "x/y/d.png"]);
  expect(await fits("?.{png,jpg}")).toEqual(["a.png", "b.jpg"]);
  expect(await fits("[!a]*")).toEqual(["b.jpg", "x"]);
  expect(await fits(".*/*")).toEqual([".h/e.png"]);
  expect(await fits("[z-a]*")).toEqual([]);
});
