/** @file model.onnx of a web export: any other network, as the graph of its operators. */
import { DataError } from "@drishti/core/errors";
import { parseCard } from "@drishti/core/train";
import { OnnxModel } from "../onnx/onnx-model.ts";
import { readOnnx } from "../onnx/read.ts";
import { CARD } from "../run/formats/card-key.ts";
import type { WebNetwork } from "./open-model.ts";

export const file = "model.onnx";

/** Throws DataError for a file that is damaged, was not exported here, or has operators that are not known. */
export function read(bytes: Uint8Array): WebNetwork {
  const graph = readOnnx(bytes, { file });
  const card = graph.metadata.get(CARD);
  if (card === undefined) throw new DataError("model file", "no-card", `${file} was not exported by Drishti.`, file);
  return { card: parseCard(card, file), network: () => new OnnxModel(graph) };
}
