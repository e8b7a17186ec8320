/** @file Which built-in network weights belong to: found by the number of tensors, proved by their names and shapes. */
import { DrishtiError } from "@drishti/core/errors";
import { createModel, headOf, loadWeights, type ModelShape, modelNames, modelShape } from "@drishti/core/models";
import { init, type Layer, type StateValue } from "@drishti/core/nn";

type Weights = ReadonlyMap<string, StateValue>;

/** Tensors of each network, counters of batch norm left out: making all networks to compare would take gigabytes. */
export const tensorCounts: Readonly<Record<string, number>> = {
  simplecnn: 8,
  "simplecnn-bn": 20,
  cifar10cnn: 8,
  "cifar10cnn-bn": 20,
  lenet5: 10,
  mlp: 4,
  "mlp-bn": 8,
  resnet18: 102,
  resnet34: 182,
  resnet50: 267,
  wide_resnet50_2: 267,
  resnet20: 97,
  resnet32: 157,
  resnet44: 217,
  resnet56: 277,
  "wrn-16-4": 70,
  "wrn-28-10": 130,
  alexnet: 16,
  vgg11: 22,
  vgg11_bn: 54,
  vgg16: 32,
  vgg16_bn: 84,
  squeezenet1_0: 52,
  squeezenet1_1: 52,
  mobilenet_v1: 137,
  "mobilenet_v1_0.25": 137,
  mobilenet_v2: 262,
  shufflenet_v2_x0_5: 282,
  shufflenet_v2_x1_0: 282,
  densenet121: 606,
  efficientnet_b0: 311,
  convnext_tiny: 182,
};

export interface Guess {
  readonly name: string;
  readonly shape: ModelShape;
  /** With the weights in it. */
  readonly model: Layer;
}

/** The built-in network that has exactly these weights, or undefined. */
export async function guessModel(weights: Weights, given: Partial<ModelShape>): Promise<Guess | undefined> {
  const count = [...weights.keys()].filter((key) => !key.endsWith("num_batches_tracked")).length;
  for (const name of modelNames) {
    if ((tensorCounts[name] ?? count) !== count) continue;
    try {
      return {
        name,
        ...(await fitted((shape) => init.skipInit(() => createModel(name, shape)), weights, {
          ...modelShape(name),
          ...given,
        })),
      };
    } catch (error) {
      if (!(error instanceof DrishtiError)) throw error; // else: another network, or pictures of a size it does not take
    }
  }
  return undefined;
}

/**
 * A network with these weights in it: its first convolution and its last layer are asked for in the weights, and tell the
 * channels and classes. Throws ArgumentError "state-dict" for weights of another network.
 */
export async function fitted(
  make: (shape: ModelShape) => Layer | Promise<Layer>,
  weights: Weights,
  usual: ModelShape,
): Promise<Omit<Guess, "name">> {
  let model = await make(usual);
  const shape = { ...usual, ...sizesOf(model, weights) };
  if (shape.inChannels !== usual.inChannels || shape.numClasses !== usual.numClasses) model = await make(shape);
  loadWeights(model, weights);
  return { shape, model };
}

function sizesOf(model: Layer, weights: Weights): { inChannels?: number; numClasses?: number } {
  const first = [...model.namedParameters()].find(([, { shape }]) => shape.length === 4)?.[0];
  const channels = first === undefined ? undefined : weights.get(first)?.shape[1];
  let classes: number | undefined;
  try {
    classes = weights.get(`${headOf(model).name}.weight`)?.shape[0];
  } catch {
    // a network with neither a linear layer nor a convolution
  }
  return { ...(channels ? { inChannels: channels } : {}), ...(classes ? { numClasses: classes } : {}) };
}
