import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Builds the native addon, if it is not cached, before any test: a test's time limit is not for compiling. */
export default function setup(): void {
  // Without a compiler this fails and says why; the tests then run on reference and wasm.
  spawnSync(process.execPath, [join(import.meta.dirname, "../packages/native/build.mjs")], { stdio: "ignore" });
}
