import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeModelFile } from "@drishti/core/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "./run-cli.ts";
import { writeMnistLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-ema-"));
const run = join(folder, "run");
let argv: string[];
let reported: { accuracy: number; loss: number };

beforeAll(async () => {
  const data = writeMnistLike(join(folder, "bars"));
  argv = ["train", "--data", data, "--model", "mlp-bn", "--epochs", "3", "--batch-size", "16", "--ema", "0.9"];
  const { code, out } = await cli([...argv, "--out", run, "--json"]);
  expect(code).toBe(0);
  reported = JSON.parse(out);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, name: string) => readFileSync(join(path, "checkpoints", `${name}.safetensors`));

describe("train --ema", () => {
  test("the best model is an average, and what was measured is what it gives", async () => {
    const records = readFileSync(join(run, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const record = records.findLast(({ best }) => best);
    expect(record.accuracy).toBe(reported.accuracy);
    expect(record.loss).toBeCloseTo(reported.loss, 6); // the file has float32, the reference backend doubles
    const last = decodeModelFile(file(run, "last"));
    const { updates, average } = last.training!.ema!;
    expect(updates).toBe(18);
    const key = [...average.keys()].find((name) => name.endsWith("weight"))!;
    expect(last.weights.get(key)).toEqual(average.get(key));
    expect(last.weights.get(key)).not.toEqual(last.training!.model.get(key));
    expect([...decodeModelFile(file(run, "best")).weights.keys()].sort()).toEqual([...last.weights.keys()].sort());
    const { out } = await cli(["evaluate", run, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ accuracy: reported.accuracy, loss: reported.loss });
  });

  test.each(["best", "last"])("the golden logits of the %s file are those of its averaged weights", async (name) => {
    const { code, out } = await cli(["verify", join(run, "checkpoints", `${name}.safetensors`), "--json"]);
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true }]);
  });

  test("stopped and gone on with, it ends with the same bits", async () => {
    const out = join(folder, "stopped");
    expect((await cli([...argv, "--out", out], { interruptOn: (text) => /^epoch 2/.test(text) })).code).toBe(130);
    expect((await cli(["train", "--resume", out, "--ema", "0.5"])).err).toMatch(/--ema 0.5 cannot be changed/);
    expect((await cli(["train", "--resume", out])).code).toBe(0);
    expect(file(out, "best").equals(file(run, "best"))).toBe(true);
    expect(decodeModelFile(file(out, "last")).training!.ema).toEqual(decodeModelFile(file(run, "last")).training!.ema);
  });

  test("it stands in config.json, the report and --help; a decay of 1 is refused", async () => {
    expect(JSON.parse(readFileSync(join(run, "config.json"), "utf8")).ema).toBe(0.9);
    expect(readFileSync(join(run, "report.html"), "utf8")).toMatch(/ema[^.]*0\.9/);
    expect((await cli(["train", "--help"])).out).toMatch(/--ema <decay>/);
    expect(await cli(["train", "--ema", "1"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--ema must be at least 0 and below 1, got 1/),
    });
  });
});
