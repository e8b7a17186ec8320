// Builds the addon with one plain call of a C++ compiler for each instruction set and one to link: no node-gyp, no download.
//   node build.mjs               builds for this machine and prints the addon's path
//   node build.mjs avx2 baseline builds these instruction sets into one addon, which picks at load
// src/index.ts uses planBuild and starts this file as a child when nothing is cached.
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));

/** Beside this file in the published package, at the root of the workspace otherwise. */
function kernelFolder() {
  const candidates = [join(here, "kernels", "cpp"), join(here, "..", "..", "kernels", "cpp")];
  return candidates.find((folder) => existsSync(join(folder, "all.cc")));
}

// -ffp-contract=off: the compiler may not fuse on its own (see simd.h). No -ffast-math anywhere.
const COMMON = ["-std=c++20", "-O3", "-fPIC", "-fno-math-errno", "-ffp-contract=off", "-fno-exceptions", "-fno-rtti"];
const WARNINGS = ["-Wno-psabi"];

/** Flags of each instruction set, by processor. `lanes16` is for tests: 16 lanes on a machine with 8. */
const ISAS = {
  x64: {
    avx512: ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma", "-mprefer-vector-width=512"],
    avx2: ["-mavx2", "-mfma"],
    baseline: [],
    lanes16: ["-mavx2", "-mfma", "-DDRISHTI_LANES=16"],
  },
  arm64: { neon: [] },
};

/** Every instruction set of this kind of processor. */
export function allIsas() {
  return Object.keys(ISAS[process.arch] ?? { baseline: [] }).filter((isa) => isa !== "lanes16");
}
/** The halves that all.cc is compiled in: two processors share the work. */
const PARTS = [1, 2];

/** What the compiler's macros must say for a set to run on the machine we are on. */
const NEEDS = {
  avx512: ["__AVX512F__", "__AVX512BW__", "__AVX512DQ__", "__AVX512VL__", "__AVX2__", "__FMA__"],
  avx2: ["__AVX2__", "__FMA__"],
  baseline: [],
  lanes16: ["__AVX2__", "__FMA__"],
  neon: [],
};

/** The sets that run on this machine, best first; all where the compiler does not tell. */
function runnableIsas({ macros }) {
  const names = Object.keys(ISAS[process.arch] ?? { baseline: [] });
  if (macros === undefined) return names;
  return names.filter((isa) => NEEDS[isa].every((macro) => macros.includes(`#define ${macro} 1`)));
}
const flagsOf = (isa) => (ISAS[process.arch] ?? { baseline: [] })[isa];

/** The first compiler that answers, with the line that names its version and the macros it sets for this machine. */
function findCompiler() {
  const tried = [process.env.CXX, "c++", "g++", "clang++"].filter(Boolean);
  for (const command of tried) {
    const ask = (...args) => spawnSync(command, args, { encoding: "utf8", input: "" });
    const native = ask("-v", "-march=native", "-dM", "-E", "-x", "c++", "-");
    const answer = native.status === 0 ? native : ask("-v");
    const version = /^.*version.*$/m.exec(answer.stderr ?? "")?.[0];
    if (answer.status === 0 && version)
      return { command, version, macros: native.status === 0 ? native.stdout : undefined };
  }
  return { reason: `no C++ compiler answers (tried ${tried.join(", ")})` };
}

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => /\.(h|cc)$/.test(file) && !/^(test|wasm)[\\/]/.test(file))
    .sort();
}

/** Where built addons may lie, best first. The last is in a place that others can write to, so it must be ours alone. */
export function cacheFolders() {
  const own = process.env.DRISHTI_CACHE;
  if (own) return [own];
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const shared = join(tmpdir(), `drishti-cache-${process.getuid?.() ?? ""}`);
  return [join(cache, "drishti"), ...(isOurs(shared) ? [shared] : [])];
}

/** Nobody else made the folder or may write into it; one that is not there yet will be made so. */
function isOurs(folder) {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (!stat || !process.getuid) return true;
  return stat.isDirectory() && stat.uid === process.getuid() && (stat.mode & 0o022) === 0;
}

/**
 * What a build is made of, and where it is or would be. `cached` is set when it is there already; `reason` when there
 * can be none. Without a list it is made for this machine, with its best set alone: the others would take three times
 * as long. `isa` is one that must run here.
 */
