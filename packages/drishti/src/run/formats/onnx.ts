/** @file `.onnx`: graphs with their weights, ours and those of other programs. The card is in metadata_props. */
import { DataError } from "@drishti/core/errors";
import { type ModelCard, parseCard } from "@drishti/core/train";
import { readBytes } from "../../data/files.ts";
import { compareGolden, type GoldenCheck, goldenPictures } from "../golden.ts";
import { prepare } from "../pictures.ts";
import { softmaxRow } from "../softmax.ts";
import { writeAtomic } from "../write-file.ts";
import { CARD } from "./card-key.ts";
import type { ModelFormat } from "./format.ts";

export const onnx: ModelFormat = {
  name: "onnx",
  about: "ONNX (.onnx)",
  extension: ".onnx",
  // Nothing stands in front of an ONNX file; most begin with the version of the format, field 1. A safetensors file may
  // too, as its header's length, but then has the header behind it.
  recognises: (bytes, path) =>
    path.endsWith(".onnx") || (bytes[0] === 0x08 && bytes[1]! > 0 && bytes[1]! < 32 && bytes[8] !== 0x7b),
  async read(bytes, path) {
    const { checkSupport, externalData, OnnxModel, readOnnx } = await load();
    const [{ logitsOf }, { decodeModel }, { trainableGraph }] = await Promise.all([
      import("../../onnx/logits.ts"),
      import("../../onnx/proto.ts"),
      import("../../onnx/trainable.ts"),
    ]);
    const file = readOnnx(bytes, { file: path, external: externalData(path) });
    const card = file.metadata.get(CARD);
    checkSupport(file);
    const [, ...sizes] = file.inputs[0]?.shape ?? [];
    const size = (i: number) => (typeof sizes[i] === "number" && sizes[i] > 0 ? sizes[i] : null);
    return {
      card: card === undefined ? null : parseCard(card, path),
      // Beside the network, which has them too: who asks how large a model is looks here.
      weights: new Map([...file.initializers].filter(([, array]) => array.data instanceof Float32Array)),
      network: () => new OnnxModel(logitsOf(file).file), // everything here takes logits
      trainable: (options) =>
        trainableGraph(decodeModel(bytes), { ...options, file: path, external: externalData(path) }),
      input: [size(0), size(1), size(2)],
    };
  },
  async write({ model, card }, path) {
    const { saveOnnx } = await load();
    const { inChannels, height, width } = card.model;
    // The file is the network: the card need not describe it again.
    const metadata = { [CARD]: JSON.stringify({ ...card, topology: undefined }) };
    await saveOnnx(path, model, { input: [inChannels, height, width], metadata });
  },
  async adopt(bytes, card, path) {
    const { withMetadata } = await load();
    await writeAtomic(path, withMetadata(bytes, { [CARD]: JSON.stringify(card) }, path));
  },
  checks: async (path, card) => [await runtimeCheck(path, card)],
};

/** The check that cannot be made. */
export const noRuntime: GoldenCheck = {
  where: "onnxruntime",
  maxError: null,
  ok: true,
  skipped: true,
  reason: "it is not installed (npm install onnxruntime-node)",
};

function load() {
  return import("../../onnx/index.ts");
}

/** Files for one size of the batch are given that many copies of a picture; those that end in a softmax give probabilities. */
async function whatItWants(path: string): Promise<{ batch: number; hadSoftmax: boolean }> {
  const [{ externalData, readOnnx }, { logitsOf }] = await Promise.all([load(), import("../../onnx/logits.ts")]);
  const file = readOnnx(await readBytes(path), { file: path, external: externalData(path) });
  const [size] = file.inputs[0]?.shape ?? [];
  return { batch: typeof size === "number" && size > 0 ? size : 1, hadSoftmax: logitsOf(file).hadSoftmax };
}

/** The card of the same pictures with probabilities for logits. */
function asProbabilities(card: ModelCard): ModelCard {
  return { ...card, golden: card.golden && { ...card.golden, logits: card.golden.logits.map(softmaxRow) } };
}

/** The golden pictures in ONNX Runtime; where that is not installed, the check says that it was not made. */
async function runtimeCheck(path: string, card: ModelCard): Promise<GoldenCheck> {
  const { openOnnxRuntime } = await load();
  try {
    const session = await openOnnxRuntime(path);
    if (!session) return noRuntime;
    try {
      const found: ArrayLike<number>[] = [];
      const { batch, hadSoftmax } = await whatItWants(path);
      for (const picture of goldenPictures(card, path)) {
        const { data, channels, height, width } = prepare(picture, card);
        const pixels = Float32Array.from({ length: batch * data.length }, (_, i) => data[i % data.length]!);
        const logits = await session.run(pixels, [batch, channels, height, width]);
        found.push(Array.from(logits).slice(0, logits.length / batch));
      }
      return compareGolden(session.name, found, hadSoftmax ? asProbabilities(card) : card);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== "onnxruntime") throw error;
    return { where: "onnxruntime", maxError: null, ok: false, reason: error.message };
  }
}
