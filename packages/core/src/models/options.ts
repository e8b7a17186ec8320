/** @file What every built-in model can be told, and the sizes it computes from it. */
import type { Pair } from "../base/shape.ts";
import { ArgumentError } from "../errors/errors.ts";
import type { Layer } from "../nn/index.ts";

/** What a built-in model can be told; the defaults are the model's own. */
export interface ModelOptions {
  /** Channels of the pictures: 1 grey, 3 colour. Default: what the model was made for. */
  inChannels?: number;
  /** Number of classes: outputs of the last layer. Default: what the model was made for. */
  numClasses?: number;
  /** Height and width of the pictures, or one number for both, in pixels. Default: what the model was made for. */
  inputSize?: number | readonly [height: number, width: number];
  /** Batch normalisation after each convolution and hidden dense layer, before its activation. Default false; MLP: true. */
  batchNorm?: boolean;
}

export interface ResolvedOptions {
  readonly inChannels: number;
  readonly numClasses: number;
  readonly inputSize: Pair;
  readonly batchNorm: boolean;
}

/** Fills in the model's own defaults and refuses sizes that are no counts. */
export function resolved(where: string, options: ModelOptions, defaults: Required<ModelOptions>): ResolvedOptions {
  const { inChannels, numClasses, inputSize, batchNorm } = { ...defaults, ...defined(options) };
  const [height, width] = typeof inputSize === "number" ? [inputSize, inputSize] : inputSize;
  for (const [name, value] of Object.entries({ inChannels, numClasses, height, width }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new ArgumentError(where, name, `${name} must be a whole number from 1, got ${value}.`);
  return { inChannels, numClasses, inputSize: [height, width], batchNorm };
}

/** The options of a network made for ImageNet, without batch-norm's switch. */
export type ImageNetOptions = Omit<ModelOptions, "batchNorm">;

/** What torchvision's networks were made for: 1000 classes, colour pictures of 224×224; refuses pictures under `least`. */
export function imageNet(where: string, options: ImageNetOptions, least: number): ResolvedOptions {
  const all = resolved(where, options, { inChannels: 3, numClasses: 1000, inputSize: 224, batchNorm: true });
  const [height, width] = all.inputSize;
  if (Math.min(height, width) < least)
    throw new ArgumentError(
      where,
      "input-size",
      `pictures of ${height}×${width} are too small: this network wants at least ${least}×${least}. Enlarge them, or take a smaller network.`,
    );
  return all;
}

function defined(options: ModelOptions): ModelOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Refuses what is not among the variants of a network; plain JavaScript may give anything. */
export function variant<T extends string | number>(where: string, what: string, given: T, known: readonly T[]): T {
  if (!known.includes(given))
    throw new ArgumentError(where, what, `${what} must be ${known.join(" or ")}, got ${JSON.stringify(given)}.`);
  return given;
}

/** Height × width after `times` halvings by pooling 2, 2; refuses pictures that shrink to nothing. */
export function halved(where: string, [height, width]: Pair, times: number): Pair {
  const factor = 2 ** times;
  if (height < factor || width < factor)
    throw new ArgumentError(
      where,
      "input-size",
      `pictures of ${height}×${width} are too small: ${times} poolings by 2 want at least ${factor}×${factor}. ` +
        "Enlarge them, or take a model with fewer poolings.",
    );
  return [Math.floor(height / factor), Math.floor(width / factor)];
}

/** The layers that are there: `when` leaves out what its condition refuses. */
export function layers(...given: (Layer | readonly Layer[])[]): Layer[] {
  return given.flat() as Layer[];
}
