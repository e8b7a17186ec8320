/** @file Every transform back from its JSON: how a run's configuration, and a worker thread, make them anew. */
import {
  type BatchTransform,
  transformFromJSON as basicFromJSON,
  compose,
  type Transform,
  type TransformMaker,
  type TransformSpec,
} from "../data/index.ts";
import { DataError } from "../errors/errors.ts";
import { augMix } from "./aug-mix.ts";
import { autoAugment, randAugment, trivialAugmentWide } from "./auto-augment.ts";
import { colorJitter, gaussianBlur, grayscale, randomGrayscale } from "./colors.ts";
import { elasticTransform, randomPerspective } from "./distort.ts";
import { pad, randomVerticalFlip } from "./flip-pad.ts";
import { jpeg } from "./jpeg.ts";
import { cutMix, mixUp, randomChoice } from "./mix.ts";
import { gaussianNoise, randomChannelPermutation, randomPhotometricDistort } from "./photometric.ts";
import { randomErasing } from "./random-erasing.ts";
import { randomApply, randomOrder } from "./random-lists.ts";
import { randomResizedCrop } from "./random-resized-crop.ts";
import {
  randomAdjustSharpness,
  randomAutocontrast,
  randomEqualize,
  randomInvert,
  randomPosterize,
  randomSolarize,
} from "./random-tone.ts";
import { toDtype } from "./to-dtype.ts";
import { randomAffine, randomRotation } from "./warp.ts";

/** What a file says is checked by the constructors, whatever its type: hence `never`. */
const any = (value: unknown): never => value as never;

const listed = (value: unknown): Transform[] => (Array.isArray(value) ? value.map(transformFromJSON) : []);

const makers: Readonly<Record<string, TransformMaker>> = {
  randomVerticalFlip: ({ p }) => randomVerticalFlip(any(p)),
  pad: ({ padding, ...options }) => pad(any(padding), any(options)),
  randomResizedCrop: ({ size, ...options }) => randomResizedCrop(any(size), any(options)),
  randomRotation: ({ degrees, ...options }) => randomRotation(any(degrees), any(options)),
  randomAffine: ({ degrees, ...options }) => randomAffine(any(degrees), any(options)),
  randomPerspective: (options) => randomPerspective(any(options)),
  elasticTransform: (options) => elasticTransform(any(options)),
  colorJitter: (options) => colorJitter(any(options)),
  grayscale: ({ numOutputChannels }) => grayscale(any(numOutputChannels)),
  randomGrayscale: ({ p }) => randomGrayscale(any(p)),
  gaussianBlur: ({ kernelSize, sigma }) => gaussianBlur(any(kernelSize), any(sigma)),
  randomErasing: (options) => randomErasing(any(options)),
  autoAugment: ({ policy, ...options }) => autoAugment(any(policy), any(options)),
  randAugment: (options) => randAugment(any(options)),
  trivialAugmentWide: (options) => trivialAugmentWide(any(options)),
  randomInvert: ({ p }) => randomInvert(any(p)),
  randomPosterize: ({ bits, p }) => randomPosterize(any(bits), any(p)),
  randomSolarize: ({ threshold, p }) => randomSolarize(any(threshold), any(p)),
  randomAutocontrast: ({ p }) => randomAutocontrast(any(p)),
  randomEqualize: ({ p }) => randomEqualize(any(p)),
  randomAdjustSharpness: ({ sharpnessFactor, p }) => randomAdjustSharpness(any(sharpnessFactor), any(p)),
  randomApply: ({ transforms, p }) => randomApply(listed(transforms), any(p)),
  randomOrder: ({ transforms }) => randomOrder(listed(transforms)),
  randomChannelPermutation: () => randomChannelPermutation(),
  randomPhotometricDistort: (options) => randomPhotometricDistort(any(options)),
  jpeg: ({ quality }) => jpeg(any(quality)),
  gaussianNoise: (options) => gaussianNoise(any(options)),
  augMix: (options) => augMix(any(options)),
  toDtype: ({ dtype, ...options }) => toDtype(any(dtype), any(options)),
};

/**
 * The transform that `toJSON()` described; a list means `compose`. Knows every transform of this entry;
 * `drishti/data` has one of the same name for those that a model file's preprocessing is made of.
 *
 * Throws  DataError "transform" for an unknown name or a description that is none; ArgumentError from the transform
 *         itself for options outside their range.
 *
 * @example
 * const specs = [{ name: "randomResizedCrop", size: 224 }, { name: "randAugment" }, { name: "toTensor" }];
 * const train = transformFromJSON(specs);
 * train.outputShape([3, 375, 500]); // [3, 224, 224]
 */
export function transformFromJSON(spec: unknown): Transform {
  if (Array.isArray(spec)) return compose(spec.map(transformFromJSON));
  return basicFromJSON(spec, makers);
}

const batchMakers: Readonly<Record<string, (options: Omit<TransformSpec, "name">) => BatchTransform>> = {
  mixUp: (options) => mixUp(any(options)),
  cutMix: (options) => cutMix(any(options)),
  randomChoice: ({ transforms }) =>
    randomChoice((Array.isArray(transforms) ? transforms : []).map(batchTransformFromJSON)),
};

/**
 * The batch transform that `toJSON()` described: `mixUp`, `cutMix` or a `randomChoice` of those.
 *
 * Throws  DataError "transform" for an unknown name or a description that is none; ArgumentError from the transform
 *         itself for options outside their range.
 *
 * @example
 * batchTransformFromJSON({ name: "mixUp", numClasses: 10 }).toJSON().alpha; // 1
 */
export function batchTransformFromJSON(spec: unknown): BatchTransform {
  const name = typeof spec === "object" && spec !== null && "name" in spec ? spec.name : undefined;
  const make = typeof name === "string" && Object.hasOwn(batchMakers, name) ? batchMakers[name] : undefined;
  if (make) {
    const { name: _, ...options } = spec as TransformSpec;
    return make(options);
  }
  throw new DataError(
    "batchTransformFromJSON",
    "transform",
    `${JSON.stringify(name ?? spec)} is no batch transform: it must be one of ${Object.keys(batchMakers).join(", ")}.`,
  );
}
