#!/usr/bin/env node
/** @file The program `drishti`. */
import { processIo } from "./io.ts";
import { drishti } from "./program.ts";

// exitCode, not exit(): what was written to a pipe is still on its way.
process.exitCode = await drishti(process.argv.slice(2), processIo());
