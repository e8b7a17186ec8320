import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oracle } from "./command.ts";
import { allPaths } from "./paths.ts";

const selection = resolve(import.meta.dirname, "../../../core/test/golden/oracle");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "drishti-oracle-"));
  for (const file of ["conv.json", "conv.safetensors", "pool.json", "pool.safetensors"])
    cpSync(join(selection, "fixtures", file), join(folder, "fixtures", file));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await oracle(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out, err: err.join("\n") };
}

interface Case {
  id: string;
  args: Record<string, unknown>;
  outputs: Record<string, string>;
  upstream: Record<string, string>;
}

/** Writes a group of one case: the first of `group` that `wanted` takes, changed by `edit`. */
function only(group: string, wanted: (item: Case) => boolean, edit: (item: Case) => void): string {
  const manifest = JSON.parse(readFileSync(join(folder, `fixtures/${group}.json`), "utf8"));
  const item: Case = manifest.cases.find(wanted);
  edit(item);
  const changed = mkdtempSync(join(folder, "changed-"));
  cpSync(join(folder, `fixtures/${group}.safetensors`), join(changed, `fixtures/${group}.safetensors`));
  writeFileSync(join(changed, `fixtures/${group}.json`), JSON.stringify({ ...manifest, cases: [item] }));
  return changed;
}

const line = (text: string | undefined) => JSON.parse(text ?? "null");

test("a line of JSON a group, exit 0", async () => {
  const { code, out } = await run("--dir", folder, "--device", "reference", "--json");
  expect(out.map(line)).toEqual([
    { group: "conv", device: "reference", passed: expect.any(Number), failed: 0, skipped: 0, failures: [] },
    { group: "pool", device: "reference", passed: expect.any(Number), failed: 0, skipped: 0, failures: [] },
  ]);
  expect(Object.keys(line(out[0]))).toEqual(["group", "device", "passed", "failed", "skipped", "failures"]);
  expect(code).toBe(0);
});

describe("one changed case fails, exit 1:", () => {
  const padded = (item: Case) => item.args.padding === 1 && item.args.padding_mode === undefined;
  const strided = (item: Case) => JSON.stringify(item.args.stride) === "[2,1]";
  test.each<[string, (item: Case) => boolean, (item: Case) => void]>([
    ["another padding", padded, (item) => Object.assign(item.args, { padding: 0 })],
    ["strides exchanged", strided, (item) => Object.assign(item.args, { stride: [1, 2] })],
    ["another upstream gradient", padded, (item) => Object.assign(item.upstream, item.outputs)],
    ["another expected output", padded, (item) => Object.assign(item.outputs, item.upstream)],
  ])("%s", async (_name, wanted, edit) => {
    const changed = only("conv", wanted, edit);
    const { code, out } = await run("--dir", changed, "--device", "reference", "--json");
    expect(line(out[0])).toMatchObject({
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [expect.stringMatching(/^conv\//)],
    });
    expect(code).toBe(1);
  });
});

test("an option that is not built is skipped with its name, exit 0", async () => {
  const changed = only(
    "conv",
    () => true,
    (item) => Object.assign(item.args, { causal: true }),
  );
  const { code, out } = await run("--dir", changed, "--device", "reference");
  expect(out[1]).toMatch(/skipped 1: nn\.Conv2d has no option causal/);
  expect(code).toBe(0);
});

test("--paths runs a group on every path that there is here, each under its name", async () => {
  const one = only(
    "pool",
    () => true,
    () => {},
  );
  const { code, out, err } = await run("--dir", one, "--paths", "--json");
  const paths = out.map(line).map(({ path, passed, failed }) => ({ path, passed, failed }));
  for (const threads of [1, 2]) expect(paths).toContainEqual({ path: `wasm simd ${threads}`, passed: 1, failed: 0 });
  expect(paths.length + err.split("\n").filter(Boolean).length).toBe(allPaths().length);
  expect(code).toBe(0);
});

describe("wrong usage, exit 2:", () => {
  test.each([
    ["no folder named", [], "--dir FOLDER is missing"],
    ["no such folder", ["--dir", "/no/such/folder"], "there is no folder /no/such/folder"],
    ["a folder without fixtures", ["--dir", import.meta.dirname], "has no fixtures"],
    [
      "an unknown device",
      ["--dir", selection, "--device", "abacus"],
      'no device "abacus"; there are reference, native, wasm',
    ],
    ["an unknown group", ["--dir", selection, "--group", "poetry"], 'no group "poetry"'],
    ["a device beside all paths", ["--dir", selection, "--paths", "--device", "wasm"], "leave --device out"],
    ["an unknown option", ["--dir", selection, "--loud"], "--loud"],
  ])("%s", async (_name, args, message) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(out).toEqual([]);
    expect(err).toContain(message);
    expect(err).toContain("usage:");
  });
});
