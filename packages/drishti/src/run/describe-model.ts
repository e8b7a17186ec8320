/** @file What `summary` shows: the layers of any MODEL. */
import { createModel, type ModelShape, type ModelSummary, modelShape, summarize } from "@drishti/core/models";
import { init, type Layer } from "@drishti/core/nn";
import { freshModel, modelOfCard, modelSource, readModelFile } from "./model-source.ts";

export interface Description {
  readonly name: string;
  /** (C, H, W). */
  readonly input: readonly [number, number, number];
  readonly summary: ModelSummary;
}

/** Sizes not given are the model's own: those it was trained on, or made for. */
export async function describeModel(
  spec: string,
  given: { input?: readonly [number, number, number]; classes?: number },
): Promise<Description> {
  const source = await modelSource(spec);
  const file = source.kind === "file" ? await readModelFile(source.path) : undefined;
  const card = file?.card;
  const own: ModelShape = card?.model ?? modelShape(source.kind === "built-in" ? source.name : "simplecnn");
  const [inChannels, height, width] = given.input ?? [own.inChannels, own.height, own.width];
  const shape = { inChannels, numClasses: given.classes ?? own.numClasses, height, width };
  const model = file?.network
    ? await file.network()
    : card
      ? await modelOfCard({ ...card, model: { ...card.model, ...shape } }, spec)
      : source.kind === "built-in"
        ? init.skipInit(() => createModel(source.name, shape)) // nobody looks at its weights
        : await freshModel(source, shape);
  return {
    name: card ? `${card.model.name} (${spec})` : spec,
    input: [inChannels, height, width],
    summary: await summaryOf(model, [inChannels, height, width]),
  };
}

/** A graph has nodes instead of layers. */
async function summaryOf(model: Layer, input: readonly number[]): Promise<ModelSummary> {
  const { OnnxModel } = await import("../onnx/browser.ts");
  if (!(model instanceof OnnxModel)) return summarize(model, input);
  const { summarizeOnnx } = await import("../onnx/summary.ts");
  return summarizeOnnx(model, input);
}
