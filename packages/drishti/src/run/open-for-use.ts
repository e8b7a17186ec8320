import { type Backend, manualSeed, setDefaultDevice } from "@drishti/core";
import { openDevice, registerDevices } from "../devices.ts";

/** Makes the device of a command's options the default one, and seeds the generator. */
export function openForUse(
  options: { device?: string; threads?: number; seed?: number },
  say: (line: string) => void,
): Backend {
  registerDevices({ threads: options.threads, say });
  manualSeed(options.seed ?? 0);
  return setDefaultDevice(
    openDevice(options.device ?? (process.env.DRISHTI_DEVICE || "auto"), { say, threads: options.threads }),
  );
}
