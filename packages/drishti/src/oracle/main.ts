#!/usr/bin/env node
import { oracle } from "./command.ts";

process.exitCode = await oracle(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
