/** @file Every way to compute that this machine has: each instruction set and each WebAssembly file, on one thread and on two. */
import type { Backend } from "@drishti/core";
import { bestVariant } from "@drishti/core/backends/wasm";
import { instructionSets, loadNative } from "@drishti/native";
import { loadWasm } from "../wasm-node.ts";

/** A backend forced to one of them; one thread more shows what depends on the split of the work. */
export interface Path {
  readonly name: string;
  /** Throws where this machine does not have it. */
  open(): Backend;
}

const threadCounts = [1, 2] as const;

function native(isa: string, threads: number): Path {
  return {
    name: `native ${isa} ${threads}`,
    open() {
      const result = loadNative({ isa, threads });
      if ("reason" in result) throw new Error(result.reason);
      return result.backend;
    },
  };
}

function wasm(variant: "simd" | "relaxed", threads: number): Path {
  return {
    name: `wasm ${variant} ${threads}`,
    open() {
      if (variant === "relaxed" && bestVariant() !== "relaxed")
        throw new Error("this Node's WebAssembly has no relaxed SIMD");
      return loadWasm({ variant, threads });
    },
  };
}

/** All that there are for this kind of processor, the plainest first; opened one by one, as each has threads of its own. */
export function allPaths(): Path[] {
  const sets = [...instructionSets].reverse();
  return [
    ...sets.flatMap((isa) => threadCounts.map((threads) => native(isa, threads))),
    ...(["simd", "relaxed"] as const).flatMap((variant) => threadCounts.map((threads) => wasm(variant, threads))),
  ];
}

/** Groups that no kernel has a part in: the same on every path. */
export const kernelFree: ReadonlySet<string> = new Set(["sched", "metrics", "errors", "rng", "onnx"]);
