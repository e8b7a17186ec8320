#!/usr/bin/env node
// The program lies in dist/, which a fresh clone has only after a build; npm links commands before that, so it links this.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write("drishti: not built yet. Run: npm run build\n");
  process.exitCode = 1;
}
