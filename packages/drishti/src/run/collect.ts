import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let gc: (() => void) | undefined;

/**
 * Collects what nobody refers to any more, in ten to twenty milliseconds. By itself V8 lets some 64 MiB of arrays outside its
 * heap die before it looks; a program that has just dropped a checkpoint's values, or a network, knows a better moment.
 */
export function collect(): void {
  if (!gc) {
    setFlagsFromString("--expose-gc");
    gc = runInNewContext("gc") as () => void;
  }
  gc();
}
