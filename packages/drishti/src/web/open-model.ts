/** @file An exported model, alive in a browser or anywhere else: weights, kernels, preprocessing. No Node, no DOM. */
import { registerBackend, setDefaultDevice } from "@drishti/core";
import { bestVariant, createWasm, type WasmVariant } from "@drishti/core/backends/wasm";
import type { Picture } from "@drishti/core/data";
import { BackendError } from "@drishti/core/errors";
import type { Layer } from "@drishti/core/nn";
import type { ModelCard } from "@drishti/core/train";
import { checkGolden, type GoldenCheck, logitsOf } from "../run/golden.ts";
import { softmaxRow } from "../run/softmax.ts";

/** The network of a folder, once the backend is there that its weights go to. */
export interface WebNetwork {
  readonly card: ModelCard;
  network(): Layer;
}

/** How a folder keeps its network: a runtime reads one kind, so that no page loads code for the other. */
export interface WebFormat {
  /** The file's name. */
  readonly file: string;
  read(bytes: Uint8Array): WebNetwork;
}

export interface WebFiles {
  readonly model: Uint8Array;
  /** The kernels for this engine. */
  kernels(variant: WasmVariant): Promise<Uint8Array>;
}

export interface Guess {
  readonly label: string;
  readonly probability: number;
}

export interface WebModel {
  readonly classes: readonly string[];
  /** The likeliest labels of a picture: (C, H, W) bytes of any size, 1 or 3 channels. */
  predictPixels(picture: Picture, top?: number): Promise<Guess[]>;
  /** The golden pictures, run here. */
  verify(): Promise<GoldenCheck>;
}

declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

export async function openModel({ file, read }: WebFormat, { model: bytes, kernels }: WebFiles): Promise<WebModel> {
  const variant = bestVariant();
  if (!variant)
    throw new BackendError("wasm", "unsupported", "this browser's WebAssembly has no SIMD. Use a newer one.");
  const module = (await WebAssembly.compile(await kernels(variant))) as never; // at once is not allowed on a main thread
  registerBackend("wasm", () => createWasm({ module, variant }));
  setDefaultDevice("wasm");
  const { card, network } = read(bytes);
  const model = network();
  return {
    classes: card.classes,
    async predictPixels(picture, top = 5) {
      const guesses = softmaxRow(await logitsOf(model, card, picture)).map((probability, i) => ({
        label: card.classes[i]!,
        probability,
      }));
      return guesses.sort((a, b) => b.probability - a.probability).slice(0, top);
    },
    verify: () => checkGolden("browser", model, card, file),
  };
}
