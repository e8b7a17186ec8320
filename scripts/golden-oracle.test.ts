import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const golden = join(root, "packages/core/test/golden");
const fixtures = join(golden, "oracle/fixtures");
const hasOracle = existsSync(join(process.env.DRISHTI_SHARED ?? join(root, "../shared"), "oracle"));

interface Case {
  readonly id: string;
  readonly op: string;
  readonly kind?: string;
}

const readCases = (group: string): Case[] =>
  JSON.parse(readFileSync(join(fixtures, `${group}.json`), "utf8")).cases as Case[];

function tensorNames(group: string): string[] {
  const bytes = readFileSync(join(fixtures, `${group}.safetensors`));
  return Object.keys(JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()));
}

/** Every string below a value. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(strings) : [];
}

test("golden files stay below 3 MB, so that a clone stays quick", () => {
  const files = readdirSync(golden, { recursive: true }).map((file) => statSync(join(golden, String(file))));
  expect(files.filter((s) => s.isFile()).reduce((sum, { size }) => sum + size, 0)).toBeLessThan(3e6);
});

test.each([
  ["conv", 3],
  ["pool", 4],
  ["elementwise", 10],
  ["norm", 4],
  ["loss", 4],
  ["optim", 6],
])("golden %s has at least six cases of each of its %i ops", (group, ops) => {
  const counts = new Map<string, number>();
  for (const { op } of readCases(group)) counts.set(op, (counts.get(op) ?? 0) + 1);
  expect(counts.size).toBe(ops);
  for (const [op, count] of counts) expect(count, op).toBeGreaterThanOrEqual(6);
});

test.each(["conv", "pool", "elementwise", "norm", "loss", "optim", "nets"])(
  "golden %s has the tensors that its cases name, and no others",
  (group) => {
    const named = new Set(readCases(group).flatMap(strings));
    const stored = tensorNames(group);
    expect(stored.filter((name) => !named.has(name))).toEqual([]);
    const known = new Set(stored);
    // A tensor's name is a case's id and more; the id itself names none.
    const ids = /^[a-z]+\/\w+\/\d{3}\./;
    expect([...named].filter((name) => ids.test(name) && !known.has(name))).toEqual([]);
  },
);

describe.skipIf(!hasOracle)("beside the oracle (skipped where ../shared/oracle does not exist)", () => {
  test("the golden selection is what its script writes", () => {
    const script = join(root, "scripts/golden-oracle.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
