// Compiles kernels/cpp to packages/core/wasm/drishti-simd.wasm and drishti-relaxed.wasm with @yowasp/clang, which is clang
// itself compiled to WebAssembly: the same bytes on every machine.
//   node scripts/build-wasm.mjs           writes the two files
//   node scripts/build-wasm.mjs --check   exits 1 when a file on disk is not what would be written
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runClang, runLLVM } from "@yowasp/clang";

const kernels = fileURLToPath(new URL("../kernels/cpp", import.meta.url));
const target = fileURLToPath(new URL("../packages/core/wasm", import.meta.url));

const variants = { simd: ["-msimd128"], relaxed: ["-msimd128", "-mrelaxed-simd"] };

/** The folder as nested objects, which is what the compiler's virtual file system takes. */
function tree(folder) {
  const files = {};
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (name === "wasm" || name === "native") files[name] = tree(path);
    } else if (/\.(h|cc)$/.test(name)) files[name] = readFileSync(path, "utf8");
  }
  return files;
}

const sources = { cpp: tree(kernels) };

async function build(flags) {
  // Compile and link in two calls: nothing starts processes inside WebAssembly.
  const compile = ["clang++", "-c", "--target=wasm32", "-std=c++20", "-O3", "-matomics", "-mbulk-memory", ...flags];
  compile.push("-nostdinc++", "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-ffp-contract=off", "-Wno-psabi");
  compile.push("-DDRISHTI_NS=wasm", "-Icpp", "-fvisibility=hidden", "-o", "kernels.o", "cpp/wasm/entry.cc");
  const { "kernels.o": object } = await runClang(compile, sources);
  const link = ["wasm-ld", "--no-entry", "--strip-all", "--stack-first", "-z", "stack-size=524288"];
  link.push("--import-memory", "--shared-memory", "--max-memory=4294967296");
  link.push("--export=__heap_base", "--export=__stack_pointer", "-o", "out.wasm", "kernels.o");
  return (await runLLVM(link, { "kernels.o": object }))["out.wasm"];
}

const check = process.argv.includes("--check");
mkdirSync(target, { recursive: true });
for (const [name, flags] of Object.entries(variants)) {
  const path = join(target, `drishti-${name}.wasm`);
  const bytes = await build(flags);
  if (!check) writeFileSync(path, bytes);
  else if (Buffer.compare(readFileSync(path), bytes) !== 0) {
    console.error(`${path} is out of date: run node scripts/build-wasm.mjs`);
    process.exitCode = 1;
  }
  console.log(`drishti-${name}.wasm  ${bytes.length} bytes`);
}
