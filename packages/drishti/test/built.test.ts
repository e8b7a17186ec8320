import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { writeMnistLike } from "./tiny-data.ts";

const program = fileURLToPath(new URL("../bin/drishti.js", import.meta.url));
const built = existsSync(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "drishti-built-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!built)(`the built program${built ? "" : " (skipped: not built; npm run build)"}`, () => {
  test("exit codes and streams of a real process", () => {
    const good = spawnSync(process.execPath, [program, "summary", "simplecnn", "--json"], { encoding: "utf8" });
    expect([good.status, good.stderr]).toEqual([0, ""]);
    expect(JSON.parse(good.stdout).parameters).toBe(268_650);
    const bad = spawnSync(process.execPath, [program, "train", "--epochs", "0"], { encoding: "utf8" });
    expect([bad.status, bad.stdout]).toEqual([2, ""]);
    if (!existsSync("/dev/full")) return; // Linux: every write fails for want of space
    const full = openSync("/dev/full", "w");
    const lost = spawnSync(process.execPath, [program, "--version"], {
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect([lost.status, lost.stderr]).toEqual([
      1,
      expect.stringContaining("standard output cannot be written: the disk is full"),
    ]);
  });

  test("SIGINT in the middle of a run: a checkpoint, and code 130", async () => {
    const data = writeMnistLike(join(folder, "bars"));
    const out = join(folder, "run");
    const argv = [
      "train",
      "--data",
      data,
      "--model",
      "mlp",
      "--epochs",
      "100000",
      "--device",
      "reference",
      "--out",
      out,
    ];
    const child = spawn(process.execPath, [program, ...argv], { stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (!err.includes("held out") && `${err}${chunk}`.includes("held out")) child.kill("SIGINT");
      err += chunk;
    });
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect(code).toBe(130);
    expect(err).toContain("checkpoint saved");
    expect(existsSync(join(out, "checkpoints", "last.safetensors"))).toBe(true);
  });
});
