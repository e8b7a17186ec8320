/** @file First use under bad conditions: each ends in a reason, never in an exception or a crash. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { planBuild } from "../build.mjs";
import { loadNative } from "./index.ts";

const native = loadNative({ threads: 1 });
const plan = planBuild();
const addon = plan.reason === undefined ? plan.cached : undefined;
const why = "reason" in native ? ` (skipped: ${native.reason})` : "";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "drishti-test-"));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A program in the compiler's place. It answers `-v`; what it does otherwise is given. */
function fakeCompiler(otherwise: string): string {
  const path = join(folder, "fake-compiler");
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = -v ]; then echo "fake version 1" >&2; exit 0; fi\n${otherwise}\n`);
  chmodSync(path, 0o755);
  return path;
}

function reasonOf(result: ReturnType<typeof loadNative>): string {
  return "reason" in result ? result.reason : "";
}

describe("without a compiler", () => {
  it("says so", () => {
    vi.stubEnv("PATH", folder);
    vi.stubEnv("CXX", "");
    expect(reasonOf(loadNative())).toBe("no C++ compiler answers (tried c++, g++, clang++)");
  });

  it("says so when $CXX is the only one, and no compiler", () => {
    vi.stubEnv("PATH", folder);
    vi.stubEnv("CXX", join(folder, "nothing"));
    expect(reasonOf(loadNative())).toMatch(/^no C\+\+ compiler answers \(tried .*nothing/);
  });
});

describe.skipIf(process.platform === "win32")("with a compiler that does not do", () => {
  it("gives its complaint", () => {
    vi.stubEnv("DRISHTI_CACHE", join(folder, "cache"));
    vi.stubEnv("CXX", fakeCompiler(`echo "all.cc:1: error: this is no compiler" >&2; exit 1`));
    expect(reasonOf(loadNative({ build: ["baseline"] }))).toContain("this is no compiler");
    expect(readdirSync(join(folder, "cache"))).toEqual([]); // nothing half-built is left
  });

  it("refuses an addon that does not load, and tells why", () => {
    vi.stubEnv("DRISHTI_CACHE", join(folder, "cache"));
    vi.stubEnv("CXX", fakeCompiler(`while [ "$1" != -o ]; do shift; done; echo "no machine code" > "$2"`));
    expect(reasonOf(loadNative({ build: ["baseline"] }))).toMatch(
      /file too short|invalid ELF|not a mach-o|no machine code/i,
    );
  });

  it("says when no folder can be written", () => {
    writeFileSync(join(folder, "file"), "");
    vi.stubEnv("DRISHTI_CACHE", join(folder, "file", "cache"));
    vi.stubEnv("CXX", fakeCompiler("exit 1"));
    expect(reasonOf(loadNative({ build: ["baseline"] }))).toContain("no folder to build in");
  });
});

describe.skipIf(!addon)(`the cache${why}`, () => {
  it("takes a whole file and passes over one that was cut short", () => {
    vi.stubEnv("DRISHTI_CACHE", folder);
    const copy = join(folder, basename(addon!));
    copyFileSync(addon!, copy);
    expect(planBuild()).toMatchObject({ cached: copy });
    writeFileSync(copy, "cut short");
    expect(planBuild()).toMatchObject({ cached: undefined });
  });

  it("throws away a whole file that does not load, and builds anew", () => {
    vi.stubEnv("DRISHTI_CACHE", folder);
    vi.stubEnv("CXX", fakeCompiler(`echo "error: cannot build anew" >&2; exit 1`));
    const text = "made for another system";
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 24);
    const made = planBuild(["baseline"]);
    if (made.reason !== undefined) throw new Error(made.reason);
    const file = `${made.key}-${hash}.node`;
    writeFileSync(join(folder, file), text);
    expect(planBuild(["baseline"])).toMatchObject({ cached: join(folder, file) });
    expect(reasonOf(loadNative({ build: ["baseline"] }))).toContain("cannot build anew");
    expect(readdirSync(folder)).not.toContain(file);
  });

  it.skipIf(process.platform === "win32")("does not wait for a builder that is gone", () => {
    vi.stubEnv("DRISHTI_CACHE", folder);
    vi.stubEnv("CXX", fakeCompiler(`echo "error: built by ourselves" >&2; exit 1`));
    const made = planBuild(["baseline"]);
    if (made.reason !== undefined) throw new Error(made.reason);
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(join(folder, `${made.key}.lock`), String(gone));
    expect(reasonOf(loadNative({ build: ["baseline"] }))).toContain("built by ourselves");
  });

  it.skipIf(process.platform === "win32")("two first uses at once both end with a whole addon", async () => {
    const slow = fakeCompiler(
      `echo run >> '${join(folder, "log")}'; sleep 0.2; while [ "$1" != -o ]; do case "$1" in -shared) link=1;; esac; shift; done
       if [ "$link" ]; then cp '${addon}' "$2"; else echo object > "$2"; fi`,
    );
    const script = fileURLToPath(new URL("../build.mjs", import.meta.url));
    const env = { ...process.env, CXX: slow, DRISHTI_CACHE: join(folder, "cache") };
    const build = () =>
      new Promise<string>((resolve) => {
        let text = "";
        const child = spawn(process.execPath, [script, "baseline"], { env });
        child.stdout.on("data", (data) => {
          text += data;
        });
        child.on("close", () => resolve(text.trim()));
      });
    const [a, b] = await Promise.all([build(), build()]);
    expect(a).toBe(b);
    expect(readdirSync(join(folder, "cache"))).toEqual([basename(a!)]);
    expect(readFileSync(join(folder, "log"), "utf8")).toBe("run\n".repeat(4)); // two halves, the addon, the link: once
  });
});

it("refuses an instruction set that is unknown", () => {
  expect(reasonOf(loadNative({ isa: "mmx" }))).toMatch(/no instruction set "mmx"|no C\+\+ compiler/);
});
