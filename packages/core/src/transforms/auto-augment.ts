/** @file Augmentation found by search (AutoAugment) or with one dial (RandAugment) or none (TrivialAugment). */
import { checkKnown } from "../base/known-options.ts";
import type { Picture, RandomSource, Transform } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { applyOperation, type Magnitudes, magnitudes, type OperationName, type Space } from "./augment-op.ts";
import { drawInteger, drawShare } from "./draw.ts";
import type { WarpOptions } from "./functional/affine.ts";
import { checkGrid } from "./functional/grid.ts";
import { choice, sameSize, whole } from "./options.ts";
import { type AutoAugmentPolicy, policies } from "./policies.ts";

/** What the rotations, shears and shifts of an augmentation do at the edge and between pixels. */
export interface AugmentOptions {
  /** Of rotations, shears and shifts. Default "nearest"; augMix: "bilinear". */
  readonly interpolation?: "nearest" | "bilinear";
  /** What stands outside the picture: one byte, or one a channel. Default black. */
  readonly fill?: number | readonly number[] | undefined;
}

const searched: Space = { shear: 0.3, translate: (size) => (150 / 331) * size, rotate: 30, color: 0.9, posterize: 4 };
const wide: Space = { shear: 0.99, translate: () => 32, rotate: 135, color: 0.99, posterize: 6 };

/**
 * One of 25 pairs of operations, each with its own probability and magnitude, for bytes of 1 or 3 channels.
 *
 * policy  "imagenet" (default), "cifar10" or "svhn".
 * Draws   the pair, two probabilities, two signs, as torchvision's AutoAugment.
 * Throws  ArgumentError "policy", "interpolation", "fill"; "dtype" for floats: it comes before toTensor.
 * Source  Cubuk et al. 2018 (https://arxiv.org/abs/1805.09501); torchvision.transforms.v2.AutoAugment.
 *
 * @example
 * const train = compose([randomResizedCrop(224), randomHorizontalFlip(), autoAugment("imagenet"), toTensor()]);
 * train.outputShape([3, 375, 500]); // [3, 224, 224]
 */
export function autoAugment(policy: AutoAugmentPolicy = "imagenet", options: AugmentOptions = {}): Transform {
  checkKnown("autoAugment", options, { interpolation: 0, fill: 0 });
  const name = "autoAugment";
  choice(name, "policy", policy, ["imagenet", "cifar10", "svhn"]);
  const pairs = policies[policy].map((pair) => pair.split(", ").map(parseStep));
  const warp = warpOptions(name, options);
  return sameSize({ name, policy, ...warp }, true, (picture, random) => {
    checkBytes(name, picture);
    const space = magnitudes(searched, 10, picture);
    const pair = pairs[drawInteger(random, pairs.length)]!;
    const chances = pair.map(() => drawShare(random));
    const signs = pair.map(() => drawInteger(random, 2));
    return pair.reduce((p, step, i) => {
      if (chances[i]! > step.probability) return p;
      const { at, signed } = space[step.name];
      const magnitude = at && step.bin !== undefined ? at(step.bin) : 0;
      return applyOperation(step.name, p, signed && signs[i] === 0 ? -magnitude : magnitude, warp);
    }, picture);
  });
}

function parseStep(text: string): { name: OperationName; probability: number; bin: number | undefined } {
  const [name, probability, bin] = text.split(" ");
  return {
    name: name as OperationName,
    probability: Math.fround(Number(probability)),
    bin: bin === undefined ? undefined : Number(bin),
  };
}

/** How many operations `randAugment` makes, and how strong they are. */
export interface RandAugmentOptions extends AugmentOptions {
  /** Operations a picture. Default 2. */
  readonly numOps?: number;
  /** Strength of all of them, 0 to numMagnitudeBins − 1. Default 9. */
  readonly magnitude?: number;
  /** Steps from nothing to the strongest. Default 31. */
  readonly numMagnitudeBins?: number;
}

