/** @file Grad-CAM of pictures, by a trained model: where it looked. */
import { basename, extname, join } from "node:path";
import { tensor } from "@drishti/core";
import type { Picture } from "@drishti/core/data";
import { gradCam } from "@drishti/core/train";
import { heated, inputPixels, type Pixels, pngOf, sideBySide } from "./heat-map.ts";
import type { TrainedModel } from "./model-source.ts";
import { prepare } from "./pictures.ts";
import { makeFolder, writeAtomic } from "./write-file.ts";

export interface Explanation {
  /** What the network was given. */
  readonly plain: Pixels;
  /** The same with the evidence for `label` over it. */
  readonly heat: Pixels;
  readonly label: string;
  /** The layer whose output was looked at. */
  readonly layer: string;
}

/**
 * Explains pictures of bytes, any size, each by the class given or else the likeliest.
 *
 * Throws  ArgumentError "no-map" for a network without places, "layer" for one that has no map, with those that have.
 */
export async function explain(
  { model, card }: Pick<TrainedModel, "model" | "card">,
  pictures: readonly Picture[],
  options: { classes?: readonly number[]; layer?: string | undefined; least?: number } = {},
): Promise<Explanation[]> {
  const device = model.parameters().next().value?.backend;
  const inputs = pictures.map((picture) => prepare(picture, card));
  const [first] = inputs;
  if (!first) return [];
  const { channels, height, width } = first;
  const size = channels * height * width;
  const batch = new Float32Array(inputs.length * size);
  for (const [n, { data }] of inputs.entries()) batch.set(data, n * size);
  const images = tensor(batch, { shape: [inputs.length, channels, height, width], device });
  const { least = 224, ...chosen } = options;
  const cam = await gradCam(model, images, chosen);
  return inputs.map((input, n) => {
    const plain = inputPixels(input, card.preprocessing, least);
    const heat = heated(plain, cam.maps[n]!, cam.height, cam.width);
    return { plain, heat, label: card.classes[cam.classes[n]!]!, layer: cam.layer };
  });
}

/** Writes explanations of files into a folder, one PNG each: the picture, and the picture with heat. */
export class Explainer {
  readonly #trained: Pick<TrainedModel, "model" | "card">;
  readonly #folder: string;
  readonly #layer: string | undefined;
  readonly #taken = new Set<string>();

  /** Throws DataError when the folder cannot be made. */
  static async open(
    trained: Pick<TrainedModel, "model" | "card">,
    folder: string,
    layer: string | undefined,
  ): Promise<Explainer> {
    await makeFolder(folder);
    return new Explainer(trained, folder, layer);
  }

  private constructor(trained: Pick<TrainedModel, "model" | "card">, folder: string, layer: string | undefined) {
    this.#trained = trained;
    this.#folder = folder;
    this.#layer = layer;
  }

  /** The file written, `<name>-<label>.png`, with a number where that is taken. */
  async write(file: string, picture: Picture): Promise<string> {
    const [{ plain, heat, label }] = (await explain(this.#trained, [picture], { layer: this.#layer })) as [Explanation];
    const stem = `${basename(file, extname(file))}-${label}`.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "_");
    let name = `${stem}.png`;
    for (let i = 2; this.#taken.has(name); i++) name = `${stem}-${i}.png`;
    this.#taken.add(name);
    const path = join(this.#folder, name);
    await writeAtomic(path, pngOf(sideBySide(plain, heat)));
    return path;
  }
}
