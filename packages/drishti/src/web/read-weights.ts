/** @file model.safetensors of a web export: a built-in network, or Keras' layers, and its weights. */
import { DataError } from "@drishti/core/errors";
import { createModel, modelNames } from "@drishti/core/models";
import { init } from "@drishti/core/nn";
import { decodeModelFile } from "@drishti/core/train";
import { modelOfTopology } from "../run/topology.ts";
import type { WebNetwork } from "./open-model.ts";

export const file = "model.safetensors";

/** Throws DataError for a file that is damaged, was not exported here, or holds the weights of another kind of network. */
export function read(bytes: Uint8Array): WebNetwork {
  const { card, weights } = decodeModelFile(bytes, file);
  if (!card) throw new DataError("model file", "no-card", `${file} was not exported by Drishti.`, file);
  const { name, ...shape } = card.model;
  if (card.topology === undefined && !modelNames.includes(name))
    throw new DataError("model file", "no-module", `the network ${name} is not built in.`, file);
  return {
    card,
    network() {
      const model =
        card.topology === undefined
          ? init.skipInit(() => createModel(name, shape))
          : modelOfTopology(card.topology, file);
      model.loadStateDict(weights);
      return model;
    },
  };
}