/**
 * `numOps` operations of fourteen, drawn anew for every picture, all at the same magnitude; for bytes of 1 or 3
 * channels.
 *
 * Draws   for each operation which one, and its sign where it has one.
 * Throws  ArgumentError "num-ops", "magnitude", "num-magnitude-bins", "interpolation", "fill"; "dtype" for floats.
 * Source  Cubuk et al. 2019 (https://arxiv.org/abs/1909.13719); torchvision.transforms.v2.RandAugment.
 *
 * @example
 * const augment = compose([randAugment({ numOps: 2, magnitude: 9 }), toTensor()]);
 * augment.apply(photo).data.length === photo.data.length; // true
 */
export function randAugment(options: RandAugmentOptions = {}): Transform {
  checkKnown("randAugment", options, { numOps: 0, magnitude: 0, numMagnitudeBins: 0, interpolation: 0, fill: 0 });
  const name = "randAugment";
  const { numOps = 2, magnitude = 9, numMagnitudeBins = 31 } = options;
  whole(name, "num-ops", numOps, 1);
  whole(name, "num-magnitude-bins", numMagnitudeBins, 2);
  whole(name, "magnitude", magnitude, 0, numMagnitudeBins - 1);
  const warp = warpOptions(name, options);
  return sameSize({ name, numOps, magnitude, numMagnitudeBins, ...warp }, true, (picture, random) => {
    checkBytes(name, picture);
    const space = fourteen(magnitudes(searched, numMagnitudeBins, picture));
    let out = picture;
    for (let i = 0; i < numOps; i++) {
      const { name: operation, at, signed } = space[drawInteger(random, space.length)]!;
      out = applyOperation(operation, out, withSign(at ? at(magnitude) : 0, signed, random), warp);
    }
    return out;
  });
}

/** Into how many steps `trivialAugmentWide` cuts magnitudes. */
export interface TrivialAugmentOptions extends AugmentOptions {
  /** Steps from nothing to the strongest. Default 31. */
  readonly numMagnitudeBins?: number;
}

/**
 * One operation of fourteen at a random magnitude: nothing to tune, and hard to beat. For bytes of 1 or 3 channels.
 *
 * Draws   which operation, its magnitude and its sign where it has them.
 * Throws  ArgumentError "num-magnitude-bins", "interpolation", "fill"; "dtype" for floats.
 * Source  Müller & Hutter 2021 (https://arxiv.org/abs/2103.10158); torchvision.transforms.v2.TrivialAugmentWide.
 *
 * @example
 * const train = compose([randomCrop(32, { padding: 4 }), randomHorizontalFlip(), trivialAugmentWide(), toTensor()]);
 * train.outputShape([3, 32, 32]); // [3, 32, 32]
 */
export function trivialAugmentWide(options: TrivialAugmentOptions = {}): Transform {
  checkKnown("trivialAugmentWide", options, { numMagnitudeBins: 0, interpolation: 0, fill: 0 });
  const name = "trivialAugmentWide";
  const { numMagnitudeBins = 31 } = options;
  whole(name, "num-magnitude-bins", numMagnitudeBins, 2);
  const warp = warpOptions(name, options);
  return sameSize({ name, numMagnitudeBins, ...warp }, true, (picture, random) => {
    checkBytes(name, picture);
    const space = fourteen(magnitudes(wide, numMagnitudeBins, picture));
    const { name: operation, at, signed } = space[drawInteger(random, space.length)]!;
    const magnitude = at ? at(drawInteger(random, numMagnitudeBins)) : 0;
    return applyOperation(operation, picture, withSign(magnitude, signed, random), warp);
  });
}

/** Without Invert, which only AutoAugment's policies use; Identity first. */
function fourteen(space: Record<OperationName, Magnitudes>): Magnitudes[] {
  return Object.values(space).filter(({ name }) => name !== "Invert");
}

function withSign(magnitude: number, signed: boolean, random: RandomSource): number {
  return signed && drawInteger(random, 2) === 1 ? -magnitude : magnitude;
}

/** @internal */
export function warpOptions(where: string, { interpolation = "nearest", fill }: AugmentOptions): WarpOptions {
  checkGrid(where, interpolation, fill, null);
  return { interpolation, ...(fill === undefined ? {} : { fill }) };
}

/** @internal */
export function checkBytes(where: string, { data }: Picture): void {
  if (!(data instanceof Uint8Array))
    throw new ArgumentError(
      where,
      "dtype",
      `the picture holds floats, ${where} wants bytes: put it before toTensor().`,
    );
}
