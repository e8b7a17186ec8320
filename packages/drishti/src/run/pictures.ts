/** @file From a data set's pictures to the model's input: augmentation for training, the plain way for everything else. */
import {
  centerCrop,
  compose,
  type ImageShape,
  isImageSet,
  type MeanStd,
  normalize,
  type Picture,
  type PictureSet,
  randomCrop,
  randomHorizontalFlip,
  resize,
  type Transform,
  toChannels,
  toTensor,
  transformFromJSON,
} from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { ModelCard, Preprocessing } from "@drishti/core/train";
import type { OpenedData } from "../data/open-data.ts";
import type { AugmentName } from "./train-config.ts";

/** Rounded so that the file holds the very numbers that are computed with: float32 has no more than 8 digits. */
function rounded({ mean, std }: MeanStd): MeanStd {
  const round = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(8)));
  return { mean: round(mean), std: round(std) };
}

/** Photos are shrunk to this many times the network's size, 256 for 224, and cut. */
const ROOM = 8 / 7;

export interface Pipelines {
  readonly train: Transform;
  readonly plain: Transform;
  readonly preprocessing: Preprocessing;
}

/**
 * The transforms for pictures like those of `data`. Photos, of any size, are shrunk to a little more than the network's
 * size and cut from the middle; pictures that have that size already are taken as they are.
 */
export function pipelines(data: OpenedData, augment: AugmentName): Pipelines {
  const { shape, meanStd } = data;
  const [channels, height, width] = shape;
  const { mean, std } = rounded(meanStd);
  const finish = [toTensor(), normalize(mean, std)];
  const sized = isImageSet(data.train);
  const fit = sized ? [] : [resize(Math.round(Math.max(height, width) * ROOM)), centerCrop([height, width])];
  const plain = compose([...(sized ? [resize([height, width])] : fit), ...finish]);
  const how = augmentations(shape, augment);
  return {
    train: compose([...(how.some(({ name }) => name === "randomCrop") ? fit.slice(0, 1) : fit), ...how, ...finish]),
    plain: sized ? compose(finish) : plain,
    preprocessing: {
      channels,
      height,
      width,
      mean,
      std,
      channelOrder: channels === 1 ? "L" : "RGB",
      layout: "NCHW",
      transforms: plain.toJSON(),
    },
  };
}

/** auto: colour pictures are moved and mirrored, grey ones (digits, letters: a mirrored one is another) only moved. */
function augmentations([channels, height, width]: ImageShape, how: AugmentName): Transform[] {
  const chosen = how === "auto" ? (channels === 1 ? "crop" : "crop+flip") : how;
  const border = Math.max(1, Math.round(Math.min(height, width) / (channels === 1 ? 14 : 8)));
  const crop = randomCrop([height, width], { padding: border });
  return [...(chosen.includes("crop") ? [crop] : []), ...(chosen.includes("flip") ? [randomHorizontalFlip()] : [])];
}

/** A picture of any size and number of channels as input of a model, by the model's own preprocessing. */
export function prepare(picture: Picture, { preprocessing }: ModelCard): Picture {
  const { channels, transforms } = preprocessing;
  return transformFromJSON(transforms).apply(toChannels(picture, channels));
}

/** The transform of a card for a labelled set. Throws DataError when the set's pictures or classes are not the model's. */
export function transformFor(set: PictureSet, card: ModelCard, data: string): Transform {
  const { channels, transforms } = card.preprocessing;
  if (set.channels !== channels)
    throw new DataError(
      "data",
      "channels",
      `the model takes pictures of ${channels} channel${channels === 1 ? "" : "s"}, those of ${data} have ${set.channels}. Use data like those it was trained on.`,
      data,
    );
  if (set.classes.length !== card.classes.length)
    throw new DataError(
      "data",
      "classes",
      `the model tells ${card.classes.length} classes apart, ${data} has ${set.classes.length}. Use data like those it was trained on.`,
      data,
    );
  return transformFromJSON(transforms);
}
