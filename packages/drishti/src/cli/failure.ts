/** @file From an error to one sentence and an exit code. */
import { DataError, DrishtiError } from "@drishti/core/errors";
import { CommanderError } from "commander";
import { UsageError } from "../run/usage-error.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, type Io } from "./io.ts";

/** Says on stderr what is wrong, and gives the exit code: 2 for wrong usage, 1 for everything else. */
export function fail(error: unknown, io: Io): number {
  // commander has printed its own: help and the version end well, the rest is wrong usage.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
  io.err(`drishti: ${sentence(error)}\n`);
  if (io.env.DEBUG?.split(",").includes("drishti"))
    io.err(`${error instanceof Error ? stackOf(error) : String(error)}\n`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

function sentence(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof DrishtiError) return plainMessage(error);
  const { code, message = String(error) } = error as NodeJS.ErrnoException;
  if (code && /^E[A-Z]+$/.test(code)) return message; // the system's own words name the file
  return `${message}\nThis is a fault in Drishti, not in what you did. DEBUG=drishti shows where.`;
}

/** A DataError names its file in front, in place of the part of the program that refused it. */
export function plainMessage(error: DrishtiError): string {
  if (!(error instanceof DataError)) return error.message;
  const prefix = `${error.where}: `;
  const text = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return error.file === undefined || text.includes(error.file) ? text : `${error.file}: ${text}`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
