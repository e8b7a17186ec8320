/** @file Where a command reads and writes: the process, or whatever a test puts in its place. */
import { writeError } from "../run/write-file.ts";

export interface Io {
  /** Results. */
  out(text: string): void;
  /** Progress, warnings, errors. */
  err(text: string): void;
  /** All of standard input. */
  stdin(): Promise<Uint8Array>;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `stop` at the first Ctrl-C (or SIGTERM); the second ends the process at once. Returns what takes it off again. */
  onInterrupt(stop: () => void): () => void;
}

/** The real one. */
export function processIo(): Io {
  // A reader that closes its end early (`drishti … | head`) is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_DONE);
    const { message } = writeError("standard output", error);
    process.stderr.write(`drishti: ${message.replace(/^write: /, "")}\n`, () => process.exit(EXIT_FAILED));
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    async stdin() {
      const parts: Uint8Array[] = [];
      for await (const part of process.stdin) parts.push(part as Uint8Array);
      return Buffer.concat(parts);
    },
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? process.stdout.columns ?? 80,
    env: process.env,
    onInterrupt(stop) {
      let count = 0;
      const handle = () => {
        if (++count > 1) process.exit(EXIT_INTERRUPTED);
        stop();
      };
      const signals = ["SIGINT", "SIGTERM"] as const;
      for (const signal of signals) process.on(signal, handle);
      return () => {
        for (const signal of signals) process.off(signal, handle);
      };
    },
  };
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;
