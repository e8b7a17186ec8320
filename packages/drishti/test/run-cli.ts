/** @file The command line in this process, with everything it would print in strings. */
import { drishti } from "../src/cli/program.ts";

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Record<string, string | undefined>;
  readonly terminal?: boolean;
  /** What is on standard input. */
  readonly stdin?: string | Uint8Array;
  /** Presses Ctrl-C when this returns true for something written to stderr. */
  readonly interruptOn?: (text: string) => boolean;
}

/** Runs on the reference backend unless the arguments name a device. */
export async function cli(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { env = {}, terminal = false, interruptOn, stdin = "" } = options;
  const taken = argv.includes("--device") || !takesDevice(argv[0]) ? argv : [...argv, "--device", "reference"];
  let [out, err] = ["", ""];
  let stop: (() => void) | undefined;
  const code = await drishti(taken, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
      if (interruptOn?.(text)) stop?.();
    },
    stdin: async () => Buffer.from(stdin),
    outIsTerminal: terminal,
    errIsTerminal: terminal,
    columns: 100,
    env,
    onInterrupt(handler) {
      stop = handler;
      return () => {
        stop = undefined;
      };
    },
  });
  return { code, out, err };
}

function takesDevice(command: string | undefined): boolean {
  return ["train", "evaluate", "predict", "summary", "bench", "start", "import", "export", "verify"].includes(
    command ?? "",
  );
}
