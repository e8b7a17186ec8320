/** @file `--augment`: recipes by name, or a list of transforms; and what mixes whole batches. */
import {
  type BatchTransform,
  type ImageShape,
  randomCrop,
  randomHorizontalFlip,
  type Transform,
} from "@drishti/core/data";
import {
  autoAugment,
  colorJitter,
  cutMix,
  gaussianBlur,
  mixUp,
  randAugment,
  randomAffine,
  randomChoice,
  randomErasing,
  randomGrayscale,
  randomResizedCrop,
  randomRotation,
  randomVerticalFlip,
  trivialAugmentWide,
} from "@drishti/core/transforms";

/** What the transforms are chosen for. */
export interface AugmentedPictures {
  /** (C, H, W) of the network's input. */
  readonly shape: ImageShape;
  /** Photos of any size; else pictures that have the network's size. */
  readonly photos: boolean;
}

export interface Augmentation {
  /** Before toTensor, on bytes. */
  readonly bytes: readonly Transform[];
  /** After normalize. */
  readonly floats: readonly Transform[];
}

type Make = (pictures: AugmentedPictures) => Transform;

/** Photos are cut less than ImageNet's 0.08: what a small set shows should stay in sight. */
const KEPT_AREA: readonly [number, number] = [0.35, 1];

const crop: Make = ({ shape: [channels, height, width], photos }) => {
  const border = Math.max(1, Math.round(Math.min(height, width) / (channels === 1 ? 14 : 8)));
  return randomCrop([height, width], { padding: photos ? 0 : border });
};
const resizedCrop: Make = ({ shape: [, height, width] }) => randomResizedCrop([height, width], { scale: KEPT_AREA });
const flip: Make = () => randomHorizontalFlip();

/** AutoAugment's policy by what it was searched on: photos, small colour pictures, digits. */
const searched: Make = ({ shape: [channels], photos }) =>
  autoAugment(photos ? "imagenet" : channels === 1 ? "svhn" : "cifar10");

/** Transforms that a list may name, in its order. */
const byName: Readonly<Record<string, Make>> = {
  crop,
  randomCrop: crop,
  randomResizedCrop: resizedCrop,
  flip,
  randomHorizontalFlip: flip,
  verticalFlip: () => randomVerticalFlip(),
  randomVerticalFlip: () => randomVerticalFlip(),
  rotation: () => randomRotation(15, { interpolation: "bilinear" }),
  randomRotation: () => randomRotation(15, { interpolation: "bilinear" }),
  affine: () => randomAffine(10, { translate: [0.1, 0.1], scale: [0.9, 1.1], interpolation: "bilinear" }),
  randomAffine: () => randomAffine(10, { translate: [0.1, 0.1], scale: [0.9, 1.1], interpolation: "bilinear" }),
  colorJitter: () => colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.05 }),
  grayscale: () => randomGrayscale(0.1),
  randomGrayscale: () => randomGrayscale(0.1),
  gaussianBlur: () => gaussianBlur(3),
  autoAugment: searched,
  randAugment: () => randAugment(),
  trivialAugment: () => trivialAugmentWide(),
  trivialAugmentWide: () => trivialAugmentWide(),
  erasing: () => randomErasing({ p: 0.25 }),
  randomErasing: () => randomErasing({ p: 0.25 }),
};

/** Recipes: `standard` cuts and mirrors (grey pictures, digits and letters, are only moved); the others add to it. */
const recipes: Readonly<Record<string, readonly string[]>> = {
  none: [],
  standard: [],
  trivial: ["trivialAugment"],
  rand: ["randAugment"],
  auto: ["autoAugment"],
};

/** For help and errors. */
export const augmentNames = `${Object.keys(recipes).join(", ")}, or a list of ${Object.keys(byName)
  .filter((name) => !/^random[A-Z]/.test(name) || name === "randomResizedCrop")
  .join(", ")}`;

/** What is wrong with a value of `--augment`; undefined when nothing is. */
export function augmentFault(value: unknown): string | undefined {
  const names = typeof value === "string" ? namesIn(value) : [];
  const known =
    typeof value === "string" &&
    (Object.hasOwn(recipes, value) || (names.length > 0 && names.every((name) => Object.hasOwn(byName, name))));
  return known ? undefined : `must be one of ${augmentNames}`;
}

/** The transforms of a checked value. */
export function augmentation(value: string, pictures: AugmentedPictures): Augmentation {
  const recipe = Object.hasOwn(recipes, value) ? recipes[value] : undefined;
  const standard = [pictures.photos ? "randomResizedCrop" : "crop", ...(pictures.shape[0] === 1 ? [] : ["flip"])];
  const names = recipe === undefined ? namesIn(value) : value === "none" ? [] : [...standard, ...recipe];
  const made = names.map((name) => byName[name]!(pictures));
  const late = (transform: Transform) => transform.name === "randomErasing";
  return { bytes: made.filter((transform) => !late(transform)), floats: made.filter(late) };
}

function namesIn(list: string): string[] {
  return list.split(/[,+]/).map((name) => name.trim());
}

/** MixUp, CutMix, or one of them at random for each batch; undefined when both are 0. */
export function mixing(alphas: { mixup: number; cutmix: number }, numClasses: number): BatchTransform | undefined {
  const chosen = [
    ...(alphas.mixup > 0 ? [mixUp({ numClasses, alpha: alphas.mixup })] : []),
    ...(alphas.cutmix > 0 ? [cutMix({ numClasses, alpha: alphas.cutmix })] : []),
  ];
  return chosen.length > 1 ? randomChoice(chosen) : chosen[0];
}
