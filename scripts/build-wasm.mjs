// Compiles kernels/cpp to packages/core/wasm/drishti-simd.wasm and drishti-relaxed.wasm with @yowasp/clang, which is clang
// itself compiled to WebAssembly: the same bytes on every machine. It takes a minute a file, so what they were made of is
// kept in kernels/cpp/wasm/built.json.
//   node scripts/build-wasm.mjs             writes the files and what they were made of
//   node scripts/build-wasm.mjs --check     exits 1 when a file, a source or the compiler is not what built.json says
//   node scripts/build-wasm.mjs --rebuild   exits 1 when a file on disk is not what compiling gives
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const kernels = fileURLToPath(new URL("../kernels/cpp", import.meta.url));
const target = fileURLToPath(new URL("../packages/core/wasm", import.meta.url));
const builtPath = join(kernels, "wasm", "built.json");

const variants = { simd: ["-msimd128"], relaxed: ["-msimd128", "-mrelaxed-simd"] };

// Compile and link in two calls: nothing starts processes inside WebAssembly.
const compile = [
  ..."clang++ -c --target=wasm32 -std=c++20 -O3 -matomics -mbulk-memory -nostdinc++ -fno-exceptions -fno-rtti".split(
    " ",
  ),
  ..."-fno-math-errno -ffp-contract=off -Wno-psabi -DDRISHTI_NS=wasm -Icpp -fvisibility=hidden".split(" "),
];
const link = [
  ..."wasm-ld --no-entry --strip-all --stack-first -z stack-size=524288 --import-memory --shared-memory".split(" "),
  ..."--max-memory=4294967296 --export=__heap_base --export=__stack_pointer".split(" "),
];

/** The folder as nested objects, which is what the compiler's virtual file system takes. */
function tree(folder) {
  const files = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (name === "wasm") files[name] = tree(path); // native/ is no part of them
    } else if (/\.(h|cc)$/.test(name)) files[name] = readFileSync(path, "utf8");
  }
  return files;
}

const sources = { cpp: tree(kernels) };
const pathOf = (name) => join(target, `drishti-${name}.wasm`);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const fail = (message) => {
  console.error(`${message}: run node scripts/build-wasm.mjs`);
  process.exitCode = 1;
};

/** What the files are made of, and what they are. */
function facts() {
  const manifest = readFileSync(new URL("../node_modules/@yowasp/clang/package.json", import.meta.url), "utf8");
  return {
    compiler: `@yowasp/clang ${JSON.parse(manifest).version}`,
    made: sha256(JSON.stringify([compile, link, variants, sources])),
    ...Object.fromEntries(Object.keys(variants).map((name) => [name, sha256(readFileSync(pathOf(name)))])),
  };
}

async function build(flags) {
  const { runClang, runLLVM } = await import("@yowasp/clang");
  const { "kernels.o": object } = await runClang(
    [...compile, ...flags, "-o", "kernels.o", "cpp/wasm/entry.cc"],
    sources,
  );
  return (await runLLVM([...link, "-o", "out.wasm", "kernels.o"], { "kernels.o": object }))["out.wasm"];
}

function check() {
  const built = JSON.parse(readFileSync(builtPath, "utf8"));
  for (const [what, is] of Object.entries(facts()))
    if (built[what] !== is)
      fail(
        what === "compiler"
          ? `the wasm files were built by ${built.compiler}, here is ${is}`
          : what === "made"
            ? "kernels/cpp or the compiler's options are not what the wasm files were built from"
            : `${pathOf(what)} is not the file that was built`,
      );
}

if (process.argv.includes("--check")) check();
else {
  const rebuild = process.argv.includes("--rebuild");
  mkdirSync(target, { recursive: true });
  for (const [name, flags] of Object.entries(variants)) {
    const bytes = await build(flags);
    if (!rebuild) writeFileSync(pathOf(name), bytes);
    else if (Buffer.compare(readFileSync(pathOf(name)), bytes) !== 0)
      fail(`${pathOf(name)} is not what compiling gives`);
    console.log(`drishti-${name}.wasm  ${bytes.length} bytes`);
  }
  if (!rebuild) writeFileSync(builtPath, `${JSON.stringify(facts(), null, 2)}\n`);
}