export function planBuild(wanted, isa) {
  const kernels = kernelFolder();
  if (!kernels) return { reason: "the kernels' sources are not beside the package" };
  const compiler = findCompiler();
  if (compiler.reason) return compiler;
  const runnable = runnableIsas(compiler);
  const isas = wanted ?? [isa ?? runnable[0]];
  const unknown = isas.find((name) => flagsOf(name) === undefined);
  if (unknown)
    return { reason: `no instruction set "${unknown}" on ${process.arch}; there are ${allIsas().join(", ")}` };
  if (isa && !runnable.includes(isa))
    return {
      reason: `this processor does not have "${isa}"; it has ${runnable.filter((n) => n !== "lanes16").join(", ")}`,
    };
  let include;
  try {
    include = join(dirname(createRequire(import.meta.url).resolve("node-api-headers/package.json")), "include");
  } catch {
    return { reason: "the package node-api-headers is not installed" };
  }
  const hash = createHash("sha256");
  const add = (part) => hash.update(`${part.length}:`).update(part);
  for (const file of sourcesIn(kernels)) {
    add(file);
    add(readFileSync(join(kernels, file)));
  }
  for (const part of [compiler.version, process.platform, process.arch, process.versions.modules, ...COMMON]) add(part);
  for (const isa of isas) add(`${isa} ${flagsOf(isa).join(" ")}`);
  const key = `native-${hash.digest("hex").slice(0, 24)}`;
  const folders = cacheFolders();
  return { kernels, compiler, include, isas, key, folders, cached: findCached(key, folders) };
}

const contentHash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 24);

/** A whole file of this key: its name says what it must hold, as loading one that was cut short can kill the process. */
function findCached(key, folders) {
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder)) {
      if (!file.startsWith(`${key}-`) || !file.endsWith(".node")) continue;
      if (file === `${key}-${contentHash(join(folder, file))}.node`) return join(folder, file);
    }
  }
  return undefined;
}

/** The first cache folder that can be written to. */
function usableFolder(folders) {
  const errors = [];
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      rmSync(mkdtempSync(join(folder, "try-")), { recursive: true });
      return folder;
    } catch (error) {
      errors.push(error.message);
    }
  }
  throw new Error(`no folder to build in: ${errors.join("; ")}`);
}

const execute = promisify(execFile);

async function compile({ kernels, compiler, include }, work, source, flags, object) {
  const output = join(work, object);
  const args = [...COMMON, ...WARNINGS, ...flags, `-I${include}`, "-c", join(kernels, source), "-o", output];
  await execute(compiler.command, args, { maxBuffer: 1 << 26 });
  return output;
}

/** Runs tasks two at a time, which is what the smallest machine has. */
async function inPairs(tasks) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < tasks.length) {
      const at = next++;
      results[at] = await tasks[at]();
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/**
 * Builds, or waits for another process that is building the same: a lock file names it. Should it die, or take minutes,
 * we build ourselves; the result is renamed into place, so two builders do no harm.
 */
export async function buildOnce(plan) {
  const folder = usableFolder(plan.folders);
  const lock = join(folder, `${plan.key}.lock`);
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return findCached(plan.key, plan.folders) ?? (await build(plan, folder));
  } finally {
    rmSync(lock, { force: true });
  }
}

const LOCK_MS = 3 * 60_000;

function isAbandoned(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_MS) return true;
    const pid = Number(readFileSync(lock, "utf8"));
    if (pid > 0) process.kill(pid, 0); // throws when there is no such process
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Builds in `folder` and returns the addon's path. An instruction set whose flags the compiler refuses is left out. */
async function build(plan, folder) {
  const work = mkdtempSync(join(folder, "build-")); // beside the target, so that the result can be renamed into place
  try {
    const jobs = plan.isas.flatMap((isa) => PARTS.map((part) => ({ isa, part })));
    const errors = [];
    const objects = await inPairs(
      jobs.map(({ isa, part }) => async () => {
        const flags = [`-DDRISHTI_NS=${isa}`, `-DDRISHTI_PART=${part}`, ...flagsOf(isa)];
        try {
          return await compile(plan, work, "all.cc", flags, `${isa}${part}.o`);
        } catch (error) {
          errors.push(`${isa}: ${firstError(error)}`);
          return undefined;
        }
      }),
    );
    const built = plan.isas.filter((isa) => jobs.every((job, i) => job.isa !== isa || objects[i]));
    if (built.length === 0) throw new Error(errors.join("; "));
    const kept = objects.filter((object, i) => object && built.includes(jobs[i].isa));
    const withSets = built.map((isa) => `-DDRISHTI_WITH_${isa}`);
    // Exceptions here: a thread that cannot start throws.
    const addon = await compile(plan, work, join("native", "addon.cc"), ["-fexceptions", ...withSets], "addon.o");
    const output = join(work, "addon.node");
    const link = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : ["-pthread"];
    await execute(plan.compiler.command, ["-shared", "-o", output, addon, ...kept, ...link]);
    const target = join(folder, `${plan.key}-${contentHash(output)}.node`);
    renameSync(output, target); // atomic: two first uses at once both end with a whole file
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The compiler's first complaint, in one line. */
function firstError(error) {
  const lines = String(error.stderr || error.message).split("\n");
  return (lines.find((line) => /error/i.test(line)) ?? lines[0]).trim();
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === "") {
  const isas = process.argv.slice(2);
  const plan = planBuild(isas.length > 0 ? isas : undefined);
  try {
    if (plan.reason) throw new Error(plan.reason);
    console.log(await buildOnce(plan));
  } catch (error) {
    console.error(firstError(error));
    process.exitCode = 1;
  }
}
