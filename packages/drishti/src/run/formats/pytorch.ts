/** @file `.pt`, `.pth`, `.th`: state dicts, and checkpoints with one inside. The card lies beside the pickle. */
import { type PyTorchTensorInput, readPyTorch, stateDictOf, writePyTorch } from "@drishti/core/io";
import type { StateValue } from "@drishti/core/nn";
import { parseCard } from "@drishti/core/train";
import { writeAtomic } from "../write-file.ts";
import type { ModelFormat } from "./format.ts";
import { stateOf } from "./state.ts";

const CARD = "drishti.card.json";

export const pytorch: ModelFormat = {
  name: "pytorch",
  about: "PyTorch (.pt, .pth, .th)",
  extension: ".pt",
  recognises: (bytes, path) =>
    (bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80 || /\.(pt|pth|th|ckpt|bin)$/.test(path),
  async read(bytes, path, { key }) {
    const file = readPyTorch(bytes, { file: path });
    const { weights } = stateDictOf(file.value, { file: path, ...(key === undefined ? {} : { key }) });
    const card = file.extra.get(CARD);
    return {
      card: card ? parseCard(new TextDecoder().decode(card), path) : null,
      weights: weights as ReadonlyMap<string, unknown> as ReadonlyMap<string, StateValue>,
    };
  },
  async write({ model, card }, path) {
    const state = [...(await stateOf(model))].map(([key, { shape, data }]): [string, PyTorchTensorInput] => [
      key,
      // Counters are int64 in PyTorch; the reference's doubles are float32 elsewhere.
      {
        shape,
        data:
          data instanceof Int32Array
            ? BigInt64Array.from(data, BigInt)
            : data instanceof Float64Array
              ? Float32Array.from(data)
              : data,
      },
    ]);
    const extra = new Map([[CARD, new TextEncoder().encode(JSON.stringify(card))]]);
    await writeAtomic(path, writePyTorch(new Map(state), { extra }));
  },
};
