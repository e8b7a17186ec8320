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
  permuteChannels,
  resize,
  type Transform,
  toChannels,
  toTensor,
} from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import type { ModelCard, Preprocessing } from "@drishti/core/train";
import { transformFromJSON } from "@drishti/core/transforms";
import type { OpenedData } from "../data/open-data.ts";
import { augmentation } from "./augment.ts";

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

export interface PipelineOptions {
  /** Channel order, mean and std of a network that was trained before; default: those of the data. */
  readonly known?: Preprocessing | undefined;
  /**
   * Height and width of photos while learning; default: the network's. A random cut-out shows a thing larger than the
   * picture cut from the middle does; learning on smaller pictures evens that out and is quicker (Touvron, Vedaldi,
   * Douze & Jégou 2019, https://arxiv.org/abs/1906.06423).
   */
  readonly trainSize?: number | null;
}

/**
 * The transforms for pictures like those of `data`. Photos, of any size, are shrunk to a little more than the network's
 * size and cut from the middle; pictures that have that size already are taken as they are.
 */
export function pipelines(data: OpenedData, augment: string, { known, trainSize }: PipelineOptions = {}): Pipelines {
  const { shape, meanStd } = data;
  const [channels, height, width] = shape;
  const { mean, std } = known ?? rounded(meanStd);
  const channelOrder = known?.channelOrder ?? (channels === 1 ? "L" : "RGB");
  const swap = channelOrder === "BGR" ? [permuteChannels([2, 1, 0])] : [];
  const finish = [...swap, toTensor(), normalize(mean, std)];
  const sized = isImageSet(data.train);
  const learned: ImageShape = [channels, trainSize ?? height, trainSize ?? width];
  const plain = compose([...(sized ? [resize([height, width])] : fitTo(shape)), ...finish]);
  const { bytes, floats } = augmentation(augment, { shape: learned, photos: !sized });
  return {
    train: compose([...fitBefore(bytes, sized ? [] : fitTo(learned)), ...bytes, ...finish, ...floats]),
    plain: sized ? compose(finish) : plain,
    preprocessing: {
      channels,
      height,
      width,
      mean,
      std,
      channelOrder,
      layout: "NCHW",
      transforms: plain.toJSON(),
    },
  };
}

/** Photos shrunk, and cut from the middle. */
function fitTo([, height, width]: ImageShape): readonly Transform[] {
  return [resize(Math.round(Math.max(height, width) * ROOM)), centerCrop([height, width])];
}

/** What is left of bringing photos to size when an augmentation does so itself, or cuts from what is shrunk. */
function fitBefore(augmentations: readonly Transform[], fit: readonly Transform[]): readonly Transform[] {
  const has = (name: string) => augmentations.some((transform) => transform.name === name);
  return has("randomResizedCrop") ? [] : has("randomCrop") ? fit.slice(0, 1) : fit;
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
