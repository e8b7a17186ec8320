/** What the command line says of the machine, and begins on it. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mostThreads as mostOfKernels } from "@drishti/native";
import { afterAll, describe, expect, test } from "vitest";
import { mostThreads } from "../src/device-names.ts";
import { cli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-machine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("devices: one row each, with a reason where one is missing", async () => {
  const { code, out } = await cli(["devices", "--json"]);
  expect(code).toBe(0);
  const rows: { device: string; available: boolean; detail: string | null; reason: string | null }[] = JSON.parse(out);
  expect(rows.map(({ device }) => device)).toEqual(["native", "wasm", "webgpu", "reference"]);
  for (const { available, detail, reason } of rows)
    expect([detail !== null, reason === null]).toEqual([available, available]);
  expect(rows.at(-1)).toMatchObject({ available: true });
});

test("bench: a figure a line", async () => {
  const { code, out } = await cli(["bench", "--model", "mlp", "--batch-size", "2", "--seconds", "0", "--json"]);
  expect(code).toBe(0);
  const figures = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(figures.map(({ bench }) => bench)).toEqual(["train", "inference"]);
  expect(figures[0]).toMatchObject({ model: "mlp", batchSize: 2, threads: 1, device: "reference" });
  const { median, min, max } = figures[0].imagesPerSecond;
  expect(min <= median && median <= max && min > 0).toBe(true);
});

test("bench of the machine: every backend that runs here, and a choice", async () => {
  const small = ["bench", "--device", "auto", "--batch-size", "2", "--seconds", "0"];
  const { code, out } = await cli([...small, "--threads", "2", "--json"]);
  expect(code).toBe(0);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const choice = lines.pop();
  const of = (device: string) =>
    lines.filter((line) => line.device === device).map((line) => [line.bench, line.threads]);
  const four = [1, 2].flatMap((threads) => ["train", "inference"].map((bench) => [bench, threads]));
  expect(of("wasm")).toEqual(expect.arrayContaining(four));
  for (const { imagesPerSecond } of lines) expect(imagesPerSecond.median).toBeGreaterThan(0);
  const trained = lines.filter(({ bench }) => bench === "train").map(({ imagesPerSecond }) => imagesPerSecond.median);
  // A choice by so short a look is not kept; what noise may part counts as equal.
  expect(choice).toMatchObject({ bench: "choice", kept: null });
  expect(choice.imagesPerSecond.median).toBeGreaterThanOrEqual(Math.max(...trained) / 1.1);
  expect([...new Set([...lines, ...choice.missing].map(({ device }) => device))].sort()).toEqual([
    "native",
    "wasm",
    "webgpu",
  ]);
  const { out: said } = await cli([...small, "--threads", "1", "--lang", "hi"]);
  for (const text of ["How fast this machine is: simplecnn-bn", "यह मशीन कितनी तेज़ है", "Take ", " लें"])
    expect(said).toContain(text);
});

describe("start", () => {
  // The whole of it, real digits learned to 98 % and more, is what CI runs as `npm start`.
  test.each([
    ["C", /^Training a convolutional network/, false],
    ["hi_IN.UTF-8", /अंकों पर/, true],
  ])("LANG=%s: begins on the built-in digits; Ctrl-C saves", async (LANG, greeting, hindi) => {
    const out = join(folder, `start-${LANG}`);
    const { code, err } = await cli(["start", "--device", "wasm", "--out", out], {
      env: { LANG },
      interruptOn: (text) => text.includes("held out"),
    });
    expect(code).toBe(130);
    expect(err).toMatch(greeting);
    expect(/[\u0900-\u097f]/.test(err)).toBe(hindi);
    expect(err).toContain("9,000 pictures to learn from, 1,000 held out");
    expect(existsSync(join(out, "checkpoints", "last.safetensors"))).toBe(true);
  });

  test("--lang other than en and hi is refused", async () => {
    expect(await cli(["start", "--lang", "fr"])).toMatchObject({ code: 2, err: expect.stringMatching(/'fr'.*en, hi/) });
  });
});

test.each([
  [["train", "--data", "mnist", "--threads", "100000"], /'100000' is invalid. It must be a whole number from 1 to 256/],
  [["train", "--data", "mnist", "--workers", "100000"], /'100000' is invalid. It must be a whole number from 0 to 256/],
  [["data", "check", "nowhere", "--workers", "-1"], /'-1' is invalid. It must be a whole number from 0 to 256/],
])("threads without number: %j", async (args, message) => {
  const { code, err } = await cli(args);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  expect(mostThreads).toBe(mostOfKernels);
});
