import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("./size-budget.mjs", import.meta.url));
let folder = "";

function weigh(code: string): { status: number | null; text: string } {
  folder = mkdtempSync(join(tmpdir(), "size-"));
  const entry = join(folder, "index.js");
  writeFileSync(entry, code);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, entry], { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("passes what is small and needs no Node", () => {
  expect(weigh("export const answer = 42;").status).toBe(0);
});

test.each(["node:fs", "path"])("refuses an entry that imports %s, and says who does", (specifier) => {
  const { status, text } = weigh(`export * from "${specifier}";`);
  expect(text).toContain(`index.js imports ${specifier}`);
  expect(status).toBe(1);
});

test("refuses an entry over the budget", () => {
  const { status, text } = weigh(`export const noise = "${randomBytes(1e6).toString("base64")}";`);
  expect(text).toMatch(/\d+ bytes over the budget/);
  expect(status).toBe(1);
});

test("refuses an entry that was not built", () => {
  const { status, stderr } = spawnSync(process.execPath, [script, "nowhere.js"], { encoding: "utf8" });
  expect(stderr).toContain("run npm run build first");
  expect(status).toBe(1);
});
